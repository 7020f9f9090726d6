/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_SCREEN_H
#define EXPLAIN_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

/*
 * A terminal, or what is not one: its width, its colours, and texts of others,
 * which must not steer it.
 */

struct screen {
	FILE *out;
	size_t width; /* columns, 0: lines are not cut */
	bool colour;
};

/**
 * screen_stdout - stdout: a terminal has its width, and colours unless NO_COLOR
 * or TERM=dumb is set; else lines are not cut.
 */
struct screen screen_stdout(void);

/**
 * screen_harmless - replace control characters by '?', in place.
 */
void screen_harmless(char *text);

/**
 * screen_line - print one line, made harmless and cut to the width of @to, with
 * a newline; in bold type if @bold and there are colours.
 */
__attribute__((format(printf, 3, 4))) void
screen_line(const struct screen *to, bool bold, const char *fmt, ...);

#endif
