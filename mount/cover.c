/* SPDX-License-Identifier: MIT */
#include "mount/cover.h"

#include <errno.h>
#include <sys/mount.h>

int mount_cover(const char *dir)
{
	if (mount("criu-ns", dir, "tmpfs", MS_NOSUID | MS_NODEV,
		  "mode=0700,size=1m") < 0)
		return -errno;
	return 0;
}

int mount_uncover(const char *dir)
{
	return umount2(dir, MNT_DETACH) < 0 ? -errno : 0;
}
