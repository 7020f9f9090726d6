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
	bool runs;		/* before that, nothing is carried */
	int typed;     /* tells of input in the background without reading it */
	size_t budget; /* how much more of the output is taken */
	bool drops;    /* what can't be written at once is lost */
	char last;     /* byte sent to the job */
	struct tty_buffer to_job, from_job;
};

/**
 * tty_relay_init - between @in and @out and @master, which stay the caller's.
 * @in: -1 for no input; a terminal is put into raw mode when the job runs and
 *      we are in the foreground, and its input is left alone when we are not
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

/* More than a pty can hold. */
#define TTY_RELAY_REST ((size_t)256 << 10)

/**
 * tty_relay_end - the job has ended: no more input, and of the output what it
 * may have left in the pty.  Children of it may go on printing for ever.
 */
void tty_relay_end(struct tty_relay *r);

/**
 * tty_relay_empty - whether what the job has left is out.
 */
bool tty_relay_empty(struct tty_relay *r);

#endif
