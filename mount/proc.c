/* SPDX-License-Identifier: MIT */
#include "mount/proc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

int mount_detach(void)
{
	return mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 ? -errno : 0;
}

int mount_proc(void)
{
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0)
		return -errno;
	return 0;
}

int mount_proc_is_own(void)
{
	char text[16];
	ssize_t n;

	n = readlink("/proc/self", text, sizeof(text) - 1);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	text[n] = '\0';
	return atoi(text) == getpid();
}
