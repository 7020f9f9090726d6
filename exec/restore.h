/* SPDX-License-Identifier: MIT */
#ifndef EXEC_RESTORE_H
#define EXEC_RESTORE_H

#include "exec/launcher.h"

/**
 * restore_run - restore a tree, and stay with it unless that is not wanted.
 * @r: LAUNCHER_NONE with its .argv and, for criu-ns run, .checkpoints, .stdio
 *     and .claim; everything else in it is released
 * @ret_ran: whether the tree ran
 * Returns the exit status.
 */
int restore_run(struct restore *r, bool *ret_ran);

#endif
