/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CHECKER_H
#define EXEC_CHECKER_H

#include "exec/argv.h"
#include "exec/criu.h"

/*
 * criu check, and what its failure means.
 */

/**
 * checker_run - run it and wait for it.
 * Returns the exit status: criu's.
 */
int checker_run(const struct criu *criu, struct argv *a);

#endif
