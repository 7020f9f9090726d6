/* SPDX-License-Identifier: MIT */
#ifndef EXEC_NOTICE_H
#define EXEC_NOTICE_H

#include <sys/types.h>

/*
 * Tells the user's command what has happened: --on-checkpoint, --on-restore.
 */

struct notice {
	const char *option;	 /* "--on-checkpoint": for messages */
	const char *command;	 /* for sh -c */
	pid_t root;		 /* CRIU_NS_PID */
	const char *dir;	 /* CRIU_NS_DIR: of the image */
	unsigned int generation; /* CRIU_NS_GENERATION */
};

/**
 * notice_start - run the command, in a process group of its own; what it
 * prints goes to stderr.
 * @ret_pidfd: of its shell; the caller closes it and waits for the child
 * Returns its PID, or -errno.
 */
pid_t notice_start(const struct notice *n, int *ret_pidfd);

/**
 * notice_ended - wait for the child and say so if it has failed.
 * Returns whether all was well.
 */
int notice_ended(const struct notice *n, pid_t pid);

#endif
