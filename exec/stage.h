/* SPDX-License-Identifier: MIT */
#ifndef EXEC_STAGE_H
#define EXEC_STAGE_H

#include <stdbool.h>

/*
 * A directory beside another one, on the same file system, that will change
 * places with it: img and .img.criu-ns-new.
 */

struct stage {
	int parent;   /* descriptor of what both are in */
	char *base;   /* the name in there of the one to be replaced */
	char *name;   /* that of the stage */
	char *path;   /* the stage, absolute */
	bool changed; /* they have changed places */
};

#define STAGE_NONE           \
	(struct stage)       \
	{                    \
		.parent = -1 \
	}

/**
 * stage_find - find out what a stage would be called.
 * @path: of the directory to be replaced
 * @s: stage_close() it, also after a failure
 * Returns 0 or -errno.
 */
int stage_find(struct stage *s, const char *path);

/**
 * stage_open_stale - open the stage that a killed process has left.
 * @dir: descriptor of the directory to be replaced
 * Returns a descriptor that the caller closes; -ENOENT; -EPERM: somebody may
 * have put it there who could not write to @dir; another -errno.
 */
int stage_open_stale(const struct stage *s, int dir);

/**
 * stage_possible - whether a directory can change places with one beside it:
 * it is no mount point, has none inside, and is nobody's working directory, who
 * would find himself in a directory that is removed.
 * @dir: descriptor of the directory to be replaced
 */
bool stage_possible(const struct stage *s, int dir);

/**
 * stage_make - make it, with the owner and mode of the other one.
 * @ret_fd: the caller closes it
 * Returns 0 or -errno, such as -EINVAL where the file system has no exchange.
 */
int stage_make(struct stage *s, int dir, int *ret_fd);

/**
 * stage_change - let the two change places; again, and they are back.
 * In one step: renameat2(2) with RENAME_EXCHANGE, Linux 3.15.
 * Returns 0 or -errno.
 */
int stage_change(struct stage *s);

/**
 * stage_remove - remove what is called like the stage, with the image in it.
 * @fd: of it
 * Returns 0 or -errno: -ENOTEMPTY: there is something else in it.
 */
int stage_remove(const struct stage *s, int fd);

void stage_close(struct stage *s);

#endif
