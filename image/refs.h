/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_REFS_H
#define IMAGE_REFS_H

struct file;

/*
 * Records that name another file, which then has to be there.  Each walks over
 * one record: 1; 0 at the end of the file; -errno.
 */

/* remap-fpath.img: the contents of deleted files */
int image_refs_remap(struct file *file);

/* memfd.img: what the memory files hold */
int image_refs_memfd(struct file *file);

#endif
