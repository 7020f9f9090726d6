/* SPDX-License-Identifier: MIT */
#ifndef EXEC_TALLY_H
#define EXEC_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * How far copies have got, and what is said of it: on a terminal while it
 * goes on, one line in the end; with --json a line for each event.
 */

enum tally_state {
	TALLY_WAITS,
	TALLY_STARTS,
	TALLY_RUNS,
	TALLY_ENDED,  /* it did run, and was waited for */
	TALLY_FAILED, /* it never ran */
};

struct tally_copy {
	enum tally_state state;
	pid_t launcher; /* 0 when there is none (any more) */
	pid_t root;
	int status; /* exit status of the launcher */
};

struct tally {
	struct tally_copy *copy; /* of number 1 and so on */
	unsigned int n;
	unsigned int ran; /* so many have come to run */
	unsigned int failed;
	bool detached, json, terminal;
	bool lists; /* PIDs are on stdout, for there is no pidfile */
	bool summed_up;
	double start;
};

/**
 * tally_open - for @n copies.  Returns 0 or -ENOMEM; tally_close() it.
 */
int tally_open(struct tally *t, unsigned int n);
void tally_close(struct tally *t);

/**
 * tally_runs, tally_ended - a copy runs; its launcher has ended with a status.
 */
void tally_runs(struct tally *t, unsigned int number, pid_t root);
void tally_ended(struct tally *t, unsigned int number, int status);

/**
 * tally_sum_up - once all have been started, or none is to be started any more:
 * say how many run.
 * @sig: the signal that came before that, or 0
 */
void tally_sum_up(struct tally *t, int sig);

/**
 * tally_status - the exit status.
 */
int tally_status(const struct tally *t, int sig);

#endif
