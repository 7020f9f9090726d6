/* SPDX-License-Identifier: MIT */
#include "explain/rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "explain/match.h"
#include "explain/rules_parts.h"

/*
 * Which patterns may fit is found by eight characters of each, its anchor, so
 * that a line is read once and not once for each pattern.
 */
#define BUCKETS 4096
#define ENTRIES 1024

static const struct rule_part *const part[] = {
	&rules_process, &rules_namespace, &rules_mount,
	&rules_file,	&rules_socket,	  &rules_terminal,
	&rules_image,	&rules_system,	  &rules_fallout,
	NULL,
};

struct entry {
	uint64_t anchor;
	uint16_t next; /* in its bucket, from 1 */
	uint16_t rule;
	uint8_t pattern;
};

static struct entry entry[ENTRIES];
static uint16_t bucket[BUCKETS];
static size_t n_entries;
static bool hint_first[256];

const struct rule *rules_at(size_t number)
{
	size_t i;

	for (i = 0; part[i]; i++) {
		if (number < part[i]->n)
			return &part[i]->rule[number];
		number -= part[i]->n;
	}
	return NULL;
}

static size_t hash(uint64_t anchor)
{
	return (size_t)((anchor * UINT64_C(0x9e3779b97f4a7c15)) >> 52);
}

static void add_pattern(size_t rule, size_t pattern, const char *text)
{
	const char *anchor = match_anchor(text);
	struct entry *e = &entry[n_entries];
	size_t h;

	if (!anchor || n_entries == ENTRIES)
		return;
	memcpy(&e->anchor, anchor, sizeof(e->anchor));
	h = hash(e->anchor);
	e->rule = (uint16_t)rule;
	e->pattern = (uint8_t)pattern;
	e->next = bucket[h];
	bucket[h] = (uint16_t)++n_entries;
}

static void make_index(void)
{
	const struct rule *r;
	size_t i, j;

	for (i = 0; (r = rules_at(i)); i++) {
		for (j = 0; j < RULE_PATTERNS && r->pattern[j]; j++)
			add_pattern(i, j, r->pattern[j]);
		if (r->weight == RULE_HINT && r->pattern[0])
			hint_first[(unsigned char)r->pattern[0][1]] = true;
	}
}

bool rules_hint_start(const char *text, size_t len)
{
	if (!n_entries)
		make_index();
	return len && hint_first[(unsigned char)*text];
}

static bool fits(const struct rule *r, enum log_level level,
		 enum rule_phase phase)
{
	if (level == LOG_LEVEL_REST && r->weight != RULE_HINT)
		return false;
	return !r->phase || !phase || r->phase == phase;
}

int rules_find(int from, const char *text, size_t len, enum log_level level,
	       enum rule_phase phase, size_t *ret_pattern)
{
	int best = -1;
	uint64_t word;
	size_t i, e;

	if (!n_entries)
		make_index();
	for (i = 0; i + sizeof(word) <= len; i++) {
		memcpy(&word, text + i, sizeof(word));
		for (e = bucket[hash(word)]; e; e = entry[e - 1].next) {
			const struct entry *at = &entry[e - 1];
			const struct rule *r;

			if (at->anchor != word || at->rule < from ||
			    (best >= 0 && at->rule > best))
				continue;
			r = rules_at(at->rule);
			if ((at->rule == best && at->pattern >= *ret_pattern) ||
			    !fits(r, level, phase) ||
			    !match_text(r->pattern[at->pattern], text, NULL))
				continue;
			best = at->rule;
			*ret_pattern = at->pattern;
		}
	}
	return best;
}
