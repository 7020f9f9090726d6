/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_SET_H
#define IMAGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of numbers below UINT64_MAX; zeroes are an empty one. */
struct set {
	uint64_t *slot; /* number + 1, or 0 */
	size_t n, size;
};

/**
 * image_set_add - Returns 1 when @number is new, 0 when it was there, -ENOMEM.
 */
int image_set_add(struct set *set, uint64_t number);
bool image_set_has(const struct set *set, uint64_t number);
void image_set_free(struct set *set);

#endif
