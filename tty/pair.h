/* SPDX-License-Identifier: MIT */
#ifndef TTY_PAIR_H
#define TTY_PAIR_H

#include <sys/ioctl.h>
#include <sys/types.h>

/*
 * A pseudo-terminal of our own: what the job has for a terminal is the slave,
 * what we read and write is the master.
 */

struct tty_pair {
	int master; /* never blocks */
	int slave;
};

/**
 * tty_pair_open - make a pair, in the instance of devpts on /dev/pts.
 * The slave is opened by its path: criu finds it again in this mount namespace.
 * @number: which /dev/pts/N it shall be.  criu opens a terminal by the number
 *          in the image where it was opened more than once; with another
 *          number that would be somebody else's.
 * @ret: both close-on-exec; the caller closes them
 * Returns 0, -EBUSY: the number is taken; or another -errno; pts(4).
 */
int tty_pair_open(unsigned int number, struct tty_pair *ret);

/**
 * tty_pair_control - make the slave the controlling terminal of the caller, a
 * session leader without one.  Returns 0 or -errno; ioctl_tty(2), TIOCSCTTY.
 */
int tty_pair_control(int slave);

/**
 * tty_pair_foreground - make a process group of the caller's session the one
 * that gets the terminal's signals.  Returns 0 or -errno; tcsetpgrp(3).
 */
int tty_pair_foreground(int slave, pid_t group);

/**
 * tty_size - the window size of the first terminal among stdin, stdout and
 * stderr; else COLUMNS and LINES of the environment; else 80x24.
 */
struct winsize tty_size(void);

/**
 * tty_resize - give a pair a window size.
 * The foreground process group gets SIGWINCH if it is another size.
 * Returns 0 or -errno.
 */
int tty_resize(int master, const struct winsize *size);

/**
 * tty_redraw - as tty_resize(), for a full-screen program that shall draw its
 * screen again.
 * It gets another size first, and up to 50 ms to draw for that: a program that
 * compares sizes draws nothing for the one that it knows.
 */
int tty_redraw(int master, const struct winsize *size);

#endif
