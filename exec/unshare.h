/* SPDX-License-Identifier: MIT */
#ifndef EXEC_UNSHARE_H
#define EXEC_UNSHARE_H

#include "exec/argv.h"

/*
 * --unshare and --hostname: namespaces beyond those for PIDs and mounts.
 */

struct unshare {
	unsigned long flags;  /* CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS */
	const char *hostname; /* in the new uts namespace, or NULL */
};

/**
 * unshare_read - read the options.
 * @ret: the name belongs to @a
 * Says what is wrong with them and returns an exit status, or returns 0.
 */
int unshare_read(const struct argv *a, struct unshare *ret);

/**
 * unshare_kind - one after the other of the kinds that --unshare knows, as in
 * /proc/PID/ns.
 * @i: from 0 on
 * @ret_flag: CLONE_NEW...
 * Returns its name, or NULL behind the last one.
 */
const char *unshare_kind(unsigned int i, unsigned long *ret_flag);
#define UNSHARE_KINDS 3

#endif
