/* SPDX-License-Identifier: MIT */
#ifndef EXEC_COMMIT_H
#define EXEC_COMMIT_H

#include "exec/dumper.h"

/*
 * From images that are written to an image that counts: with its record, safe
 * on the disk and in its place.
 */

/**
 * commit_image - make it count, once.
 * Says what is in the way.  Returns 0 or an exit status; the dump has to be
 * given up then.
 */
int commit_image(struct dump *d);

#endif
