/* SPDX-License-Identifier: MIT */
#include "explain/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/match.h"

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

/*
 * The values that a template may ask for: of the line itself, then of the
 * hints before it, the nearest first.
 */
struct scene {
	const struct story *story;
	size_t at;
	struct finding *finding; /* gets the values of hints, or NULL */
	char pid[24];
};

static const char *value_of(const struct story_line *l, const char *name,
			    size_t name_len, size_t *ret_len)
{
	struct match_values v;
	size_t i;

	if (l->rule < 0 ||
	    !match_text(rules_at((size_t)l->rule)->pattern[l->pattern], l->text,
			&v))
		return NULL;
	for (i = 0; i < v.n; i++)
		if (v.value[i].name_len == name_len &&
		    !memcmp(v.value[i].name, name, name_len)) {
			*ret_len = v.value[i].len;
			return v.value[i].text;
		}
	return NULL;
}

static bool has_value(const struct finding *f, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < f->n_values; i++)
		if (strlen(f->value[i].name) == len &&
		    !memcmp(f->value[i].name, name, len))
			return true;
	return false;
}

static void add_value(struct finding *f, const char *name, size_t name_len,
		      const char *text, size_t len)
{
	char buf[64];

	if (!f || has_value(f, name, name_len))
		return;
	snprintf(buf, sizeof(buf), "%.*s", (int)name_len, name);
	finding_value(f, buf, "%.*s", (int)len, text);
}

static const char *look_up(const void *from, const char *name, size_t name_len,
			   size_t *ret_len)
{
	const struct scene *scene = from;
	const struct story_line *line = scene->story->line;
	const char *text;
	size_t i;

	text = value_of(&line[scene->at], name, name_len, ret_len);
	for (i = scene->at; !text && i-- > 0;)
		if (line[i].rule >= 0 &&
		    rules_at((size_t)line[i].rule)->weight == RULE_HINT)
			text = value_of(&line[i], name, name_len, ret_len);
	/* On restore the PID in the line is the task that it is about. */
	if (!text && name_len == 4 && !memcmp(name, "task", 4) &&
	    scene->story->phase == PHASE_RESTORE && *scene->pid) {
		text = scene->pid;
		*ret_len = strlen(text);
	}
	if (text)
		add_value(scene->finding, name, name_len, text, *ret_len);
	return text;
}

const char *story_value(const struct story *s, const char *name,
			size_t *ret_len)
{
	const char *text = NULL;
	size_t i;

	for (i = s->n; !text && i-- > 0;)
		text = value_of(&s->line[i], name, strlen(name), ret_len);
	return text;
}

static void free_words(char **word)
{
	size_t i;

	for (i = 0; word && word[i]; i++)
		free(word[i]);
	free(word);
}

/* Words, blanks between them, each a template; NULL: a value is not known. */
static char **expand_words(const char *template, const struct scene *scene)
{
	size_t n = 0, len;
	char **word, *one;

	word = calloc(strlen(template) / 2 + 2, sizeof(*word));
	while (word && *template) {
		len = strcspn(template, " ");
		one = strndup(template, len);
		word[n] = one ? match_expand(one, look_up, scene) : NULL;
		free(one);
		if (!word[n++]) {
			free_words(word);
			return NULL;
		}
		template += len + (template[len] == ' ');
	}
	return word;
}

static char *join(char *const *word)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (; *word; word++)
		fprintf(out, "%s%s", *word, word[1] ? " " : "");
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* The user's command line is not known: the options are named in words. */
static void name_options(struct finding *f, char *const *add)
{
	char *text = *add ? join(add) : NULL;

	if (text && f->cure) {
		char *cure = strdup(f->cure);

		if (cure)
			finding_cure(f, "%s (%s)", cure, text);
		free(cure);
	} else if (text) {
		finding_cure(f, "add %s", text);
	}
	free(text);
}

static void add_command(struct finding *f, const struct rule *r,
			const struct scene *scene, const struct story_how *how)
{
	char **add;

	if (r->command) {
		f->argv = expand_words(r->command, scene);
		return;
	}
	add = r->add ? expand_words(r->add, scene) : NULL;
	if (!add)
		return;
	if (how->command)
		f->argv = how->command(how->self, scene->story->phase, r->drop,
				       add);
	if (!f->argv)
		name_options(f, add);
	free_words(add);
}

static void add_values(struct finding *f, const struct story_line *l)
{
	struct match_values v;
	size_t i;

	if (!match_text(rules_at((size_t)l->rule)->pattern[l->pattern], l->text,
			&v))
		return;
	for (i = 0; i < v.n; i++)
		add_value(f, v.value[i].name, v.value[i].name_len,
			  v.value[i].text, v.value[i].len);
}

static void add_line(struct finding *f, const struct story_line *l)
{
	f->line = strdup(l->text);
	f->line_number = l->number;
}

