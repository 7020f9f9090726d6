/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_SWEEP_H
#define IMAGE_SWEEP_H

#include "image/file.h"
#include "image/pages.h"

/**
 * image_sweep - walk over the images that nobody has asked for: sockets, pipes,
 * locks, whatever is there; and over the pagemaps of shared memory.
 */
int image_sweep(struct reading *in, struct pages *pages);

/**
 * image_sweep_no_inventory - say what a directory without inventory.img may be.
 * Returns -ENOENT.
 */
int image_sweep_no_inventory(struct reading *in);

#endif
