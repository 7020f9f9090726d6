/* SPDX-License-Identifier: MIT */
#include "image/files.h"

int image_files_walk(struct reading *in,
		     int (*step)(struct file *file, const Image__File *entry,
				 void *data),
		     void *data)
{
	Image__File *entry;
	struct file file;
	int got = image_file_open(&file, in, &image_kinds[KIND_FILES], 0);
	int more = 1;

	if (got)
		return got;
	while (more > 0) {
		got = image_file_message(&file, &image__file__descriptor,
					 &entry);
		if (got <= 0)
			break;
		more = step(&file, entry, data);
	}
	image_file_close(&file);
	if (got < 0 || more < 0)
		return got < 0 ? got : more;
	return !more;
}
