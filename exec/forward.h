/* SPDX-License-Identifier: MIT */
#ifndef EXEC_FORWARD_H
#define EXEC_FORWARD_H

#include <signal.h>
#include <stdbool.h>

/*
 * The signals that the launcher gets: they are meant for the program behind it.
 */

/**
 * forward_open - take every signal that can be passed on as something to read.
 * They are blocked; SIGCHLD, those that stop for terminal access and those
 * that the kernel raises for a fault of ours are left as they are.
 * @ret_mask: the signal mask before, for what is executed later
 * Returns a signalfd(2) that the caller closes, or -errno.
 */
int forward_open(sigset_t *ret_mask);

struct forward_signal {
	int number;
	int sender; /* a PID, 0 for the kernel */
};

/**
 * forward_read - the next signal.  Returns 0 or -errno.
 */
int forward_read(int fd, struct forward_signal *ret);

/**
 * forward_ends - whether a person or supervisor means "stop it" by a signal:
 * INT, TERM, HUP or QUIT.
 */
bool forward_ends(int sig);

/**
 * forward_ignored - whether a signal was ignored when this program was started,
 * as by nohup(1): blocked, it is read all the same.
 */
bool forward_ignored(int sig);

/**
 * forward_send - pass a signal on.
 * @pidfd: of the program
 *
 * SIGTSTP stops this process, too, as the shell behind Ctrl-Z expects it, and
 * the program even where its default would do nothing, in a process group
 * that no shell watches.
 */
void forward_send(int pidfd, int sig);

/**
 * forward_to_init - pass a signal on to PID 1 of a pid namespace.
 * The kernel drops what such a process has no handler for; where others end by
 * a signal that means "stop it", it is killed.
 */
void forward_to_init(int pidfd, int sig);

#endif
