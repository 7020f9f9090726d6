/* SPDX-License-Identifier: MIT */
#ifndef MOUNT_TABLE_H
#define MOUNT_TABLE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Mount tables, read by libmount.
 */

struct mount_list {
	char **target; /* mount points, NULL-terminated; owned */
	size_t n;
};

/**
 * mount_list_added - the mounts that a process has and we have not.
 * @pid: any process of the other mount namespace
 * A mount is known by its mount point, device and root in the file system.
 * A procfs on /proc and a devpts on /dev/pts do not count.
 * Returns 0 or -errno.  mount_list_free() @ret.
 */
int mount_list_added(pid_t pid, struct mount_list *ret);

void mount_list_free(struct mount_list *list);

#endif
