/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CHECKPOINTS_H
#define EXEC_CHECKPOINTS_H

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "exec/argv.h"
#include "exec/notice.h"

/*
 * The checkpoints that criu-ns run makes of its program: on a signal, after
 * some time, before the end of the time that it has.  A child of the launcher
 * dumps; what the user wants to be told comes after it.  One thing at a time.
 */

enum checkpoint {
	CHECKPOINT_NONE,
	CHECKPOINT_GO_ON,
	CHECKPOINT_END,
};

struct checkpoints {
	const char *pattern; /* -D; NULL: there will be none */
	sigset_t go_on, end; /* signals */
	double every, limit; /* seconds, negative: none */
	bool must_succeed;   /* --hook-must-succeed */
	bool quiet;	     /* about what has succeeded */
	const char *on_checkpoint, *on_restore;

	struct argv argv; /* of the dump */
	pid_t root;
	unsigned int generation;
	int every_timer, limit_timer; /* descriptors, or -1 */
	int grace_timer;	      /* of a hook that is told to end */
	int socket;		      /* of ours, which no child may keep */
	pid_t pid;		      /* of what is under way */
	int pidfd;		      /* of that, or -1 */
	bool notifying;		      /* it is a notice */
	struct notice notice;
	char dir[PATH_MAX];	 /* of the newest image, absolute */
	enum checkpoint current; /* the dump that is under way */
	enum checkpoint wanted;	 /* and what comes after it */
	int signal;		 /* by which END was asked for, or 0 */
	unsigned int failed;	 /* dumps, and notices that must succeed */
	bool last_failed;
	bool ended; /* a dump has ended the tree */
};

/**
 * checkpoints_prepare - read the options.
 * Starts the clock of --max-time.  @c: checkpoints_free() it
 * Says what is wrong and returns an exit status, or returns 0.
 */
int checkpoints_prepare(struct checkpoints *c, const struct argv *a);

/**
 * checkpoints_arm - the tree runs.
 * @a: options and record of what was restored
 * @root: its PID
 * @restored: or else started
 * Returns 0 or -errno.
 */
int checkpoints_arm(struct checkpoints *c, const struct argv *a, pid_t root,
		    bool shell_job, bool restored);

/**
 * checkpoints_means - what a signal asks for.
 */
enum checkpoint checkpoints_means(const struct checkpoints *c, int sig);

/**
 * checkpoints_want - ask for a checkpoint, now or when there is time.
 * @sig: by which signal, or 0
 */
void checkpoints_want(struct checkpoints *c, enum checkpoint what, int sig);

#define CHECKPOINT_FDS 4

/**
 * checkpoints_poll, checkpoints_step - what to poll for, and what to do then.
 * @root: pidfd of the root
 */
void checkpoints_poll(const struct checkpoints *c, struct pollfd *fds);
void checkpoints_step(struct checkpoints *c, const struct pollfd *fds,
		      int root);

/**
 * checkpoints_ends_tree - whether our own dump has ended the tree, or is about
 * to.
 */
bool checkpoints_ends_tree(const struct checkpoints *c);

/**
 * checkpoints_finish - the tree has ended, or nobody waits for it: wait for
 * what is under way.
 * @signals: who wants to end that is heard, forward_open()
 * @status: the exit status as far as it is known
 * Returns the exit status.
 */
int checkpoints_finish(struct checkpoints *c, int signals, int root,
		       int status);

void checkpoints_free(struct checkpoints *c);

#endif
