/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "image/set.h"

static uint64_t set_hash(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* The slot where @number is, or where it belongs.  Never full: see
 * image_set_add. */
static uint64_t *set_slot(const struct set *set, uint64_t number)
{
	size_t mask = set->size - 1;
	size_t at = set_hash(number) & mask;

	while (set->slot[at] && set->slot[at] != number + 1)
		at = (at + 1) & mask;
	return &set->slot[at];
}

static int set_grow(struct set *set)
{
	struct set bigger = {.size = set->size ? set->size * 2 : 64};

	bigger.slot = calloc(bigger.size, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < set->size; i++)
		if (set->slot[i])
			*set_slot(&bigger, set->slot[i] - 1) = set->slot[i];
	bigger.n = set->n;
	free(set->slot);
	*set = bigger;
	return 0;
}

int image_set_add(struct set *set, uint64_t number)
{
	uint64_t *slot;

	if (set->n >= set->size / 2) {
		int err = set_grow(set);

		if (err)
			return err;
	}
	slot = set_slot(set, number);
	if (*slot)
		return 0;
	*slot = number + 1;
	set->n++;
	return 1;
}

bool image_set_has(const struct set *set, uint64_t number)
{
	return set->size && *set_slot(set, number);
}

void image_set_free(struct set *set)
{
	free(set->slot);
	*set = (struct set){0};
}
