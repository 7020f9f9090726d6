/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_FDINFO_H
#define EXPLAIN_FDINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * What /proc/PID/fdinfo/FD says of a descriptor.
 */

struct fdinfo {
	unsigned int flags; /* of open(2) */
	int mnt_id;	    /* of the mount it was opened on, or -1 */
	int tty_index; /* of the pseudo-terminal whose master it is, or -1 */
	pid_t pid;     /* of a pidfd: its process; -1: ended; 0: no pidfd */
	pid_t locker;  /* of a lock: who took it; 0 without a lock */
	char lock[8];  /* the kind of its first lock: "FLOCK", "LEASE" */
};

/**
 * fdinfo_parse - read a fdinfo file's text.
 * @text: ends with NUL
 */
void fdinfo_parse(const char *text, struct fdinfo *ret);

/**
 * fdinfo_watched - the next descriptor number that an epoll watches.
 * @at: NULL at first, then where the last call left it
 * Returns the number, or -1 at the end.
 */
int fdinfo_watched(const char *text, const char **at);

#endif
