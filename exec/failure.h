/* SPDX-License-Identifier: MIT */
#ifndef EXEC_FAILURE_H
#define EXEC_FAILURE_H

#include "exec/argv.h"
#include "exec/capture.h"
#include "exec/target.h"
#include "explain/finding.h"

/*
 * criu has failed: say why, and what to type.
 */

struct failure {
	const struct argv *argv;
	struct capture *capture;
	const char *what; /* "dump of 4242 (nginx)", "restore from img" */
	const char *end;  /* what there is to say last, or NULL */
	int pidfd;	  /* of the root of the tree to be dumped, or -1 */
	pid_t pid;	  /* its PID here, or 0 */
	int images;	  /* the image directory, or -1 */
	const struct target *target; /* of a dump, or NULL */
	const struct criu *criu;     /* likewise */
	int *told; /* shared by copies: how many have said why, or NULL */
};

/**
 * failure_explain - say it on stderr, in twelve lines at most, or with --json
 * as one object.  capture_end() came before.
 * Returns how many findings there were; 0: nothing was said.
 */
size_t failure_explain(const struct failure *f);

/**
 * failure_unharmed - whether a process runs and nobody traces it.
 * @pidfd: of it; @pid: its PID here
 */
bool failure_unharmed(int pidfd, pid_t pid);

#endif
