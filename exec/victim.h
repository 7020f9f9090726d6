/* SPDX-License-Identifier: MIT */
#ifndef EXEC_VICTIM_H
#define EXEC_VICTIM_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * The program that cycle dumps and restores, and the signals that come
 * meanwhile: they never stop it half-way.
 */

struct victim {
	pid_t pid;   /* of its root, as seen here */
	int pidfd;   /* -1: it does not run */
	bool ours;   /* started by us */
	bool child;  /* and still our child */
	int signals; /* signalfd */
	sigset_t mask;
	int interrupted; /* the signal that means "stop", or 0 */
};

#define VICTIM_NONE                        \
	(struct victim)                    \
	{                                  \
		.pidfd = -1, .signals = -1 \
	}

/**
 * victim_open - take over the signals; victim_close() it.
 * This and the next two say what is wrong and return an exit status, or 0.
 */
int victim_open(struct victim *v);
void victim_close(struct victim *v);

/**
 * victim_find - a process that runs.
 */
int victim_find(struct victim *v, pid_t pid);

/**
 * victim_start - start a command so that it can be dumped: in a session of its
 * own, stdin from /dev/null, what it prints into the file "output" in @dir.
 */
int victim_start(struct victim *v, char *const *command, const char *dir);

bool victim_runs(const struct victim *v);

/**
 * victim_gone - it was dumped.
 */
void victim_gone(struct victim *v);

/**
 * victim_restored - it is there again, as @pid.  Returns 0 or -errno.
 */
int victim_restored(struct victim *v, pid_t pid);

/**
 * victim_pause - wait until it has run for a while, has ended, or a signal has
 * come.
 */
void victim_pause(struct victim *v, double seconds);

/**
 * victim_work - wait for a child that works on it.
 * @pidfd: of the child
 * @pass: signals that mean "stop" are passed on to the child
 */
void victim_work(struct victim *v, int pidfd, bool pass);

/**
 * victim_end - end it, and everything in its namespace.
 */
void victim_end(struct victim *v);

#endif
