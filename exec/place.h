/* SPDX-License-Identifier: MIT */
#ifndef EXEC_PLACE_H
#define EXEC_PLACE_H

#include <stdbool.h>

/*
 * The image directory of criu-ns run, or its series of them: is there something
 * to be continued?
 */

/**
 * place_make - see that images can be written there: the directory, or that
 * of a series, is made with mode 0700 if it is missing.
 * Says what is wrong and returns an exit status, or returns 0.
 */
int place_make(const char *pattern);

/**
 * place_look - whether it holds an image.
 * What a killed dump has left is cleared away first.  An image that was not
 * completed, as its note says, does not count; anything else that may be one
 * does, complete or not.
 * Says what is wrong and returns an exit status, or returns 0.
 */
int place_look(const char *pattern, bool *ret_image);

/**
 * place_clear - keep what is there as DIR.old.N, each of a series, and make
 * room for new images.
 * Says what it does, or what is wrong and returns an exit status.
 */
int place_clear(const char *pattern);

#endif
