/* SPDX-License-Identifier: MIT */
#ifndef EXEC_HOOK_H
#define EXEC_HOOK_H

#include <stdbool.h>

#include "exec/argv.h"
#include "exec/world.h"

/*
 * The moment in a dump when all images are written and the tree is still there.
 * CRIU runs its action scripts then, and a script that fails makes it give up
 * and let the tree go on.  Ours is criu-ns itself: it asks the launcher.
 */

struct hook {
	int asked;  /* to read: a byte for a question */
	int answer; /* to write: 'y' or 'n' */
};

#define HOOK_NONE                         \
	(struct hook)                     \
	{                                 \
		.asked = -1, .answer = -1 \
	}

/**
 * hook_open - have criu ask.
 * @h: hook_close() it, also after a failure
 * @a: criu's options, gets an --action-script, which runs before the user's
 * @w: gets the descriptors that criu and the script find things by; its
 *     world_name() and world_share() have to be called
 * Returns 0 or -errno.  Sets an environment variable, for criu to pass on.
 */
int hook_open(struct hook *h, struct argv *a, struct world *w);
void hook_close(struct hook *h);

/**
 * hook_answer - after @h->asked became readable.
 * Returns 0 or -errno.
 */
int hook_answer(struct hook *h, bool yes);

/**
 * hook_is_me - whether this process was run by criu as that script.
 */
bool hook_is_me(int argc);

/**
 * hook_run - be the script.  Without an answer, because the launcher is gone,
 * the dump fails.
 */
_Noreturn void hook_run(void);

#endif
