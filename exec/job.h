/* SPDX-License-Identifier: MIT */
#ifndef EXEC_JOB_H
#define EXEC_JOB_H

#include "exec/launcher.h"

/*
 * The launcher's side of a shell job: the relay between its pty and the
 * caller's terminal, and what Ctrl-Z and fg do to both.  Without a shell job
 * there is no pty (relay.master is -1) and nothing to do.
 */

/**
 * job_terminal - the pty is there; @master is ours from now on.
 */
void job_terminal(struct restore *r, int master);

/**
 * job_runs - the job runs: what is typed is for it, and it draws its screen.
 */
void job_runs(struct restore *r);

/**
 * job_stopped - the job has stopped.
 * The shell behind us shall see us stopped as well, and whoever shares our
 * process group, in a terminal as it was before.  What continues us continues
 * the job.
 */
void job_stopped(struct restore *r);

/**
 * job_takes - whether a signal is for the terminal of the job, and give it.
 */
bool job_takes(struct restore *r, int sig);

/**
 * job_finish - write what the job has printed last, and undo the terminal's
 * modes.  A signal that ends us ends the writing, too.
 */
void job_finish(struct restore *r);

#endif
