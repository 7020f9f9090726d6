/* SPDX-License-Identifier: MIT */
#ifndef EXEC_LISTING_H
#define EXEC_LISTING_H

#include <stdio.h>

#include "exec/census.h"
#include "explain/screen.h"

/**
 * listing_text - a table with a headline and a line for each tree; times are
 * local ones.
 * Returns 0 or -ENOMEM.
 */
int listing_text(const struct screen *to, const struct census *all);

/**
 * listing_json - {"trees":[…]} on one line; times are seconds since 1970, and
 * what is not there is null.
 */
void listing_json(FILE *out, const struct census *all);

#endif