static void tell_unknown(const struct story_line *l, struct findings *all)
{
	struct finding *f;

	f = finding_add(all, "unexplained", FINDING_UNKNOWN);
	if (!f)
		return;
	finding_cause(f, "%s", l->text);
	if (l->pid)
		finding_value(f, "task", "%ld", l->pid);
	add_line(f, l);
}

static void tell_known(const struct story *s, size_t at,
		       enum finding_weight weight, const struct story_how *how,
		       struct findings *all)
{
	const struct story_line *l = &s->line[at];
	const struct rule *r = rules_at((size_t)l->rule);
	struct scene scene = {.story = s, .at = at};
	struct finding *f;

	f = finding_add(all, r->id, weight);
	if (!f)
		return;
	scene.finding = f;
	if (l->pid)
		snprintf(scene.pid, sizeof(scene.pid), "%ld", l->pid);
	add_values(f, l);
	if (r->cause)
		f->cause = match_expand(r->cause, look_up, &scene);
	if (!f->cause)
		finding_cause(f, "%s", l->text);
	if (weight == FINDING_CAUSE) {
		if (r->cure)
			f->cure = match_expand(r->cure, look_up, &scene);
		add_command(f, r, &scene, how);
		f->reference = r->reference;
	}
	add_line(f, l);
}

/* What the lines are when seen together. */
struct verdict {
	bool cause;	    /* a cause is among them */
	size_t first_cause; /* where */
	bool unknown;	    /* an error that no rule knows */
	size_t first_unknown;
	bool general; /* a general cause was told already */
};

static enum rule_weight weight_of(const struct story *s, size_t i)
{
	return rules_at((size_t)s->line[i].rule)->weight;
}

static struct verdict judge(const struct story *s)
{
	struct verdict v = {.first_cause = s->n, .first_unknown = s->n};
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->line[i].rule < 0) {
			if (!v.unknown)
				v.first_unknown = i;
			v.unknown = true;
		} else if (weight_of(s, i) == RULE_CAUSE && !v.cause) {
			v.cause = true;
			v.first_cause = i;
		}
	}
	return v;
}

/* In a run that succeeds nothing is a cause. */
static enum finding_weight finding_weight_of(const struct story *s, size_t i,
					     struct verdict *v)
{
	if (s->line[i].rule < 0)
		return s->succeeded ? FINDING_NOISE : FINDING_UNKNOWN;
	switch (weight_of(s, i)) {
	case RULE_CAUSE:
		return s->succeeded ? FINDING_NOISE : FINDING_CAUSE;
	case RULE_GENERAL:
		if (s->succeeded)
			return FINDING_NOISE;
		if (v->cause || v->general || v->first_unknown < i)
			return FINDING_FALLOUT;
		v->general = true;
		return FINDING_CAUSE;
	case RULE_LOSS:
		return FINDING_LOSS;
	case RULE_FALLOUT:
		return s->succeeded ? FINDING_NOISE : FINDING_FALLOUT;
	case RULE_NOISE:
	case RULE_HINT:
		break;
	}
	return FINDING_NOISE;
}

/* @values of a line that follows go to what it is about, too. */
static void refine(const struct story_line *l, struct findings *all)
{
	const struct rule *r = rules_at((size_t)l->rule);
	size_t i;

	for (i = all->n; r->refines && i-- > 0;)
		if (!strcmp(all->list[i].id, r->refines)) {
			add_values(&all->list[i], l);
			return;
		}
}

static bool is_hint(const struct story *s, size_t i)
{
	return s->line[i].rule >= 0 && weight_of(s, i) == RULE_HINT;
}

static void tell(const struct story *s, size_t i, enum finding_weight weight,
		 const struct story_how *how, struct findings *all)
{
	if (s->line[i].rule < 0 && weight == FINDING_UNKNOWN)
		tell_unknown(&s->line[i], all);
	else if (s->line[i].rule >= 0)
		tell_known(s, i, weight, how, all);
}

size_t story_tell(const struct story *s, const struct story_how *how,
		  struct findings *all)
{
	struct verdict v = judge(s);
	enum finding_weight weight;
	size_t i, causes = 0;

	for (i = 0; i < s->n; i++) {
		if (is_hint(s, i))
			continue;
		weight = finding_weight_of(s, i, &v);
		causes += weight == FINDING_CAUSE;
		if (how->all || weight == FINDING_CAUSE)
			tell(s, i, weight, how, all);
		if (weight == FINDING_FALLOUT)
			refine(&s->line[i], all);
	}
	/* Errors that no rule knows count when they came first. */
	for (i = 0; !how->all && i < s->n && i < v.first_cause; i++)
		if (s->line[i].rule < 0 && !s->succeeded)
			tell_unknown(&s->line[i], all);
	return causes;
}
