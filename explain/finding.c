/* SPDX-License-Identifier: MIT */
#include "explain/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding *finding_add(struct findings *all, const char *id,
			    enum finding_weight weight)
{
	struct finding *list;

	list = realloc(all->list, (all->n + 1) * sizeof(*list));
	if (!list) {
		all->broken = true;
		return NULL;
	}
	all->list = list;
	list[all->n] = (struct finding){.id = id, .weight = weight};
	return &list[all->n++];
}

__attribute__((format(printf, 2, 0))) static void
put(char **text, const char *fmt, va_list args)
{
	char *made;

	if (vasprintf(&made, fmt, args) < 0)
		return;
	free(*text);
	*text = made;
}

void finding_cause(struct finding *f, const char *fmt, ...)
{
	va_list args;

	if (!f)
		return;
	va_start(args, fmt);
	put(&f->cause, fmt, args);
	va_end(args);
}

void finding_cure(struct finding *f, const char *fmt, ...)
{
	va_list args;

	if (!f)
		return;
	va_start(args, fmt);
	put(&f->cure, fmt, args);
	va_end(args);
}

void finding_value(struct finding *f, const char *name, const char *fmt, ...)
{
	struct finding_value *value;
	va_list args;

	if (!f)
		return;
	value = realloc(f->value, (f->n_values + 1) * sizeof(*value));
	if (!value)
		return;
	f->value = value;
	value += f->n_values;
	value->name = strdup(name);
	value->text = NULL;
	va_start(args, fmt);
	put(&value->text, fmt, args);
	va_end(args);
	if (value->name && value->text) {
		f->n_values++;
		return;
	}
	free(value->name);
	free(value->text);
}

static void free_argv(char **argv)
{
	size_t i;

	for (i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

void finding_command(struct finding *f, const char *const *base, size_t n_more,
		     ...)
{
	size_t n_base = 0, i;
	va_list args;
	char **argv;

	if (!f)
		return;
	while (base && base[n_base])
		n_base++;
	argv = calloc(n_base + n_more + 1, sizeof(*argv));
	if (!argv)
		return;
	va_start(args, n_more);
	for (i = 0; i < n_base + n_more; i++) {
		argv[i] = strdup(i < n_base ? base[i]
					    : va_arg(args, const char *));
		if (!argv[i])
			break;
	}
	va_end(args);
	/* A command that lacks a word would do something else. */
	if (i < n_base + n_more) {
		free_argv(argv);
		return;
	}
	free_argv(f->argv);
	f->argv = argv;
}

void finding_no_command(struct finding *f)
{
	free_argv(f->argv);
	f->argv = NULL;
}

static void free_one(struct finding *f)
{
	size_t i;

	for (i = 0; i < f->n_values; i++) {
		free(f->value[i].name);
		free(f->value[i].text);
	}
	free(f->value);
	free(f->cause);
	free(f->cure);
	free(f->line);
	free_argv(f->argv);
}

void finding_replace(struct findings *all, size_t at, struct findings *with)
{
	size_t n = all->n - 1 + with->n;
	struct finding *list, *old;

	list = reallocarray(all->list, n, sizeof(*list));
	if (!list) {
		finding_free(with);
		return;
	}
	all->list = list;
	old = &list[at];
	free(with->list[0].line);
	with->list[0].line = old->line;
	with->list[0].line_number = old->line_number;
	old->line = NULL;
	free_one(old);
	memmove(&list[at + with->n], &list[at + 1],
		(all->n - at - 1) * sizeof(*list));
	memcpy(&list[at], with->list, with->n * sizeof(*list));
	all->n = n;
	free(with->list);
	*with = (struct findings){0};
}

void finding_free(struct findings *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free_one(&all->list[i]);
	free(all->list);
	*all = (struct findings){0};
}
