/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_TERMINAL_H
#define IMAGE_TERMINAL_H

#include "image/reading.h"

/**
 * image_terminal_outside - fill in terminal and terminal_number: whether the
 * tree has a terminal of somebody else: a pty's slave that is alive, without
 * its master. Returns 0 or -errno.
 */
int image_terminal_outside(struct reading *in, struct image_tree *ret);

#endif
