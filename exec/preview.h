/* SPDX-License-Identifier: MIT */
#ifndef EXEC_PREVIEW_H
#define EXEC_PREVIEW_H

#include "exec/argv.h"
#include "exec/criu.h"
#include "exec/target.h"
#include "explain/live.h"

/*
 * What a dump with these options would meet in a live tree.
 */

struct preview {
	struct live live; /* filled from the options; for live_look() */
	char **command;	  /* the user's own dump command */
	const char **external;
};

/**
 * preview_open - translate options and target for explain/live.h.
 * @a: the options of the dump, those of configuration files included
 * @criu: the one that will do it
 * @ret: preview_close() it, also after a failure; it points into @a and @criu
 * Returns 0 or -ENOMEM.
 */
int preview_open(const struct argv *a, const struct target *t,
		 const struct criu *criu, struct preview *ret);
void preview_close(struct preview *p);

/**
 * preview_whole - one command that has the options of all cures.
 * @all: what live_look() has found with @p
 * Returns its words, argv_build_free() them; or NULL: fewer than two of them
 * have a command, or no memory.
 */
char **preview_whole(const struct findings *all, const struct preview *p);

/**
 * preview_explain - after a dump has failed: add what the live tree shows.
 * @parts: LIVE_* for the cause at hand, or LIVE_ALL
 * If several things have to be cured, the first one's command cures them all.
 * Returns 0 or -errno; -ESRCH: the tree is gone.
 */
int preview_explain(const struct argv *a, const struct target *t,
		    const struct criu *criu, unsigned int parts,
		    struct findings *ret);

#endif
