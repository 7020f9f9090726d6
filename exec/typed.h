/* SPDX-License-Identifier: MIT */
#ifndef EXEC_TYPED_H
#define EXEC_TYPED_H

#include "exec/argv.h"

/*
 * The command line as the user has typed it, and what it should have been.
 */

/**
 * typed_command - the words of the command line, changed.
 * @a: the command line, as argv_parse() has read it
 * @drop: full name of an option to be left out, or NULL.  Letters in one word
 *        with others (-dj) stay; what is behind them wins.
 * @add: words to be put behind the options, ends with NULL
 *
 * Returns a list of strings, allocated like the strings in it; or NULL: nothing
 * would change, or no memory.
 */
char **typed_command(const struct argv *a, const char *drop, char *const *add);

#endif
