/* SPDX-License-Identifier: MIT */
#include "exec/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "explain/fdinfo.h"
#include "ns/process.h"

#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xFF534D42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xFE534D42
#endif

/* Their leases are the server's to give, who may have other reasons. */
static bool is_remote(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	switch ((unsigned long)fs.f_type & UINT32_MAX) {
	case NFS_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

int writer_ask(int fd, struct writer *w)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*w = (struct writer){.dev = st.st_dev, .ino = st.st_ino};
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		/* Our own opening to write would have to wait for it. */
		return fcntl(fd, F_SETLEASE, F_UNLCK) < 0 ? -errno : 0;
	w->is = WRITER_ASKED;
	w->sure = errno == EAGAIN && !is_remote(fd);
	return 0;
}

static bool can_write(pid_t pid, const char *fd)
{
	struct fdinfo info;
	char name[64], text[1024];

	snprintf(name, sizeof(name), "fdinfo/%.32s", fd);
	if (ns_process_file(pid, name, text, sizeof(text)) < 0)
		return false;
	fdinfo_parse(text, &info);
	return !(info.flags & O_PATH) && (info.flags & O_ACCMODE) != O_RDONLY;
}

static void compare(struct writer *w, pid_t pid, const char *fd,
		    const struct stat *st)
{
	if (w->is != WRITER_ASKED || w->dev != st->st_dev ||
	    w->ino != st->st_ino || !can_write(pid, fd))
		return;
	if (ns_process_is_ancestor(pid) == 1) {
		w->ours = true;
		return;
	}
	w->is = WRITER_FOUND;
	w->pid = pid;
}

static void look_at_process(struct writer *list, size_t n, pid_t pid)
{
	const struct dirent *entry;
	char path[64];
	struct stat st;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	/* One that has ended meanwhile, or is none of ours to look at. */
	fds = opendir(path);
	if (!fds)
		return;
	while ((entry = readdir(fds)))
		if (*entry->d_name != '.' &&
		    fstatat(dirfd(fds), entry->d_name, &st, 0) == 0 &&
		    S_ISREG(st.st_mode))
			for (size_t i = 0; i < n; i++)
				compare(&list[i], pid, entry->d_name, &st);
	closedir(fds);
}

int writer_find(struct writer *list, size_t n)
{
	const struct dirent *entry;
	bool asked = false;
	DIR *all;

	for (size_t i = 0; i < n; i++)
		asked |= list[i].is == WRITER_ASKED;
	if (!asked)
		return 0;
	all = opendir("/proc");
	if (!all)
		return -errno;
	while ((entry = readdir(all)))
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			look_at_process(list, n, atoi(entry->d_name));
	closedir(all);
	for (size_t i = 0; i < n; i++)
		if (list[i].is == WRITER_ASKED)
			list[i].is = list[i].sure && !list[i].ours
					     ? WRITER_HIDDEN
					     : WRITER_NONE;
	return 0;
}
