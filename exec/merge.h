/* SPDX-License-Identifier: MIT */
#ifndef EXEC_MERGE_H
#define EXEC_MERGE_H

#include <stdbool.h>

/*
 * --merge-memory: pages with the same contents are kept once, by the kernel's
 * ksmd.
 */

/**
 * merge_prepare - see that it can be had, and say what is missing.
 * Returns whether merge_start() is of use.
 */
bool merge_prepare(void);

/**
 * merge_start - from now on for this process, and all that it forks or
 * executes.  In the child that becomes criu or the program.
 * Returns 0 or -errno; PR_SET_MEMORY_MERGE(2const), Linux 6.4.
 */
int merge_start(void);

#endif
