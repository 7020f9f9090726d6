/* SPDX-License-Identifier: MIT */
#ifndef NS_STAT_H
#define NS_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Who holds which number: every process of this pid namespace with its threads,
 * group and session, from /proc/PID/stat and /proc/PID/task.
 */

struct ns_stat {
	pid_t pid, ppid, pgid, sid;
	char name[64];
	char state; /* as in ps: R S D T Z X ... */
	bool kthread;
	uint64_t start; /* clock ticks since the machine's start */
};

/**
 * ns_stat_read - what /proc/PID/stat says of a process.
 * Returns 0, -ESRCH or another -errno.
 */
int ns_stat_read(pid_t pid, struct ns_stat *ret);

/**
 * ns_stat_walk - go over all processes.
 * @process: gets each process; not 0 ends the walk
 * @thread: gets each thread but the first of a process with several, after the
 * process itself; not 0 ends the walk.  NULL: threads are left out
 * Returns 0, what ended the walk, or -errno.
 */
int ns_stat_walk(int (*process)(const struct ns_stat *p, void *data),
		 int (*thread)(const struct ns_stat *p, pid_t tid, void *data),
		 void *data);

/**
 * ns_stat_owner - the user that a process belongs to, or -errno.
 */
int64_t ns_stat_owner(pid_t pid);

/**
 * ns_stat_since - when a process was started, in seconds since 1970, or 0.
 */
int64_t ns_stat_since(const struct ns_stat *p);

/**
 * ns_stat_age - for how many seconds a process has been there.
 */
uint64_t ns_stat_age(const struct ns_stat *p);

#endif
