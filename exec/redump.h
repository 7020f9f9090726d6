/* SPDX-License-Identifier: MIT */
#ifndef EXEC_REDUMP_H
#define EXEC_REDUMP_H

#include <stdbool.h>
#include <sys/types.h>

#include "exec/argv.h"

/*
 * restore --redump DIR: the tree that was restored is dumped again, by a child
 * of the launcher, with the options of the restore that belong into a record.
 */

struct redump {
	struct argv argv; /* of the dump, but for -t; no action: none wanted */
	bool leave_running;
	bool on_signal;
	double after; /* seconds */
	int timer;    /* descriptor, -1 unless it runs */
	int pidfd;    /* of the child, -1 unless it runs */
	pid_t pid;
	bool done;
	int status; /* of the last one */
};

#define REDUMP_NONE                      \
	(struct redump)                  \
	{                                \
		.timer = -1, .pidfd = -1 \
	}

/**
 * redump_prepare - read the options, see that there is a directory.
 * @a: the options of the restore, with its record; what is for the dump alone
 *     is taken out
 * @ret: redump_free() it
 * Says what is wrong and returns an exit status, or returns 0.
 */
int redump_prepare(struct redump *ret, struct argv *a);
void redump_free(struct redump *r);

/**
 * redump_argv - the command line of a dump, but for -t, of what was restored.
 * @dump: empty; argv_free() it, also after a failure
 * @a: the options of the restore, with its record
 * @dir: the image directory
 * Returns 0 or -errno.
 */
int redump_argv(struct argv *dump, const struct argv *a, const char *dir);

bool redump_wanted(const struct redump *r);

/**
 * redump_arm - the tree runs: the time is counted from now on.
 * Returns 0 or -errno.
 */
int redump_arm(struct redump *r);

/**
 * redump_start - dump it now.
 * @root: its PID
 * @close_fd: a descriptor of ours that the child must not keep open
 * Returns 0 or -errno.
 */
int redump_start(struct redump *r, pid_t root, int close_fd);

/**
 * redump_ended - after the pidfd became readable.  Says how it went.
 */
void redump_ended(struct redump *r);

#endif
