/* SPDX-License-Identifier: MIT */
#ifndef EXEC_GENERATION_H
#define EXEC_GENERATION_H

#include <limits.h>
#include <stdbool.h>

#include "exec/argv.h"
#include "exec/victim.h"

/*
 * One round of cycle: dump, restore, compare, check; and what TAP says of it.
 */

struct generation {
	const struct argv *argv; /* what was typed */
	char dir[PATH_MAX];	 /* for the images of all generations */
	unsigned int number;
	struct victim victim;
};

/**
 * generation_run - dump the program and restore it in namespaces of its own.
 * Prints a line of TAP, with comments, to stdout.  The image stays if it
 * failed.
 * Returns whether all went well.
 */
bool generation_run(struct generation *g);

#endif
