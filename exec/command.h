/* SPDX-License-Identifier: MIT */
#ifndef EXEC_COMMAND_H
#define EXEC_COMMAND_H

#include "exec/argv.h"

/*
 * The actions.  Each gets the command line with CRIU's configuration merged
 * into it, pass and check without, and returns the exit status of criu-ns.
 */

#define COMMAND_VERSION VERSION /* the Makefile has it */

int command_restore(struct argv *a);
int command_dump(struct argv *a); /* pre-dump as well */
int command_run(struct argv *a);
int command_cycle(struct argv *a);
int command_check(struct argv *a);
int command_show(struct argv *a);
int command_obstacles(struct argv *a);
int command_explain(struct argv *a);
int command_ps(struct argv *a);
int command_swrk(struct argv *a);
int command_pass(struct argv *a); /* criu does it, as it is */

#endif
