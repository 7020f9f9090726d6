/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_READING_H
#define IMAGE_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "image/arena.h"
#include "image/image.h"
#include "image/kind.h"
#include "image/set.h"

enum {
	READING_WINDOW = 64 << 10, /* most images fit: one read(2) each */
};

/* What the files of one image_read() have in common. */
struct reading {
	int dir;    /* where they are; not ours */
	int depth;  /* how many parent directories below the first */
	bool plain; /* images of version 1: no common magic in front */
	unsigned char *buffer;
	size_t buffer_size;
	struct arena arena;
	struct set seen; /* what was read: image_reading_seen() */
	struct image_problem *problem;
};

int image_reading_init(struct reading *in, int dir,
		       struct image_problem *problem);
void image_reading_free(struct reading *in);

/**
 * image_reading_note - remember that a file was opened as an image of this
 * kind.
 */
int image_reading_note(struct reading *in, const struct kind *kind,
		       ino_t inode);

/**
 * image_reading_seen - whether it was.
 */
bool image_reading_seen(const struct reading *in, const struct kind *kind,
			ino_t inode);

/**
 * image_reading_fail - fill in the problem; @file belongs to the current
 * directory. Returns -@err.
 */
__attribute__((format(printf, 4, 5))) int
image_reading_fail(struct reading *in, int err, const char *file,
		   const char *text, ...);

/**
 * image_reading_errno - image_reading_fail() with "can't be @what: error text".
 */
int image_reading_errno(struct reading *in, int err, const char *file,
			const char *what);

#endif
