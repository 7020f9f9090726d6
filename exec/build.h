/* SPDX-License-Identifier: MIT */
#ifndef EXEC_BUILD_H
#define EXEC_BUILD_H

#include "exec/init.h"

/*
 * criu builds the tree, as a child of init or of the leader of a shell job's
 * session; what they have in common is here.
 */

/**
 * build_give_up - tell the launcher which step failed, and end with status 1.
 */
_Noreturn void build_give_up(const struct init_plan *plan, enum wire_step step,
			     int err);

/**
 * build_tree - run criu and wait for it.
 * @slave: the terminal for criu, or -1
 *
 * Or start the command of the plan, which is the tree then.
 *
 * Returns the root's number when the tree runs: it is our child.  Returns
 * -ECANCELED when criu has failed, after telling the launcher, or the launcher
 * is gone or wants everything undone: what criu leaves behind in directories is
 * removed then, and all in the namespace but init and us is killed.
 */
pid_t build_tree(const struct init_plan *plan, int slave);

/**
 * build_hand_over - let go of the caller's files and say that the tree runs.
 * @keep: descriptors to be kept open, ended by -1; gets sorted
 * Returns 0, or -errno: the launcher is gone, and the tree has to go as well.
 */
int build_hand_over(const struct init_plan *plan, pid_t root, int *keep);

/**
 * build_execute_again - execute our own program: leaves the launcher's memory
 * and environment behind, and shows in ps what this process is for.
 * @argv: the command line
 * @state: NAME=VALUE, all of the environment
 * Returns only when it fails; the caller then goes on as it is.
 */
void build_execute_again(const struct init_plan *plan, char *const *argv,
			 const char *state);

#endif
