/* SPDX-License-Identifier: MIT */
#ifndef NS_NS_H
#define NS_NS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Making, comparing and joining namespaces.
 */

/**
 * ns_spawn - fork a child that lives in new namespaces.
 * @flags: CLONE_NEW* of clone(2); with CLONE_NEWPID the child is its PID 1
 * @ret_pidfd: a pidfd of the child, close-on-exec, the caller closes it
 *
 * Returns like fork(2): 0 in the child, its number in the parent, or -errno;
 * clone3(2) with CLONE_PIDFD where there is clone3 (Linux 5.3, not hidden by
 * seccomp), else clone(2) (Linux 5.2).  -EPERM: no CAP_SYS_ADMIN; -ENOSPC:
 * /proc/sys/user/max_*_namespaces.
 */
pid_t ns_spawn(unsigned long flags, int *ret_pidfd);

/**
 * ns_open - open a namespace of a process.
 * @kind: "pid", "mnt", "net" ...: a name in /proc/PID/ns
 * @pidfd: of the same process: makes sure that @pid was not used again before
 *         the descriptor was there
 * Returns a descriptor (close-on-exec) that the caller closes, or -errno.
 */
int ns_open(pid_t pid, int pidfd, const char *kind);

/**
 * ns_open_own - open a namespace of the calling process; as ns_open().
 */
int ns_open_own(const char *kind);

/**
 * ns_parent - open the parent of a pid namespace.
 * Returns a descriptor (close-on-exec) that the caller closes; -EPERM when
 * the parent is not visible from here; ioctl_ns(2), Linux 4.9.
 */
int ns_parent(int pidns);

/**
 * ns_equal - whether two descriptors are of the same namespace: device and
 * inode, ioctl_ns(2).  Returns 1, 0 or -errno.
 */
int ns_equal(int a, int b);

/**
 * ns_join - setns(2).
 * A pid namespace is joined by the children that come after the call, a mount
 * namespace by the caller, whose root and working directory become its root.
 * Returns 0 or -errno.
 */
int ns_join(int fd, int type);

/**
 * ns_set_last_pid - make the next fork in this pid namespace get @pid + 1.
 * Writes /proc/sys/kernel/ns_last_pid: the /proc of this namespace must be
 * mounted.  Returns 0 or -errno; pid_namespaces(7), Linux 3.3.
 */
int ns_set_last_pid(pid_t pid);

/**
 * ns_pid_max - the number that PIDs in this namespace stay below.
 * Returns it, or -errno; since Linux 6.14 each pid namespace has its own.
 */
pid_t ns_pid_max(void);

#endif
