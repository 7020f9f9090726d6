/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "image/files.h"
#include "image/task.h"

/* The status of a mapping, as in CRIU's criu/include/image.h. */
enum {
	VMA_FILE_PRIVATE = 1 << 6,
	VMA_FILE_SHARED = 1 << 7,
};

static int bare_mapped(struct reading *in, struct set *files, uint64_t pid)
{
	Image__Mm *mm;
	int err = image_file_only(in, &image_kinds[KIND_MM], pid,
				  &image__mm__descriptor, &mm);

	if (err)
		return err;
	err = image_set_add(files, mm->exe_file_id);
	for (size_t i = 0; i < mm->n_vmas && err >= 0; i++)
		if (mm->vmas[i]->status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED))
			err = image_set_add(files, mm->vmas[i]->shmid);
	return err < 0 ? err : 0;
}

/* Files that a task has without a descriptor. */
static int bare_files(struct reading *in, struct set *files, uint64_t pid)
{
	Image__Fs *fs;
	int err = bare_mapped(in, files, pid);

	/* Its memory is another task's: see task_objects(). */
	if (err && err != -ENOENT)
		return err;
	err = image_file_only(in, &image_kinds[KIND_FS], pid,
			      &image__fs__descriptor, &fs);
	if (err)
		return err;
	err = image_set_add(files, fs->cwd_id);
	if (err >= 0)
		err = image_set_add(files, fs->root_id);
	return err < 0 ? err : 0;
}

static int bare_known(struct file *file, const Image__File *entry, void *files)
{
	(void)file;
	return image_set_has(files, entry->id);
}

int image_task_bare(struct reading *in, const struct image_tree *tree)
{
	struct set files = {0};
	int err = 0;

	for (size_t i = 0; i < tree->n_tasks && !err; i++)
		if (!tree->task[i].zombie)
			err = bare_files(in, &files,
					 (uint64_t)tree->task[i].pid);
	/* Stopped at the first that is none of these. */
	if (!err)
		err = image_files_walk(in, bare_known, &files);
	image_set_free(&files);
	return err < 0 ? err : !err;
}
