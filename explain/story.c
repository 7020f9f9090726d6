/* SPDX-License-Identifier: MIT */
#include "explain/story.h"

#include <stdlib.h>
#include <string.h>

/* Of a line; what is longer is cut. */
#define TEXT_MAX 1024

/* How many lines of one rule are kept. */
#define SAME_MAX 4

static enum rule_phase phase_of_file(const struct log_line *line)
{
	static const struct {
		const char *name;
		enum rule_phase phase;
	} row[] = {
		{"cr-dump.c", PHASE_DUMP},
		{"parasite-syscall.c", PHASE_DUMP},
		{"cr-restore.c", PHASE_RESTORE},
		{"restorer.c", PHASE_RESTORE},
		{"cr-check.c", PHASE_CHECK},
	};
	size_t i, len;

	for (i = 0; line->file && i < sizeof(row) / sizeof(*row); i++) {
		len = strlen(row[i].name);
		if (line->file_len >= len &&
		    !memcmp(line->file + line->file_len - len, row[i].name,
			    len))
			return row[i].phase;
	}
	return PHASE_ANY;
}

static void keep(struct story *s, int rule, size_t pattern, const char *text,
		 long pid, size_t number)
{
	struct story_line *to;
	size_t i, n = 0;

	/* Of the unknown ones the last are kept, and some of the first. */
	if (rule < 0 && s->n_unknown == STORY_UNKNOWN) {
		for (i = 0; i < s->n; i++)
			if (s->line[i].rule < 0 && n++ == STORY_UNKNOWN / 2)
				break;
		free(s->line[i].text);
		memmove(&s->line[i], &s->line[i + 1],
			(s->n - i - 1) * sizeof(*s->line));
		s->n--;
		s->n_unknown--;
	}
	if (s->n == STORY_MAX)
		return;
	to = &s->line[s->n];
	*to = (struct story_line){rule, pattern, number, pid, strdup(text)};
	if (!to->text)
		return;
	s->n++;
	s->n_unknown += rule < 0;
}

static bool is_repeated(const struct story *s, int rule, const char *text)
{
	size_t i;

	for (i = s->n; i-- > 0;)
		if (s->line[i].rule == rule)
			return !strcmp(s->line[i].text, text);
	return false;
}

/* A hint that no error has followed yet gives way to the next one. */
static void forget_hint(struct story *s, int rule)
{
	size_t i = s->n;

	while (i && s->line[i - 1].rule >= 0 &&
	       rules_at((size_t)s->line[i - 1].rule)->weight == RULE_HINT)
		if (s->line[--i].rule == rule)
			break;
	if (i == s->n || s->line[i].rule != rule)
		return;
	free(s->line[i].text);
	memmove(&s->line[i], &s->line[i + 1],
		(s->n - i - 1) * sizeof(*s->line));
	s->n--;
}

static bool has_hint(const struct story *s, const char *id)
{
	size_t i;

	for (i = s->n; id && i-- > 0;)
		if (s->line[i].rule >= 0 &&
		    !strcmp(rules_at((size_t)s->line[i].rule)->id, id))
			return true;
	return !id;
}

static void take_known(struct story *s, int number, size_t pattern,
		       const char *text, const struct log_line *line, size_t at)
{
	const struct rule *rule = rules_at((size_t)number);

	if (rule->weight == RULE_HINT) {
		s->succeeded |= rule->phase != PHASE_ANY;
		forget_hint(s, number);
	} else {
		if (s->seen[number] >= SAME_MAX || is_repeated(s, number, text))
			return;
		s->seen[number]++;
	}
	if (!s->phase && rule->weight != RULE_NOISE)
		s->phase = rule->phase;
	keep(s, number, pattern, text, line->pid, at);
}

void story_take(void *self, const struct log_line *line, size_t number)
{
	enum rule_phase phase;
	struct story *s = self;
	char text[TEXT_MAX];
	size_t len = line->len, pattern = 0;
	int rule = -1;

	s->n_seen++;
	if (line->level == LOG_LEVEL_REST &&
	    !rules_hint_start(line->text, line->len))
		return;
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, line->text, len);
	text[len] = '\0';
	len = strlen(text);
	s->n_errors += line->level == LOG_LEVEL_ERROR;
	phase = s->phase ? s->phase : phase_of_file(line);
	do
		rule = rules_find(rule + 1, text, len, line->level, phase,
				  &pattern);
	while (rule >= 0 && !has_hint(s, rules_at((size_t)rule)->hint));
	if (rule >= 0)
		take_known(s, rule, pattern, text, line, number);
	else if (line->level == LOG_LEVEL_ERROR && !is_repeated(s, -1, text))
		keep(s, -1, 0, text, line->pid, number);
	if (!s->phase)
		s->phase = phase_of_file(line);
}

void story_free(struct story *s)
{
	while (s->n)
		free(s->line[--s->n].text);
}
