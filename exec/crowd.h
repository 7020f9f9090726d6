/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CROWD_H
#define EXEC_CROWD_H

#include "exec/launcher.h"

/*
 * The launchers of several copies, children of this process: it starts them,
 * so many at a time, hears which tree runs, and passes signals on to them.
 * Each is in a process group of its own, so that Ctrl-C comes to it once.
 */

/**
 * crowd_run - restore @n copies.
 * @r: after restore_look(); each copy does the rest by itself
 * @jobs: how many may be on their way at a time
 * Returns the exit status.
 */
int crowd_run(struct restore *r, unsigned int n, unsigned int jobs);

#endif
