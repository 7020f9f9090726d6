/* SPDX-License-Identifier: MIT */
#ifndef EXEC_KILLING_H
#define EXEC_KILLING_H

#include "explain/obstacle.h"

/*
 * Ending the processes that are in the way of an image, and no others.
 */

struct killing {
	pid_t *pid; /* those that were signalled; owned */
	int *fd;    /* their pidfds */
	size_t n;
};

/**
 * killing_prepare - take hold of the processes of obstacles.
 * @ret: killing_free() it
 *
 * A descriptor is opened first, and the process looked at behind it: what has
 * got the number since the obstacles were found is left alone.  Left alone with
 * a message are PID 1, we and our ancestors, kernel threads, and the init of
 * another pid namespace, with which all processes in there would end.
 * Returns 0 or -ENOMEM.
 */
int killing_prepare(struct killing *ret, const struct obstacles *all);

/**
 * killing_signal - send a signal to them all, and wait until they have ended or
 * @seconds are over.
 */
void killing_signal(const struct killing *k, int sig, int seconds);
void killing_free(struct killing *k);

/**
 * killing_number - the signal that a text means: "TERM", "SIGTERM" or "15".
 * Returns its number, or -EINVAL.
 */
int killing_number(const char *text);

#endif
