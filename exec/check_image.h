/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CHECK_IMAGE_H
#define EXEC_CHECK_IMAGE_H

#include "exec/argv.h"

/**
 * check_image - check -D DIR: say on stdout what will stand in the way of a
 * restore of that image here.
 * @a: without CRIU's configuration; that and the record are merged into it
 * Returns the exit status.
 */
int check_image(struct argv *a);

#endif
