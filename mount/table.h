/* SPDX-License-Identifier: MIT */
#ifndef MOUNT_TABLE_H
#define MOUNT_TABLE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Mount tables, read by libmount.  The library is opened when the first table
 * is wanted: a restore that goes well needs none, and would pay for the library
 * and the four that come with it at every start.
 */

struct mount_list {
	char **target; /* mount points, NULL-terminated; owned */
	size_t n;
};

/**
 * mount_list_added - the mounts that a process has and we have not.
 * @pid: any process of the other mount namespace
 * A mount is known by its mount point, device and root in the file system.
 * A procfs on /proc does not count.
 * Returns 0; -ELIBACC without libmount; or -errno.  mount_list_free() @ret.
 */
int mount_list_added(pid_t pid, struct mount_list *ret);

/**
 * mount_list_containing - our mounts with @text in the path of their mount
 * point, the latest first, so that they can be unmounted in this order.
 * As mount_list_added().
 */
int mount_list_containing(const char *text, struct mount_list *ret);

void mount_list_free(struct mount_list *list);

#endif
