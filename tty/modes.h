/* SPDX-License-Identifier: MIT */
#ifndef TTY_MODES_H
#define TTY_MODES_H

#include <stdbool.h>
#include <termios.h>

/*
 * The modes of the caller's terminal: raw while a job has it, else as they
 * were.
 */

struct tty_modes {
	int fd; /* the terminal, or -1: there is none */
	bool raw;
	bool known; /* before is how it was when it was ours first */
	struct termios before;
};

/**
 * tty_modes_init - look at a terminal.
 * @fd: stays the caller's; no terminal is fine: the other calls do nothing
 */
void tty_modes_init(struct tty_modes *m, int fd);

/**
 * tty_modes_raw - every key goes to the job as it is.
 * Does nothing while we are in the background: the terminal is somebody
 * else's then.  Returns 0 or -errno.
 */
int tty_modes_raw(struct tty_modes *m);

/**
 * tty_modes_undo - as before tty_modes_raw(); safe to call at any time.
 */
void tty_modes_undo(struct tty_modes *m);

/**
 * tty_modes_ours - whether the terminal is there and this process group is in
 * its foreground.
 */
bool tty_modes_ours(const struct tty_modes *m);

/**
 * tty_modes_eof - the character that means end of input to a reader of the
 * slave.
 * @ret_lines: whether the kernel makes lines for the reader; else the reader
 *             gets the character itself, as a shell that edits its lines does
 * Returns it, or -1 when the pair is gone.
 */
int tty_modes_eof(int master, bool *ret_lines);

#endif
