/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_PSTREE_H
#define IMAGE_PSTREE_H

#include "image/file.h"

/**
 * image_pstree_read - read pstree.img: who was there, and whose child.
 * @tree: its tasks are filled in; image_free() it, also after an error
 *
 * As CRIU wants it: the root first, parents before their children, no number
 * twice.
 */
int image_pstree_read(struct reading *in, struct image_tree *tree);

#endif
