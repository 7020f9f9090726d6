/* SPDX-License-Identifier: MIT */
#include "exec/typed.h"

#include <stdlib.h>
#include <string.h>

/* Whether a word stands for an option (or its value) to be left out. */
static bool is_dropped(const struct argv *a, const char *drop, int word)
{
	const struct argv_option *o;
	size_t i;

	for (i = 0; drop && i < a->n_options; i++) {
		o = &a->option[i];
		if (!strcmp(o->row->name, drop) && o->n_words &&
		    word >= o->word && word < o->word + o->n_words)
			return true;
	}
	return false;
}

/* An option without a value that was given already will not help again. */
static bool changes(const struct argv *a, const char *drop, char *const *add)
{
	size_t i;

	if (!*add)
		return false;
	for (i = 0; !drop && !add[1] && i < a->n_options; i++)
		if (!a->option[i].value && !a->option[i].negated &&
		    !strncmp(*add, "--", 2) &&
		    !strcmp(*add + 2, a->option[i].row->name))
			return false;
	return true;
}

static bool put(char **list, size_t *n, const char *word)
{
	list[*n] = strdup(word);
	return list[(*n)++] != NULL;
}

char **typed_command(const struct argv *a, const char *drop, char *const *add)
{
	size_t n_add = 0, n = 0, i;
	bool added = false, whole = true;
	char **list;
	int word;

	if (!a->n_typed || !changes(a, drop, add))
		return NULL;
	while (add[n_add])
		n_add++;
	list = calloc((size_t)a->n_typed + n_add + 1, sizeof(*list));
	if (!list)
		return NULL;
	for (word = 0; word <= a->n_typed; word++) {
		if (!added && (word == a->n_typed ||
			       (a->end_word && word == a->end_word))) {
			for (i = 0; i < n_add; i++)
				whole &= put(list, &n, add[i]);
			added = true;
		}
		if (word < a->n_typed && !is_dropped(a, drop, word))
			whole &= put(list, &n, a->typed[word]);
	}
	if (whole)
		return list;
	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return NULL;
}
