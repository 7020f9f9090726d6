/* SPDX-License-Identifier: MIT */
#ifndef EXEC_STORE_H
#define EXEC_STORE_H

#include <stdbool.h>

#include "exec/stage.h"

/*
 * Where a dump's images go.  A directory that holds images already is replaced
 * as a whole, and only when the new image is complete: criu writes into a
 * stage beside it, a directory that then changes places with it.
 *
 *   img/                     the image before, restorable all the time
 *   .img.criu-ns-new/        the stage
 *
 * A directory that can't change places (a mount point, somebody's working
 * directory, a parent that can't be written) keeps the old image in a directory
 * inside:
 *
 *   img/criu-ns.old/         criu-ns.old.part while it is moved there or back
 */

enum store_way {
	STORE_PLAIN, /* there was no image, or it is overwritten */
	STORE_STAGED,
	STORE_ASIDE, /* the old image waits in IMAGE_OLD */
};

struct store {
	const char *name; /* as the user calls it; not ours */
	const char *path; /* for criu */
	int dir;	  /* descriptor of path */
	enum store_way way;
	bool begun;
	bool recorded; /* this dump has written a record into it */
	int named;     /* with a stage: descriptor of the user's directory */
	struct stage stage;
};

#define STORE_NONE                                          \
	(struct store)                                      \
	{                                                   \
		.dir = -1, .named = -1, .stage = STAGE_NONE \
	}

/**
 * store_open - look at the directory that the user named, and lock it.
 * @s: store_close() it, also after a failure
 * @name: must live as long as @s
 * @way: the best that can be: STORE_STAGED; STORE_ASIDE, if something in the
 *       directory is needed for the dump; STORE_PLAIN, if a part of the images
 *       goes elsewhere
 * Says what is in the way and returns an exit status, or returns 0.
 */
int store_open(struct store *s, const char *name, enum store_way way);

/**
 * store_begin - criu starts now.
 * @what: the dump, for the note about an incomplete one
 * Returns 0 or an exit status, as store_open().
 */
int store_begin(struct store *s, const char *what);

/**
 * store_commit - the new image is complete: let it take its place.
 * @sync: make that durable, too
 * Returns 0 or -errno; store_undo() is the way back then.
 */
int store_commit(struct store *s, bool sync);

/**
 * store_keep - the dump has succeeded: remove what was there before.
 * Files that belong to no image stay in the directory.
 */
void store_keep(struct store *s);

/**
 * store_undo - the dump has failed: what was there before is there again.
 * Logs of criu are kept.
 * @why: for the note, if there was no image before
 */
void store_undo(struct store *s, const char *why);

/**
 * store_rescue - the tree has ended, but the image could not be completed as it
 * should be: nothing is removed.  Says where it is.
 */
void store_rescue(struct store *s);

void store_close(struct store *s);

#endif
