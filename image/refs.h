/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_REFS_H
#define IMAGE_REFS_H

struct file;
struct reading;

/*
 * Records that name another file, which then has to be there.  Each walks over
 * one record: 1; 0 at the end of the file; -errno.
 */

/* remap-fpath.img: the contents of deleted files */
int image_refs_remap(struct file *file);

/* memfd.img: what the memory files hold */
int image_refs_memfd(struct file *file);

/**
 * image_refs_files - see that what open files are made from is there: the files
 * that entries of certain types in files.img need.
 */
int image_refs_files(struct reading *in);

#endif
