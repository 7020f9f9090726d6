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

/**
 * check_image_stops - whether something stands in the way of a restore of an
 * image here; says on stderr what.
 * @a: with configuration and record
 * Returns 0 or an exit status.
 */
int check_image_stops(const struct argv *a, const char *dir);

/**
 * check_image_words - options as words for struct still, but for the image
 * directory. Returns them behind one word more, or NULL; argv_build_free()
 * them.
 */
char **check_image_words(const struct argv *a);

#endif
