/* SPDX-License-Identifier: MIT */
#ifndef NS_LIFE_H
#define NS_LIFE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * How long a pid namespace lives: until its PID 1 ends.  The kernel then kills
 * every process in it, pid_namespaces(7).
 */

/* With which status a holder ends. */
enum {
	NS_HOLDER_ENDED, /* it has succeeded, and what it dumped has ended */
	NS_HOLDER_FAILED,
	NS_HOLDER_LEFT, /* it has succeeded, and what it dumped runs on */
};

/**
 * ns_hold - keep a pid namespace alive until a process has ended.
 * @pidfd: of that process
 * @ret_done: for ns_hold_tell(); the caller closes it, with the process ended
 *
 * To be called with the pid namespace joined (ns_join()).  Leaves a process
 * there that becomes a child of its init, so that an init that waits for its
 * last child waits for this one, too.  It holds nothing else of the caller's.
 * Returns 0 or -errno.
 */
int ns_hold(int pidfd, int *ret_done);

/**
 * ns_hold_tell - tell the holder that the process has succeeded.
 * @left: what was dumped runs on
 * Returns 0, or -EPIPE: the holder has ended with its namespace, or another
 * -errno.
 */
int ns_hold_tell(int done, bool left);

/**
 * ns_is_holder - whether a process calls itself a holder.
 */
bool ns_is_holder(pid_t pid);

/**
 * ns_wait_empty - wait until the calling process, PID 1, is alone in its pid
 * namespace.
 * Waits for processes that are not our children as well (who joined from
 * outside, such as criu on a dump).  Sleeps until one ends: no polling.
 * Returns 0 or -errno.
 */
int ns_wait_empty(void);

#endif
