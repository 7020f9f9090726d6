/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_REPORT_H
#define EXPLAIN_REPORT_H

#include <stdio.h>

#include "explain/finding.h"

/*
 * Findings as text for people and as JSON for programs.
 */

struct report {
	const char *prefix; /* before the first line: "criu-ns: dump of 4242 "
			       "(nginx) failed: ", or "" */
	const char *log;    /* its name, as the user knows it, or NULL */
	const char *end;    /* the last line ("the tree runs on unharmed"), or
			       NULL */
	size_t max_lines;   /* 0: no limit */
	size_t width;	    /* columns, 0: no wrapping */
	bool all;	    /* show fallout, noise and references, too */
};

/**
 * report_text - each finding: the cause behind the prefix, the cure, the
 * command on a line of its own, quoted for a shell, the log's line.
 *
 * The first finding stands behind the prefix; what doesn't fit into
 * .max_lines is counted in a last line.  Commands are not wrapped.  Control
 * characters, which a log may hold, are shown as '?'.
 */
void report_text(FILE *out, const struct findings *all,
		 const struct report *how);

/**
 * report_json - one object on one line: {"findings":[{"id":…,"weight":…,
 * "cause":…,"values":{…},"cure":…,"argv":[…],"reference":…,"log":…,"line":…,
 * "text":…}]}, with "complete":false behind the list if it is not all.  What a
 * finding does not have is left out; values may be none.  All findings are
 * shown, whatever .all and .max_lines are.
 */
void report_json(FILE *out, const struct findings *all,
		 const struct report *how);

/**
 * report_quote - print a word as a shell takes it: as it is, or in quotes.
 */
void report_quote(FILE *out, const char *word);

/**
 * report_string - print a JSON string with its quotes.  Bytes that are no UTF-8
 * become U+FFFD.
 */
void report_string(FILE *out, const char *text);

#endif
