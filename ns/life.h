/* SPDX-License-Identifier: MIT */
#ifndef NS_LIFE_H
#define NS_LIFE_H

/*
 * How long a pid namespace lives: until its PID 1 ends.  The kernel then kills
 * every process in it, pid_namespaces(7).
 */

/**
 * ns_hold - keep a pid namespace alive until a process has ended.
 * @pidfd: of that process
 *
 * To be called with the pid namespace joined (ns_join()).  Leaves a process
 * there that becomes a child of its init, so that an init that waits for its
 * last child waits for this one, too.  It holds no descriptor but @pidfd.
 * Returns 0 or -errno.
 */
int ns_hold(int pidfd);

/**
 * ns_wait_empty - wait until the calling process, PID 1, is alone in its pid
 * namespace.
 * Waits for processes that are not our children as well (who joined from
 * outside, such as criu on a dump).  Sleeps until one ends: no polling.
 * Returns 0 or -errno.
 */
int ns_wait_empty(void);

#endif
