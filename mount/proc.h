/* SPDX-License-Identifier: MIT */
#ifndef MOUNT_PROC_H
#define MOUNT_PROC_H

/**
 * mount_detach - cut the propagation from this mount namespace to others.
 * Makes every mount a slave, recursively: what the host mounts or unmounts
 * later is still seen here, nothing goes the other way.  To be done before
 * anything is mounted.  Returns 0 or -errno; mount_namespaces(7).
 */
int mount_detach(void);

/**
 * mount_proc - mount a /proc of the caller's own pid namespace over /proc.
 * Returns 0 or -errno.  -EPERM with CAP_SYS_ADMIN: the kernel wants a /proc
 * without anything mounted over parts of it to be visible already, user
 * namespaces only (mount_namespaces(7), "mount too revealing").
 */
int mount_proc(void);

/**
 * mount_proc_is_own - whether /proc is one of the caller's own pid namespace:
 * /proc/self names the caller by the number that getpid(2) gives.
 * Returns 1, 0 or -errno.
 */
int mount_proc_is_own(void);

#endif
