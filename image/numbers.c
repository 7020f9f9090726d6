/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "image/image.h"

enum {
	NUMBER_FIRST = 300, /* the kernel, too, starts over from here */
};

void image_free(struct image_tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->n_tasks; i++)
		free(tree->task[i].thread);
	free(tree->task);
	*tree = (struct image_tree){0};
}

bool image_names(const struct image_tree *tree, pid_t id)
{
	for (size_t i = 0; i < tree->n_tasks; i++) {
		const struct image_task *t = &tree->task[i];

		if (t->pid == id || t->pgid == id || t->sid == id)
			return true;
		for (size_t j = 0; j < t->n_threads; j++)
			if (t->thread[j] == id)
				return true;
	}
	return false;
}

pid_t image_highest(const struct image_tree *tree)
{
	pid_t top = 0;

	for (size_t i = 0; i < tree->n_tasks; i++) {
		const struct image_task *t = &tree->task[i];

		top = t->pid > top ? t->pid : top;
		top = t->pgid > top ? t->pgid : top;
		top = t->sid > top ? t->sid : top;
		for (size_t j = 0; j < t->n_threads; j++)
			top = t->thread[j] > top ? t->thread[j] : top;
	}
	return top;
}

/*
 * CRIU forks a helper for each child of the root whose session is led by
 * another task, and gives it the lowest number above 300 that the images do
 * not name.  So many free numbers are not to be had.
 */
static int64_t numbers_for_criu(const struct image_tree *tree)
{
	int64_t n = 0;

	for (size_t i = 1; i < tree->n_tasks; i++) {
		const struct image_task *t = &tree->task[i];

		n += t->ppid == tree->task[0].pid && t->sid != t->pid &&
		     t->sid != tree->task[0].sid;
	}
	return n;
}

static int numbers_compare(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

pid_t *image_numbers(const struct image_tree *tree, size_t *ret_n)
{
	pid_t *number;
	size_t n = 0;

	for (size_t i = 0; i < tree->n_tasks; i++)
		n += 3 + tree->task[i].n_threads;
	number = calloc(n ? n : 1, sizeof(*number));
	if (!number)
		return NULL;
	n = 0;
	for (size_t i = 0; i < tree->n_tasks; i++) {
		const struct image_task *t = &tree->task[i];

		number[n++] = t->pid;
		number[n++] = t->pgid;
		number[n++] = t->sid;
		for (size_t j = 0; j < t->n_threads; j++)
			number[n++] = t->thread[j];
	}
	qsort(number, n, sizeof(*number), numbers_compare);
	*ret_n = n;
	return number;
}

/* The first gap from NUMBER_FIRST on where @width are left after @spare. */
static pid_t numbers_between(const struct image_tree *tree, int64_t spare,
			     pid_t width, pid_t limit)
{
	int64_t from = NUMBER_FIRST;
	size_t n = 0;
	pid_t *number = image_numbers(tree, &n);

	if (!number)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (number[i] < from)
			continue;
		if (number[i] >= from + spare + width)
			break;
		/* What is free below a gap too narrow goes to CRIU first. */
		spare -= number[i] - from;
		spare = spare > 0 ? spare : 0;
		from = (int64_t)number[i] + 1;
	}
	free(number);
	from += spare;
	return from + width <= limit ? (pid_t)from : 0;
}

pid_t image_gap(const struct image_tree *tree, pid_t width, pid_t limit)
{
	int64_t from = (int64_t)image_highest(tree) + 1;
	int64_t spare = numbers_for_criu(tree);

	if (width <= 0)
		return 0;
	if (spare && from <= NUMBER_FIRST)
		from = NUMBER_FIRST + 1;
	from += spare;
	if (from + width <= limit)
		return (pid_t)from;
	return numbers_between(tree, spare, width, limit);
}
