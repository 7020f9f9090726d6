/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_TASK_H
#define IMAGE_TASK_H

#include "image/file.h"
#include "image/pages.h"
#include "image/records.pb-c.h"

/* What is known of the tasks that were looked at so far. */
struct tasks {
	struct image_tree *tree;
	struct pages *pages;
	Image__Ids root;      /* the root's kernel objects */
	struct set vm, files; /* objects that have had their images read */
	struct set shmem;     /* shared memory that has to have a pagemap */
	size_t with_fdinfo, without_fdinfo;
	uint32_t no_fdinfo; /* number of the first that isn't there */
};

/**
 * image_task_check_all - read what each task of the tree has to have.
 * @tasks: with tree and pages set, else zeroes; image_task_free() it
 *
 * Fills in which tasks are zombies and the root's parent death signal.
 */
int image_task_check_all(struct reading *in, struct tasks *tasks);
void image_task_free(struct tasks *tasks);

/**
 * image_task_bare - whether no task of the tree had a descriptor: files.img
 * holds executables, mapped files and directories, and nothing else. Returns 1,
 * 0 or -errno.
 */
int image_task_bare(struct reading *in, const struct image_tree *tree);

#endif
