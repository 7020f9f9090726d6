/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_PAGES_H
#define IMAGE_PAGES_H

#include "image/file.h"

struct pages_want {
	const struct kind *kind;
	uint64_t number;
};

/* Pagemaps that were read, and what they leave to others. */
struct pages {
	struct set ids; /* of pages files: each belongs to one pagemap */
	struct pages_want *parent; /* what is needed in the parent directory */
	size_t n_parent;
	size_t room;
	bool lazy; /* there are pages that no directory has */
};

/**
 * image_pages_check - read a pagemap, and see that its pages file is long
 * enough.
 * @kind: KIND_PAGEMAP with a pid as @number, or KIND_PAGEMAP_SHMEM
 */
int image_pages_check(struct reading *in, struct pages *pages,
		      const struct kind *kind, uint64_t number);

/**
 * image_pages_check_parents - follow incremental dumps down to where their
 * pages are.
 */
int image_pages_check_parents(struct reading *in, struct pages *pages);
void image_pages_free(struct pages *pages);

#endif
