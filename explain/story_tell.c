/* SPDX-License-Identifier: MIT */
#include "explain/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/match.h"

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
			finding_cure(f, "%s: add %s", cure, text);
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
