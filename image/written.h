/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_WRITTEN_H
#define IMAGE_WRITTEN_H

#include "image/contents.h"

/*
 * The regular files that a tree had open, or mapped, to write to them.
 */

struct image_written {
	const char *path; /* absolute; of the contents */
	uint32_t id;
	uint64_t size; /* at the dump; unless it is exact, how far the tree had
			  appended to it itself */
	bool exact;
	bool inside; /* on a mount that the image brings along */
};

/**
 * image_written_only_appends - whether a file was open in the way of a log,
 * O_WRONLY | O_APPEND: CRIU keeps no size of these, and compares none.
 */
bool image_written_only_appends(const struct image_file *f);

/**
 * image_written_open - whether something with a path was open, or mapped, to be
 * written: a file or a device.
 */
bool image_written_open(const struct image_file *f);

/**
 * image_written_to - whether a regular file was open, or mapped, to be written.
 */
bool image_written_to(const struct image_file *f);

/**
 * image_written - list them, each path once, in the order of their paths.
 * @c: with .tree.namespaces filled in, as image_read() does it
 * @ret: @ret_n of them; the caller frees the list
 *
 * Left out is what a restore does not open by a path: deleted files whose
 * contents are in the image, what --external has left out, files in /proc/PID.
 * One that a link of CRIU's keeps is listed by the path of the link.
 *
 * Returns 0 or -ENOMEM.
 */
int image_written(const struct image_contents *c, struct image_written **ret,
		  size_t *ret_n);

#endif
