/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CAPTURE_H
#define EXEC_CAPTURE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "exec/argv.h"
#include "explain/story.h"

/*
 * criu's log, as detailed as it takes to say why something failed.
 *
 * criu writes it, with -v4 or -v3, into memory, and the user gets the lines of
 * the level that was asked for, as that criu would have written them, where
 * they were asked for.  What has been read is given back to the kernel, so that
 * the memory is bounded.  Where the user wants a log of level 3 or more in a
 * file, criu writes that as ever, and it is read when criu has failed.
 */

struct capture {
	int fd;	      /* the memory, or -1: criu writes the user's log */
	int out;      /* where the user's lines go */
	int timer;    /* readable when it is time for capture_step(), or -1 */
	int level;    /* the user's */
	bool to_file; /* the user's lines have numbers */
	bool to_stdout;
	bool started; /* something was read */
	bool inside;  /* what follows may belong to a line of level 4 */
	off_t at, freed;
	size_t shown;		/* lines that the user got */
	char *name;		/* the log's, for people; NULL: none */
	struct timespec before; /* when that was last written by others */
	struct story story;
};

/**
 * capture_open - let criu log into memory, if that is the way.
 * @a: its options for the log are replaced; before world_keep_...()
 * @c: filled; capture_close() it
 * Returns 0, or an exit status after saying what is wrong.
 */
int capture_open(struct capture *c, struct argv *a, enum rule_phase phase);

/**
 * capture_begin - criu starts now: open the user's log.
 * Returns 0 or an exit status, as capture_open().
 */
int capture_begin(struct capture *c);

/**
 * capture_step - pass new lines on.  Does not wait for who reads them.
 */
void capture_step(struct capture *c);

/**
 * capture_end - criu has ended: pass on all that is left.
 */
void capture_end(struct capture *c);

/**
 * capture_story - what the log tells, after capture_end(); the story is the
 * capture's.
 */
const struct story *capture_story(struct capture *c);

/* NULL is fine, as is one that was never opened but is all zero but for fds. */
void capture_close(struct capture *c);

#define CAPTURE_NONE                             \
	{                                        \
		.fd = -1, .out = -1, .timer = -1 \
	}

#endif
