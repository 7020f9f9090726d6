/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_KIND_H
#define IMAGE_KIND_H

#include <stdbool.h>
#include <stdint.h>

struct file;

/*
 * A kind of image file: how it is called, the number that it starts with, and
 * what stands between its records.  Raw kinds (pages, tar archives, what ip(8)
 * and iptables(8) say) have no magic and no records and are not listed.
 */
struct kind {
	const char *name; /* without the number and ".img" */
	uint32_t magic;
	bool numbered; /* NAME-NUMBER.img */

	/* walks over a record and the bytes that belong to it: 1, 0 at the
	 * end, -errno; NULL: a record is all there is */
	int (*next)(struct file *file);
};

enum kind_index {
	KIND_INVENTORY,
	KIND_PSTREE,
	KIND_CORE,
	KIND_IDS,
	KIND_MM,
	KIND_FS,
	KIND_FDINFO,
	KIND_FILES,
	KIND_PAGEMAP,
	KIND_PAGEMAP_SHMEM,
	KIND_TTY_INFO,
	KIND_OTHERS,
};

extern const struct kind image_kinds[];

/**
 * image_kind_of - the kind of a file by its name ("core-12.img"), or NULL.
 * @number: set to the number in it, or 0
 */
const struct kind *image_kind_of(const char *name, uint64_t *number);

/**
 * image_kind_by_magic - the first kind that starts with @magic, or NULL.
 */
const struct kind *image_kind_by_magic(uint32_t magic);

#endif
