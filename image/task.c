/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "image/task.h"

/* As in CRIU's compel/include/uapi/task-state.h. */
enum {
	STATE_ALIVE = 1,
	STATE_DEAD = 2,
	STATE_STOPPED = 3,
	STATE_ZOMBIE = 6,
};

/* The status of a mapping, as in CRIU's criu/include/image.h. */
enum {
	VMA_ANON_SHARED = 1 << 8,
	VMA_SYSVIPC = 1 << 10,
};

static int task_damaged(struct reading *in, enum kind_index kind,
			uint64_t number)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%" PRIu64 ".img",
		 image_kinds[kind].name, number);
	return image_reading_fail(in, EBADMSG, name,
				  "lacks what it has to say");
}

static int task_core(struct reading *in, struct image_tree *tree,
		     struct image_task *task)
{
	bool root = task == tree->task;
	Image__Core *core;
	uint32_t state;
	int err = image_file_only(in, &image_kinds[KIND_CORE],
				  (uint64_t)task->pid, &image__core__descriptor,
				  &core);

	if (err)
		return err;
	state = core->tc ? core->tc->task_state : 0;
	task->zombie = state == STATE_DEAD || state == STATE_ZOMBIE;
	if ((!task->zombie && state != STATE_ALIVE && state != STATE_STOPPED) ||
	    (!task->zombie && !core->thread_core) || (root && task->zombie))
		return task_damaged(in, KIND_CORE, (uint64_t)task->pid);
	if (task->zombie)
		task->n_threads = 0;
	if (root)
		tree->pdeath_sig = (int)core->thread_core->pdeath_sig;
	return 0;
}

static int task_threads(struct reading *in, const struct image_task *task)
{
	int err = 0;

	for (size_t i = 0; i < task->n_threads && !err; i++) {
		uint64_t tid = (uint64_t)task->thread[i];
		Image__Core *core;

		if (task->thread[i] == task->pid)
			continue;
		if (!tid)
			return image_reading_fail(in, EBADMSG, "pstree.img",
						  "has a damaged task in it");
		err = image_file_only(in, &image_kinds[KIND_CORE], tid,
				      &image__core__descriptor, &core);
		if (!err && !core->thread_core)
			err = task_damaged(in, KIND_CORE, tid);
	}
	return err;
}

static int task_mm(struct reading *in, struct tasks *tasks, uint64_t pid)
{
	Image__Mm *mm;
	int err = image_file_only(in, &image_kinds[KIND_MM], pid,
				  &image__mm__descriptor, &mm);

	if (err)
		return err;
	if (!mm->has_exe_file_id || !mm->n_vmas)
		return task_damaged(in, KIND_MM, pid);
	for (size_t i = 0; i < mm->n_vmas; i++) {
		const Image__Vma *vma = mm->vmas[i];

		if (vma->status & VMA_ANON_SHARED &&
		    !(vma->status & VMA_SYSVIPC) &&
		    image_set_add(&tasks->shmem, vma->shmid) < 0)
			return -ENOMEM;
	}
	return image_pages_check(in, tasks->pages, &image_kinds[KIND_PAGEMAP],
				 pid);
}

static int task_fs(struct reading *in, uint64_t pid)
{
	Image__Fs *fs;
	int err = image_file_only(in, &image_kinds[KIND_FS], pid,
				  &image__fs__descriptor, &fs);

	if (!err && (!fs->has_cwd_id || !fs->has_root_id))
		err = task_damaged(in, KIND_FS, pid);
	return err;
}

static int task_fdinfo(struct reading *in, struct tasks *tasks, uint32_t id)
{
	Image__Descriptor *first;
	int err = image_file_only(in, &image_kinds[KIND_FDINFO], id,
				  &image__descriptor__descriptor, &first);

	if (!err)
		tasks->with_fdinfo++;
	if (err != -ENOENT)
		return err;
	/* CRIU doesn't write one for a task that has no descriptor. */
	if (!tasks->without_fdinfo++)
		tasks->no_fdinfo = id;
	return 0;
}

/*
 * Tasks that share their memory or their descriptors have one image of them
 * between them: memory under the pid of the first, descriptors under a number
 * of the table.
 */
static int task_objects(struct reading *in, struct tasks *tasks,
			const struct image_task *task)
{
	uint64_t pid = (uint64_t)task->pid;
	uint32_t files_id;
	Image__Ids *ids;
	int err = image_file_only(in, &image_kinds[KIND_IDS], pid,
				  &image__ids__descriptor, &ids);

	if (err)
		return err;
	if (!ids->has_vm_id || !ids->has_files_id)
		return task_damaged(in, KIND_IDS, pid);
	if (task == tasks->tree->task)
		tasks->root = *ids;
	files_id = ids->files_id;
	err = image_set_add(&tasks->vm, ids->vm_id);
	if (err > 0)
		err = task_mm(in, tasks, pid);
	if (!err)
		err = image_set_add(&tasks->files, files_id);
	if (err > 0)
		err = task_fdinfo(in, tasks, files_id);
	return err;
}

static int task_check(struct reading *in, struct tasks *tasks,
		      struct image_task *task)
{
	int err = task_core(in, tasks->tree, task);

	if (err || task->zombie)
		return err;
	err = task_threads(in, task);
	if (!err)
		err = task_objects(in, tasks, task);
	if (!err)
		err = task_fs(in, (uint64_t)task->pid);
	return err;
}

static int task_shmem(struct reading *in, struct tasks *tasks)
{
	const struct set *shmem = &tasks->shmem;
	int err = 0;

	for (size_t i = 0; i < shmem->size && !err; i++)
		if (shmem->slot[i])
			err = image_pages_check(
				in, tasks->pages,
				&image_kinds[KIND_PAGEMAP_SHMEM],
				shmem->slot[i] - 1);
	return err;
}

static int task_missing_fdinfo(struct reading *in, const struct tasks *tasks)
{
	char name[64];
	int bare = 0;

	if (!tasks->without_fdinfo)
		return 0;
	if (!tasks->with_fdinfo)
		bare = image_task_bare(in, tasks->tree);
	if (bare < 0)
		return bare;
	if (bare)
		return 0;
	snprintf(name, sizeof(name), "fdinfo-%" PRIu32 ".img",
		 tasks->no_fdinfo);
	return image_reading_fail(in, ENOENT, name, "is missing");
}

int image_task_check_all(struct reading *in, struct tasks *tasks)
{
	struct image_tree *tree = tasks->tree;
	Image__File *first;
	int err = 0;

	for (size_t i = 0; i < tree->n_tasks && !err; i++)
		err = task_check(in, tasks, &tree->task[i]);
	if (!err)
		err = task_shmem(in, tasks);
	if (!err)
		err = image_file_only(in, &image_kinds[KIND_FILES], 0,
				      &image__file__descriptor, &first);
	if (!err)
		err = task_missing_fdinfo(in, tasks);
	return err;
}

void image_task_free(struct tasks *tasks)
{
	image_set_free(&tasks->vm);
	image_set_free(&tasks->files);
	image_set_free(&tasks->shmem);
}
