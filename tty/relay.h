/* SPDX-License-Identifier: MIT */
#ifndef TTY_RELAY_H
#define TTY_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "tty/modes.h"

/*
 * Carries bytes between the caller's stdin and stdout and the master of a
 * pair.  One buffer for each direction: nothing is read before what was read
 * last is written, so whoever is slow slows down the other end.
 */

#define TTY_RELAY_FDS 3
#define TTY_RELAY_SIZE 4096

struct tty_buffer {
	char data[TTY_RELAY_SIZE];
	size_t start, end;
};

struct tty_relay {
	int in, out;		/* -1 when closed or of no use any more */
	bool out_blocks;	/* a write may wait: poll first */
	int master;		/* -1 when the pair is gone */
	struct tty_modes modes; /* of @in */
	bool input;		/* the job runs: what is typed is for it */
	bool drops;		/* what can't be written at once is lost */
	char last;		/* byte sent to the job */
	struct tty_buffer to_job, from_job;
};

/**
 * tty_relay_init - between @in and @out and @master, which stay the caller's.
 * @in: -1 for no input
 *
 * A terminal or pipe is opened once more for the output: who waits for its
 * reader must not be us, and the caller's descriptor, which others share, must
 * not be changed.
 */
void tty_relay_init(struct tty_relay *r, int in, int out, int master);

/**
 * tty_relay_want - what to poll for, in TTY_RELAY_FDS entries.
 */
void tty_relay_want(const struct tty_relay *r, struct pollfd *fds);

/**
 * tty_relay_step - move what can be moved, after poll(2) on these entries.
 */
void tty_relay_step(struct tty_relay *r, const struct pollfd *fds);

/**
 * tty_relay_empty - whether everything that the job has written is out.
 * To be asked when nothing writes any more.
 */
bool tty_relay_empty(struct tty_relay *r);

#endif
