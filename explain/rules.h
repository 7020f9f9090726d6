/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_RULES_H
#define EXPLAIN_RULES_H

#include "explain/log.h"

/*
 * What is known about CRIU's failures, as data: one row for each.
 */

enum rule_phase {
	PHASE_ANY = 0, /* or not known */
	PHASE_DUMP = 1,
	PHASE_RESTORE = 2,
	PHASE_CHECK = 4,
};

enum rule_weight {
	RULE_CAUSE,   /* it failed because of this */
	RULE_GENERAL, /* a cause, unless something more telling is there */
	RULE_FALLOUT, /* follows from a cause */
	RULE_LOSS,    /* works, and something is lost */
	RULE_NOISE,   /* is seen in runs that succeed */
	RULE_HINT,    /* of any level: its values are for rules to come; it
			 starts with '^' and a letter */
};

#define RULE_PATTERNS 4

struct rule {
	const char *id; /* of the finding */
	enum rule_phase phase;
	enum rule_weight weight;
	/* As explain/match.h has it; whichever is found first. */
	const char *pattern[RULE_PATTERNS];
	const char *hint;  /* id of one that must stand before it, or NULL */
	const char *cause; /* templates; a value may come from a hint */
	const char *cure;
	/*
	 * Words to be added to the user's command line; "" is that command
	 * through criu-ns, as it is.  They are not added if a value is not
	 * known.
	 */
	const char *add;
	const char *drop;    /* an option of the user's that goes, or NULL */
	const char *command; /* a command of its own, in words, or NULL */
	const char *refines; /* id of a finding that gets the values, too */
	const char *reference;
};

/* The table is in parts, one for each topic. */
struct rule_part {
	const struct rule *rule;
	size_t n;
};

#define RULE_PART(rows)                              \
	{                                            \
		rows, sizeof(rows) / sizeof(*(rows)) \
	}

/**
 * rules_at - the row with this number, NULL behind the last one.
 */
const struct rule *rules_at(size_t number);
#define RULES_MAX 512

/**
 * rules_find - the row for a line, the first in the table that fits.
 * @from: number of the first row to be looked at
 * @text: terminated
 * @level: of the line; hints are found in lines of any level, the rest in
 *         errors and warnings only
 * @phase: of the log, as far as it is known
 * @ret_pattern: which of the row's patterns it was
 * Returns its number, or -1: no rule knows the line.
 */
int rules_find(int from, const char *text, size_t len, enum log_level level,
	       enum rule_phase phase, size_t *ret_pattern);

/**
 * rules_hint_start - whether a line that is no error may be a hint: quick, for
 * the many that are none.
 */
bool rules_hint_start(const char *text, size_t len);

#endif
