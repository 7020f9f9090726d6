/* SPDX-License-Identifier: MIT */
#ifndef EXEC_TAIL_H
#define EXEC_TAIL_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

/*
 * The end of a file, kept in a file beside it, FILE.criu-ns-tail.N.  Until it
 * is complete and on the disk it has no name, or, on a file system that knows
 * no nameless files, another one: FILE.criu-ns-part.N.  Nothing that is there
 * is ever replaced.
 */

#define TAIL_SUFFIX ".criu-ns-tail."

struct tail {
	int dir;		 /* where; stays the caller's */
	const char *base;	 /* name of the file; likewise */
	int fd;			 /* of the copy, or -1 */
	char name[NAME_MAX + 1]; /* "" as long as it has none */
	bool kept;		 /* the name is its final one */
};

/**
 * tail_copy - copy the end of a file, holes as holes, and make it safe on the
 * disk.
 * @t: with .dir and .base; tail_close() it
 * @from: descriptor of the file; its offset is changed
 * @start, @end: the part of it
 * @like: of the file: the copy gets its owner, and of its mode the bits for
 *        reading and writing
 * Returns 0 or -errno.
 */
int tail_copy(struct tail *t, int from, off_t start, off_t end,
	      const struct stat *like);

/**
 * tail_keep - give it the first number that is free, and make the directory
 * safe on the disk.
 * Returns 0 or -errno.
 */
int tail_keep(struct tail *t);

/**
 * tail_drop - remove it again, named or not.
 */
void tail_drop(struct tail *t);

/**
 * tail_close - close it; what has a name stays.
 */
void tail_close(struct tail *t);

#endif
