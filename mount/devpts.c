/* SPDX-License-Identifier: MIT */
#include "mount/devpts.h"

#include <errno.h>
#include <sys/mount.h>

int mount_devpts(void)
{
	/* gid 5 is tty wherever there is a tty group, as for the host's. */
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=0620,gid=5") < 0)
		return -errno;
	return 0;
}
