/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/argv.h"

struct scan {
	struct argv *ret;
	char *const *word; /* the words that are still to be read */
	int n_words;
	char *why;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct scan *s,
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->why, ARGV_WHY, format, args);
	va_end(args);
	return -EINVAL;
}

static const char *next_word(struct scan *s)
{
	if (!s->n_words)
		return NULL;
	s->n_words--;
	return *s->word++;
}

static int add_option(struct argv *a, const struct option_row *row,
		      bool negated, const char *value)
{
	struct argv_option *grown, *o;
	char *copy = NULL;

	grown = reallocarray(a->option, a->n_options + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	a->option = grown;
	if (value) {
		copy = strdup(value);
		if (!copy)
			return -ENOMEM;
	}
	o = &a->option[a->n_options++];
	*o = (struct argv_option){
		.row = row, .negated = negated, .value = copy};
	return 0;
}

static int add_operand(struct argv *a, const char *word)
{
	char *copy, **grown;

	copy = strdup(word);
	if (!copy)
		return -ENOMEM;
	if (!a->action) {
		a->action = copy;
		return 0;
	}
	grown = reallocarray(a->operand, a->n_operands + 2, sizeof(*grown));
	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	a->operand = grown;
	a->operand[a->n_operands++] = copy;
	a->operand[a->n_operands] = NULL;
	return 0;
}

/* The options from @first on were typed in the words from @word on. */
static void note_words(struct scan *s, size_t first, char *const *word)
{
	struct argv *a = s->ret;
	bool alone = a->n_options == first + 1;
	size_t i;

	for (i = first; i < a->n_options; i++) {
		a->option[i].word = (int)(word - a->typed);
		a->option[i].n_words = alone ? (int)(s->word - word) : 0;
	}
}

static int refuse_ambiguous(struct scan *s, const char *name, size_t len)
{
	const struct option_row *row;
	char *end = s->why + ARGV_WHY, *p = s->why;

	p += snprintf(p, end - p, "option '--%.*s' is ambiguous: it may mean",
		      (int)len, name);
	for (row = option_table; row->name; row++) {
		for (int negated = 0; negated <= 1; negated++) {
			if (!option_fits(row, negated, name, len))
				continue;
			if (end - p < 64) {
				snprintf(p, end - p, " ...");
				return -EINVAL;
			}
			p += snprintf(p, end - p, " --%s%s",
				      negated ? "no-" : "", row->name);
		}
	}
	return -EINVAL;
}

static int take_long(struct scan *s, const char *word)
{
	const char *name = word + strlen("--"), *value = NULL;
	const struct option_row *row;
	size_t len = strcspn(name, "=");
	bool negated;

	if (name[len])
		value = name + len + 1;
	row = option_by_name(name, len, &negated);
	if (!row && errno == EEXIST)
		return refuse_ambiguous(s, name, len);
	if (!row)
		return refuse(s, "option '--%.*s' is unknown", (int)len, name);
	if (row->arg == ARG_NONE && value)
		return refuse(s, "option '--%.*s' takes no value", (int)len,
			      name);
	if (row->arg == ARG_REQUIRED && !value) {
		value = next_word(s);
		if (!value)
			return refuse(s, "option '%s' needs a value", word);
	}
	return add_option(s->ret, row, negated, value);
}

static int take_letters(struct scan *s, const char *word)
{
	const struct option_row *row;
	const char *letter, *value;
	int r;

	for (letter = word + 1; *letter; letter++) {
		row = option_by_letter(*letter);
		if (!row)
			return refuse(s, "option '-%c' is unknown", *letter);
		if (row->arg != ARG_NONE)
			break;
		r = add_option(s->ret, row, false, NULL);
		if (r < 0)
			return r;
	}
	if (!*letter)
		return 0;

	/* The rest of the word is the value, "-vd" is verbosity "d". */
	value = letter[1] ? letter + 1 : NULL;
	if (row->arg == ARG_REQUIRED && !value) {
		value = next_word(s);
		if (!value)
			return refuse(s, "option '-%c' needs a value", *letter);
	}
	return add_option(s->ret, row, false, value);
}

static int take_all(struct scan *s)
{
	bool strict = getenv("POSIXLY_CORRECT"), only_operands = false;
	const char *word;
	size_t first;
	int r;

	while ((word = next_word(s))) {
		char *const *at = s->word - 1;

		first = s->ret->n_options;
		if (only_operands || word[0] != '-' || !word[1]) {
			r = add_operand(s->ret, word);
			/* What follows is the command's own. */
			only_operands |=
				strict || (s->ret->n_operands &&
					   !strcmp(s->ret->action, "run"));
		} else if (word[1] != '-') {
			r = take_letters(s, word);
		} else if (word[2]) {
			r = take_long(s, word);
		} else {
			r = 0;
			only_operands = true;
			s->ret->end_word = (int)(at - s->ret->typed);
		}
		if (r < 0)
			return r;
		note_words(s, first, at);
	}
	return 0;
}

int argv_parse(struct argv *ret, int argc, char *const *argv, char *why)
{
	struct scan s = {.ret = ret, .why = why};
	int r;

	*ret = (struct argv){.typed = argv, .n_typed = argc};
	if (argc > 1) {
		s.word = argv + 1;
		s.n_words = argc - 1;
	}
	ret->operand = calloc(1, sizeof(*ret->operand));
	r = ret->operand ? take_all(&s) : -ENOMEM;
	if (r == -ENOMEM)
		snprintf(why, ARGV_WHY, "out of memory");
	return r;
}

int argv_append(struct argv *a, const char *name, bool negated,
		const char *value)
{
	const struct option_row *row;

	for (row = option_table; row->name; row++)
		if (!strcmp(row->name, name) && (!negated || row->negatable))
			return add_option(a, row, negated, value);
	return -ENOENT;
}

int argv_insert(struct argv *a, struct argv *from)
{
	size_t n = a->n_options + from->n_options;
	struct argv_option *grown;

	if (!from->n_options)
		return 0;
	grown = reallocarray(a->option, n, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	a->option = grown;
	grown += a->n_configured;
	memmove(grown + from->n_options, grown,
		(a->n_options - a->n_configured) * sizeof(*grown));
	memcpy(grown, from->option, from->n_options * sizeof(*grown));
	a->n_options = n;
	a->n_configured += from->n_options;
	free(from->option);
	from->option = NULL;
	from->n_options = 0;
	return 0;
}

const struct argv_option *argv_find(const struct argv *a, enum option_id id)
{
	for (size_t i = a->n_options; i-- > 0;)
		if (a->option[i].row->id == id)
			return &a->option[i];
	return NULL;
}

const char *argv_last(const struct argv *a, enum option_id id)
{
	const struct argv_option *o = argv_find(a, id);

	return o ? o->value : NULL;
}

bool argv_flag(const struct argv *a, enum option_id id)
{
	const struct argv_option *o = argv_find(a, id);

	return o && !o->negated;
}

void argv_drop(struct argv *a, enum option_id id)
{
	size_t n_kept = 0, n_configured = a->n_configured;

	for (size_t i = 0; i < a->n_options; i++) {
		if (a->option[i].row->id == id) {
			free(a->option[i].value);
			a->n_configured -= i < n_configured;
		} else {
			a->option[n_kept++] = a->option[i];
		}
	}
	a->n_options = n_kept;
}

int argv_set_value(struct argv_option *o, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(o->value);
	o->value = copy;
	return 0;
}

static char *spell(const struct argv_option *o)
{
	char *word;

	if (asprintf(&word, "--%s%s%s%s", o->negated ? "no-" : "", o->row->name,
		     o->value ? "=" : "", o->value ? o->value : "") < 0)
		return NULL;
	return word;
}

/* Puts a new word, or NULL for want of memory, at the end of a vector. */
static bool put(char **v, size_t *n, char *word)
{
	v[*n] = word;
	if (!word)
		return false;
	(*n)++;
	return true;
}

char **argv_build(const struct argv *a, const char *program)
{
	size_t n = 0;
	char **v;

	v = calloc(a->n_options + a->n_operands + 4, sizeof(*v));
	if (!v)
		return NULL;
	if (!put(v, &n, strdup(program)))
		goto fail;
	if (a->action && !put(v, &n, strdup(a->action)))
		goto fail;
	for (size_t i = 0; i < a->n_options; i++)
		if (!a->option[i].row->ours &&
		    !put(v, &n, spell(&a->option[i])))
			goto fail;
	if (a->n_operands && !put(v, &n, strdup("--")))
		goto fail;
	for (size_t i = 0; i < a->n_operands; i++)
		if (!put(v, &n, strdup(a->operand[i])))
			goto fail;
	return v;
fail:
	argv_build_free(v);
	return NULL;
}

void argv_build_free(char **v)
{
	if (!v)
		return;
	for (char **word = v; *word; word++)
		free(*word);
	free(v);
}

void argv_free(struct argv *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n_options; i++)
		free(a->option[i].value);
	for (size_t i = 0; i < a->n_operands; i++)
		free(a->operand[i]);
	free(a->option);
	free(a->operand);
	free(a->action);
	*a = (struct argv){0};
}
