/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "image/kind.h"
#include "image/payload.h"
#include "image/refs.h"

/* clang-format off */
const struct kind image_kinds[] = {
	[KIND_INVENTORY]     = {"inventory",     0x58313116, false, NULL},
	[KIND_PSTREE]        = {"pstree",        0x50273030, false, NULL},
	[KIND_CORE]          = {"core",          0x55053847, true,  NULL},
	[KIND_IDS]           = {"ids",           0x54432030, true,  NULL},
	[KIND_MM]            = {"mm",            0x57492820, true,  NULL},
	[KIND_FS]            = {"fs",            0x51403912, true,  NULL},
	[KIND_FDINFO]        = {"fdinfo",        0x56213732, true,  NULL},
	[KIND_FILES]         = {"files",         0x56303138, false, NULL},
	[KIND_PAGEMAP]       = {"pagemap",       0x56084025, true,  NULL},
	[KIND_PAGEMAP_SHMEM] = {"pagemap-shmem", 0x56084025, true,  NULL},
	[KIND_TTY_INFO]      = {"tty-info",      0x59453036, false, NULL},
	[KIND_OTHERS] =
	{"apparmor",      0x59423047, false, NULL},
	{"autofs",        0x49353943, true,  NULL},
	{"binfmt-misc",   0x67343323, false, NULL},
	{"binfmt-misc",   0x67343323, true,  NULL},
	{"bpfmap-data",   0x64324033, false, image_payload_map},
	{"bpfmap-file",   0x57506142, false, NULL},
	{"cgroup",        0x59383330, false, NULL},
	{"cpuinfo",       0x61404013, false, NULL},
	{"creds",         0x54023547, true,  NULL},
	{"eventfd",       0x44523722, false, NULL},
	{"eventpoll",     0x45023858, false, NULL},
	{"eventpoll-tfd", 0x44433746, false, NULL},
	{"ext-files",     0x59255641, false, NULL},
	{"fanotify",      0x55096122, false, NULL},
	{"fanotify-mark", 0x56506035, false, NULL},
	{"fifo",          0x58364939, false, NULL},
	{"fifo-data",     0x59333054, false, image_payload_pipe},
	{"filelocks",     0x54323616, false, NULL},
	{"ghost-file",    0x52583605, true,  image_payload_ghost},
	{"inetsk",        0x56443851, false, NULL},
	{"inotify",       0x48424431, false, NULL},
	{"inotify-wd",    0x54562009, false, NULL},
	{"ipcns-msg",     0x55453737, true,  image_payload_queue},
	{"ipcns-sem",     0x59573019, true,  image_payload_semaphores},
	{"ipcns-shm",     0x46283044, true,  image_payload_segment},
	{"ipcns-var",     0x53115007, true,  NULL},
	{"itimers",       0x57464056, true,  NULL},
	{"memfd",         0x48453499, false, image_refs_memfd},
	{"mountpoints",   0x55563928, true,  NULL},
	{"netdev",        0x57373951, true,  NULL},
	{"netlinksk",     0x58005614, false, NULL},
	{"netns",         0x55933752, true,  NULL},
	{"ns-files",      0x61394011, false, NULL},
	{"packetsk",      0x60454618, false, NULL},
	{"pidfd",         0x54435556, false, NULL},
	{"pidns",         0x61157326, true,  NULL},
	{"pipes",         0x56513555, false, NULL},
	{"pipes-data",    0x56453709, false, image_payload_pipe},
	{"posix-timers",  0x52603957, true,  NULL},
	{"reg-files",     0x50363636, false, NULL},
	{"remap-fpath",   0x59133954, false, image_refs_remap},
	{"rlimit",        0x57113925, true,  NULL},
	{"seccomp",       0x64413049, false, NULL},
	{"sigacts",       0x55344201, true,  NULL},
	{"signal-p",      0x59255647, true,  NULL},
	{"signal-s",      0x59255647, true,  NULL},
	{"signalfd",      0x57323820, false, NULL},
	{"sk-queues",     0x56264026, false, image_payload_packet},
	{"tcp-stream",    0x51465506, true,  image_payload_stream},
	{"timens",        0x43114433, true,  NULL},
	{"timerfd",       0x50493712, false, NULL},
	{"tty",           0x59433025, false, NULL},
	{"tty-data",      0x59413026, false, NULL},
	{"tunfile",       0x57143751, false, NULL},
	{"unixsk",        0x54373943, false, NULL},
	{"userns",        0x55474906, true,  NULL},
	{"utsns",         0x54473203, true,  NULL},
	{"vmas",          0x54123737, true,  NULL},
	{NULL, 0, false, NULL},
};
/* clang-format on */

static const struct kind *kind_named(const char *name, size_t len, bool number)
{
	const struct kind *kind = image_kinds;

	for (; kind->name; kind++)
		if (kind->numbered == number &&
		    !strncmp(kind->name, name, len) && !kind->name[len])
			return kind;
	return NULL;
}

const struct kind *image_kind_of(const char *name, uint64_t *number)
{
	size_t len = strlen(name), at;

	*number = 0;
	if (len <= 4 || strcmp(name + len - 4, ".img"))
		return NULL;
	len -= 4;
	at = len;
	while (at && isxdigit((unsigned char)name[at - 1]))
		at--;
	if (at < 2 || at == len || name[at - 1] != '-')
		return kind_named(name, len, false);
	*number = strtoull(name + at, NULL, 10);
	return kind_named(name, at - 1, true);
}

const struct kind *image_kind_by_magic(uint32_t magic)
{
	const struct kind *kind = image_kinds;

	while (kind->name && kind->magic != magic)
		kind++;
	return kind->name ? kind : NULL;
}
