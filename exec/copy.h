/* SPDX-License-Identifier: MIT */
#ifndef EXEC_COPY_H
#define EXEC_COPY_H

#include "exec/argv.h"

/*
 * One of several copies of an image has a number, from 1 on: %i in the options
 * that were typed.
 */

#define COPY_MAX 100000

/**
 * copy_count - the number in the value of an option, 1 to COPY_MAX.
 * @ret: untouched without that option
 * Says what is wrong with it and returns an exit status, or returns 0.
 */
int copy_count(const struct argv *a, enum option_id id, unsigned int *ret);

/**
 * copy_name - put a copy's number in for %i, and % for %%, in all options that
 * may differ from copy to copy.
 * Returns 0 or -ENOMEM.
 */
int copy_name(struct argv *a, unsigned int number);

/**
 * copy_differs - whether the last value of an option has %i in it.
 */
bool copy_differs(const struct argv *a, enum option_id id);

#endif
