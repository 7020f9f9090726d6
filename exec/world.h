/* SPDX-License-Identifier: MIT */
#ifndef EXEC_WORLD_H
#define EXEC_WORLD_H

#include "exec/argv.h"

/*
 * The caller's world in criu's arguments.  A path under /proc/PID, a PID in
 * --join-ns, an image directory that another mount hides: they mean what they
 * mean to the caller.  Before criu goes where they would mean something else,
 * they are opened here, and criu gets the descriptors.
 */

#define WORLD_MAX 64

struct world {
	const char *holder; /* "/proc/PID" of who has them open */
	int fd[WORLD_MAX];
	size_t n_fds;
};

/**
 * world_keep_proc - for a restore: the mount namespace stays a copy of the
 * caller's, but for /proc.  What leads into a /proc/PID is opened; the PIDs of
 * --join-ns, too.
 * @w: filled; world_close() it
 * @a: its values are replaced
 * @why: ARGV_WHY bytes, on failure a sentence
 * Returns 0 or -errno.
 */
int world_keep_proc(struct world *w, struct argv *a, char *why);

/**
 * world_keep_dirs - for a dump in another mount namespace: the image, work and
 * previous image directory and the log file are opened, whatever their path.
 * The descriptors are left to be inherited by criu.
 * Returns 0 or -errno; as world_keep_proc().
 */
int world_keep_dirs(struct world *w, struct argv *a, char *why);

/**
 * world_add - one more descriptor for criu to be found by a path.
 * @w: after world_keep_dirs(), or with .holder NULL, where criu runs without it
 * @fd: belongs to @w from now on
 * @ret: the path
 * Returns 0 or -E2BIG.
 */
int world_add(struct world *w, int fd, char *ret, size_t size);

/**
 * world_name - put the caller's PID in where world_keep_dirs() could not know
 * it.  For the child that becomes criu: criu's own children, too, find the
 * descriptors by that.
 * @argv: its strings are changed in place, and get no longer
 */
void world_name(char **argv);

/**
 * world_share - let the descriptors pass an exec, in the child that becomes
 * criu.  Returns 0 or -errno.
 */
int world_share(const struct world *w);

void world_close(struct world *w);

#endif
