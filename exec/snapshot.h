/* SPDX-License-Identifier: MIT */
#ifndef EXEC_SNAPSHOT_H
#define EXEC_SNAPSHOT_H

#include <stdio.h>
#include <sys/types.h>

/*
 * What /proc says about a tree of processes, as lines of text to be compared:
 * processes, threads, open files, mapped files, sockets, directories,
 * credentials, limits, session and group.  Left out is what changes in any
 * program that runs (memory, times) or with any restore (numbers of sockets and
 * pipes, outer PIDs).
 */

struct snapshot {
	char **line; /* sorted */
	size_t n;
	size_t room;
};

/**
 * snapshot_take - look at a process and everything below it.
 * A process that ends meanwhile is left out.
 * @ret: snapshot_free() it, also after a failure
 * Returns 0 or -errno.
 */
int snapshot_take(pid_t root, struct snapshot *ret);
void snapshot_free(struct snapshot *s);

/**
 * snapshot_compare - print what is in one of two snapshots only: a line with
 * "# - " or "# + " before it for each.
 * Returns how many.
 */
size_t snapshot_compare(const struct snapshot *before,
			const struct snapshot *after, FILE *out);

#endif
