/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_FILES_H
#define IMAGE_FILES_H

#include "image/file.h"
#include "image/records.pb-c.h"

/**
 * image_files_walk - go over files.img, which has an entry for each open file,
 * mapped file, executable and directory of the tree.
 * @step: gets each entry, valid until it returns; returns 1 to go on, 0 to stop
 * here, -errno with the problem filled in
 *
 * Returns 1 when @step has stopped, 0 at the end, or -errno.
 */
int image_files_walk(struct reading *in,
		     int (*step)(struct file *file, const Image__File *entry,
				 void *data),
		     void *data);

#endif
