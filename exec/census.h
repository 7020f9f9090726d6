/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CENSUS_H
#define EXEC_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "exec/title.h"

/*
 * The trees that live under an init of ours, as the /proc that is mounted here
 * tells of them, also those in pid namespaces below this one.
 */

struct census_tree {
	pid_t init;
	pid_t root;    /* as seen from here, 0: it has ended and left others */
	int64_t uid;   /* of the root; of the oldest of those others */
	int64_t since; /* init's start, seconds since 1970 */
	struct title title;
	size_t n_processes; /* without init and helpers of ours */
	uint64_t memory;    /* of all of them, in bytes */
	bool shared_twice;  /* by ns_memory_rss(), not ns_memory_pss() */
	char *command;
};

struct census {
	struct census_tree *list;
	size_t n;
};

/**
 * census_take - find all trees, or those of one user.
 * @uid: whose, -1: everybody's
 * @ret: by init's number; census_free() it
 * A process belongs to the nearest init above it.  What ends meanwhile, or may
 * not be looked at, is left out.
 * Returns 0 or -errno.
 */
int census_take(int64_t uid, struct census *ret);

void census_free(struct census *all);

#endif
