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

/*
 * The same, step by step: copies of one image have steps in common.  Each says
 * what is wrong and returns an exit status, or returns 0.
 */

/**
 * restore_options - what was typed, with the record of the image.
 * @r: as above; restore_end() it, whatever comes of it
 */
int restore_options(struct restore *r);

/**
 * restore_look - are we allowed to, is there a criu, is the image one?
 */
int restore_look(struct restore *r);

/**
 * restore_prepare - pidfile, work directory, directory of a second dump.
 */
int restore_prepare(struct restore *r);

/**
 * restore_start - after the others: start it, and wait as long as the caller is
 * to wait for it.
 */
int restore_start(struct restore *r);

/**
 * restore_end - free everything.
 * @status: with one, and no tree, an old pidfile is removed
 */
void restore_end(struct restore *r, int status);

#endif
