/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_PARTS_H
#define IMAGE_PARTS_H

#include <stdbool.h>

/*
 * The files that are an image, and what else lies in its directory.
 */

/* Where the image before waits in a directory that can't be replaced. */
#define IMAGE_OLD "criu-ns.old"
/* ... and is on its way, there or back: some of it is here, some there. */
#define IMAGE_OLD_PART "criu-ns.old.part"

/**
 * image_parts_has - whether CRIU or criu-ns makes a file of this name for an
 * image: *.img, the link to the parent, the record, the note.
 */
bool image_parts_has(const char *name);

/**
 * image_parts_each - call a function for each name in a directory, but "." and
 * "..".
 * @fn: returns 0 or -errno, which ends it
 * Returns 0 or -errno.
 */
int image_parts_each(int dir, int (*fn)(int dir, const char *name, void *arg),
		     void *arg);

/**
 * image_parts_found - whether there is any *.img.
 */
bool image_parts_found(int dir);

/**
 * image_parts_remove - remove what is of the image.
 * Returns 0 or -errno.
 */
int image_parts_remove(int dir);

/**
 * image_parts_move - move what is of the image to a directory beside or inside.
 * Returns 0 or -errno.
 */
int image_parts_move(int dir, int to);

/**
 * image_parts_move_rest - move what is not of the image.
 * @replace: files of the same name over there; otherwise they are removed here
 * Returns 0 or -errno.
 */
int image_parts_move_rest(int dir, int to, bool replace);

#endif
