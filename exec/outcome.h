/* SPDX-License-Identifier: MIT */
#ifndef EXEC_OUTCOME_H
#define EXEC_OUTCOME_H

#include "exec/dumper.h"

/*
 * How a dump has gone: what is said of it, and what becomes of the image.
 */

/**
 * outcome_succeeded - criu has succeeded.
 * Returns the exit status.
 */
int outcome_succeeded(struct dump *d);

/**
 * outcome_failed - criu has not, or was killed.
 * @status: its wait status
 * Returns the exit status, after saying why.
 */
int outcome_failed(struct dump *d, int status);

/**
 * outcome_hold_tree - while the tree stands still: remember who belongs to it,
 * should criu be killed when it has ended half of it.
 */
void outcome_hold_tree(struct dump *d);

#endif
