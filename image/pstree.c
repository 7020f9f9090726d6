/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "image/pstree.h"
#include "image/records.pb-c.h"

/* What is being built, and the numbers that it has so far. */
struct growing {
	struct image_tree *tree;
	size_t room;
	struct set tasks, threads;
};

static int task_threads(struct file *file, struct growing *tree,
			const Image__Task *record, struct image_task *task)
{
	size_t n = record->n_threads;

	task->thread = calloc(n ? n : 1, sizeof(*task->thread));
	if (!task->thread)
		return -ENOMEM;
	task->n_threads = n;
	for (size_t i = 0; i < n; i++) {
		uint32_t tid = record->threads[i];
		int new;

		task->thread[i] = tid > INT_MAX ? 0 : (pid_t)tid;
		/* CRIU writes what it finds in memory for a zombie's. */
		if (!i && tid != record->pid)
			continue;
		if (!tid || tid > INT_MAX)
			return image_file_fail(file, "has a thread %u in it",
					       tid);
		new = image_set_add(&tree->threads, tid);
		if (new < 0)
			return new;
		if (!new ||
		    (tid != record->pid && image_set_has(&tree->tasks, tid)))
			return image_file_fail(file, "names %u twice", tid);
	}
	return 0;
}

static int task_numbers(struct file *file, struct growing *tree,
			const Image__Task *record, struct image_task *task)
{
	int new;

	if (!record->has_pid || !record->has_ppid || !record->has_pgid ||
	    !record->has_sid || !record->pid || record->pid > INT_MAX ||
	    record->pgid > INT_MAX || record->sid > INT_MAX)
		return image_file_fail(file, "has a damaged task in it");
	if (!record->ppid && tree->tree->n_tasks)
		return image_file_fail(file, "has a second root: %u",
				       record->pid);
	if (record->ppid && !image_set_has(&tree->tasks, record->ppid))
		return image_file_fail(file, "lacks %u, the parent of %u",
				       record->ppid, record->pid);
	new = image_set_add(&tree->tasks, record->pid);
	if (new < 0)
		return new;
	if (!new || image_set_has(&tree->threads, record->pid))
		return image_file_fail(file, "names %u twice", record->pid);
	task->pid = (pid_t)record->pid;
	task->ppid = (pid_t)record->ppid;
	task->pgid = (pid_t)record->pgid;
	task->sid = (pid_t)record->sid;
	return 0;
}

static int pstree_add(struct file *file, struct growing *tree,
		      const Image__Task *record)
{
	struct image_tree *t = tree->tree;
	struct image_task *task;
	int err;

	if (t->n_tasks == tree->room) {
		size_t room = tree->room ? tree->room * 2 : 16;

		task = reallocarray(t->task, room, sizeof(*task));
		if (!task)
			return -ENOMEM;
		t->task = task;
		tree->room = room;
	}
	task = &t->task[t->n_tasks];
	*task = (struct image_task){0};
	err = task_numbers(file, tree, record, task);
	if (err)
		return err;
	t->n_tasks++;
	return task_threads(file, tree, record, task);
}

int image_pstree_read(struct reading *in, struct image_tree *tree)
{
	struct growing growing = {.tree = tree};
	struct file file;
	Image__Task *record;
	int got = image_file_open(&file, in, &image_kinds[KIND_PSTREE], 0);

	if (got)
		return got;
	do {
		got = image_file_message(&file, &image__task__descriptor,
					 &record);
		if (got > 0) {
			int err = pstree_add(&file, &growing, record);

			got = err ? err : 1;
		}
	} while (got > 0);
	if (!got && !tree->n_tasks)
		got = image_file_fail(&file, "holds no task");
	image_file_close(&file);
	image_set_free(&growing.tasks);
	image_set_free(&growing.threads);
	return got;
}
