/* SPDX-License-Identifier: MIT */
#ifndef EXEC_LEADER_H
#define EXEC_LEADER_H

#include "exec/init.h"

/*
 * The leader of a shell job's session: a process between init and the job.
 *
 * It has the pty for its controlling terminal, which the job would lose with a
 * leader that ends, and it is the job's parent, as a shell is: only then does
 * Ctrl-Z stop the job.  It has a number of its own because images name their
 * sessions, and may name 1.  While the launcher lives, that relays what goes
 * through the pty; afterwards (-d, or it was killed) the leader does, so that
 * nothing that the job prints holds it up.
 *
 * It ends with the job: with LEADER_DONE after telling the launcher how the
 * root has ended, with LEADER_KILLED, and untold, if that was SIGKILL, with
 * another status when there is no tree.
 */

#define LEADER_TITLE "criu-ns: terminal"
#define LEADER_DONE 0
#define LEADER_KILLED 9

/**
 * leader_run - build the tree as the leader; never returns.
 * @up: to init: gets the root's number, and is closed when the caller's files
 *      are
 */
_Noreturn void leader_run(const struct init_plan *plan, int up);

/**
 * leader_is_me, leader_resume - as init_is_me() and init_resume().
 */
bool leader_is_me(void);
_Noreturn void leader_resume(void);

#endif
