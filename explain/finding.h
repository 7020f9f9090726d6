/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_FINDING_H
#define EXPLAIN_FINDING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Findings: what stood in the way of a dump or restore, or will, and what to
 * type.  Whoever looks (a log's rules, a live tree, an image directory) adds
 * to one list; explain/report.c shows it.
 */

enum finding_weight {
	FINDING_CAUSE,	 /* it failed, or will fail, because of this */
	FINDING_LOSS,	 /* it works, and something is lost or changed */
	FINDING_FALLOUT, /* follows from a cause */
	FINDING_NOISE,	 /* is seen in runs that succeed */
	FINDING_UNKNOWN, /* an error that no rule knows */
};

struct finding_value {
	char *name; /* "pid", "path" */
	char *text;
};

struct finding {
	const char *id; /* stable: "pid-taken", "unix-stream-external" */
	enum finding_weight weight;
	char *cause; /* one sentence: no capital, no full stop, no newline */
	struct finding_value *value;
	size_t n_values;
	char *cure;  /* what to do, in words, or what .argv does; may be NULL */
	char **argv; /* the command that does it, ends with NULL; may be NULL */
	const char *reference; /* where to read on, or NULL */
	char *line;	       /* of the log, without its prefix, or NULL */
	size_t line_number;    /* from 1; 0 without a log */
};

struct findings {
	struct finding *list;
	size_t n;
	bool broken; /* memory ran out: the list is not all */
};

/**
 * finding_add - one more, with nothing but its id and weight.
 * @id: stays the caller's, for as long as the list lives
 * Returns it, valid until the next one is added, or NULL without memory
 * (.broken is set then; the functions below take a NULL).
 */
struct finding *finding_add(struct findings *all, const char *id,
			    enum finding_weight weight);

/* Set the text of a finding, as printf(3); what was there is freed. */
__attribute__((format(printf, 2, 3))) void finding_cause(struct finding *f,
							 const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void finding_cure(struct finding *f,
							const char *fmt, ...);

/* A value that --json shows under its name. */
__attribute__((format(printf, 3, 4))) void
finding_value(struct finding *f, const char *name, const char *fmt, ...);

/**
 * finding_command - the command that cures it.
 * @base: its start, a list that ends with NULL; copied
 * @n_more: as many strings (const char *) follow, to be put behind it
 */
void finding_command(struct finding *f, const char *const *base, size_t n_more,
		     ...);

/* It has no command (any more). */
void finding_no_command(struct finding *f);

/**
 * finding_replace - put others in the place of a finding, the first of which
 * gets its line of the log.
 * @at: index of the one that goes
 * @with: at least one; empty afterwards
 * Without memory nothing changes, but that @with is empty.
 */
void finding_replace(struct findings *all, size_t at, struct findings *with);

void finding_free(struct findings *all);

#endif
