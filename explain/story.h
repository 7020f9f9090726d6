/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_STORY_H
#define EXPLAIN_STORY_H

#include "explain/finding.h"
#include "explain/log.h"
#include "explain/rules.h"

/*
 * What a log tells, line by line: the lines that rules know are kept, and the
 * first and last errors that none knows.  A log may have no end of lines.
 */

#define STORY_MAX 256
#define STORY_UNKNOWN 8

struct story_line {
	int rule; /* its number, or -1: none knows the line */
	size_t pattern;
	size_t number; /* of the line, 0: not to be named */
	long pid;      /* in the line, or 0 */
	char *text;
};

struct story {
	enum rule_phase phase; /* as given, then as the log says */
	struct story_line line[STORY_MAX];
	size_t n;
	size_t n_unknown; /* of them */
	size_t n_seen;	  /* lines of any kind */
	size_t n_errors;
	bool succeeded; /* the log says so */
	unsigned char seen[RULES_MAX];
};

/**
 * story_take - one more line.  A log_take() as well.
 * @self: a struct story
 * @number: to be shown to people
 */
void story_take(void *self, const struct log_line *line, size_t number);

struct story_how {
	bool all; /* fallout, noise, and in the log's order */
	/*
	 * A command line with @add behind its options and without the option
	 * @drop (or NULL): allocated, or NULL if there is none to be named.
	 */
	char **(*command)(void *self, enum rule_phase phase, const char *drop,
			  char *const *add);
	void *self;
};

/**
 * story_tell - add what was found to a list: causes first, or nothing.
 * Returns how many causes were found.
 */
size_t story_tell(const struct story *s, const struct story_how *how,
		  struct findings *all);

/**
 * story_value - what the log's last word on a value is: "root", "criu" ...
 * Returns the text, which is not terminated, and sets @ret_len; or NULL.
 */
const char *story_value(const struct story *s, const char *name,
			size_t *ret_len);

void story_free(struct story *s);

#endif
