/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CHECK_LIVE_H
#define EXEC_CHECK_LIVE_H

#include "exec/argv.h"

/**
 * check_live - check -t PID: what will stop a dump of a tree, before it is
 * tried.
 * @a: the options of that dump; CRIU's configuration gets merged into it
 * Prints findings, one command that cures all, and a line of summary on stdout;
 * with --json one object.
 * Returns 0 (clean, or something will be lost only), 1 (findings) or another
 * exit status.
 */
int check_live(struct argv *a);

#endif
