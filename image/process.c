/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/gather.h"
#include "image/records.pb-c.h"

enum {
	STATE_DEAD = 2,
	STATE_STOPPED = 3,
	STATE_ZOMBIE = 6,

	VMA_FILE_SHARED = 1 << 7,
	VMA_FILE = 1 << 6 | VMA_FILE_SHARED, /* private or shared */
	VMA_MEMFD = 1 << 14,

	PAGES_PARENT = 1 << 0,
	PAGES_PRESENT = 1 << 2,
};

/* Which process had an object first. */
struct owner {
	uint32_t id;
	size_t process;
};

struct owners {
	struct owner *vm, *files;
	size_t n_vm, n_files;
};

/* The first owner of an object: @process itself when there was none. */
static int owner_of(struct owner **list, size_t *n, uint32_t id, size_t process,
		    size_t *ret)
{
	struct owner *o;

	for (size_t i = 0; i < *n; i++)
		if ((*list)[i].id == id) {
			*ret = (*list)[i].process;
			return 0;
		}
	o = image_gather_room((void **)list, *n, sizeof(*o));
	if (!o)
		return -ENOMEM;
	++*n;
	*o = (struct owner){id, process};
	*ret = process;
	return 0;
}

static void process_creds(struct gather *g, struct image_process *p,
			  const Image__Creds *creds)
{
	p->has_owner = creds->has_uid && creds->has_gid;
	p->uid = creds->uid;
	p->gid = creds->gid;
	p->lsm = image_gather_string(g, creds->lsm_profile);
}

static int process_core(struct gather *g, size_t i)
{
	struct image_process *p = &g->c->process[i];
	struct image_task *task = &g->c->tree.task[i];
	Image__Core *core;
	int err = image_file_only(&g->in, &image_kinds[KIND_CORE],
				  (uint64_t)task->pid, &image__core__descriptor,
				  &core);

	if (err)
		return image_gather_problem(g, err);
	p->known = true;
	if (core->tc) {
		uint32_t state = core->tc->task_state;

		task->zombie = state == STATE_DEAD || state == STATE_ZOMBIE;
		p->stopped = state == STATE_STOPPED;
		p->exit_code = core->tc->exit_code;
		if (core->tc->comm)
			snprintf(p->name, sizeof(p->name), "%s",
				 core->tc->comm);
	}
	if (core->thread_core && core->thread_core->creds)
		process_creds(g, p, core->thread_core->creds);
	/* What stands there for a zombie is not its thread. */
	if (task->zombie)
		task->n_threads = 0;
	return 0;
}

/* To write to a shared mapping, restore opens its file to be written. */
static void process_writes(struct gather *g, const Image__Vma *vma)
{
	struct image_file *f = (struct image_file *)image_contents_file(
		g->c, IMAGE_REGULAR, (uint32_t)vma->shmid);
	bool writes = vma->has_fdflags ? (vma->fdflags & O_ACCMODE) != O_RDONLY
				       : vma->prot & PROT_WRITE;

	if (f && writes)
		f->mapped_to_write = true;
}

static int process_maps(struct gather *g, struct image_process *p,
			const Image__Mm *mm)
{
	struct set seen = {0};
	int err = 0;

	for (size_t i = 0; i < mm->n_vmas && err >= 0; i++) {
		const Image__Vma *vma = mm->vmas[i];
		uint32_t *id;

		if (vma->end > vma->start)
			p->mapped += vma->end - vma->start;
		if (!(vma->status & VMA_FILE) || vma->status & VMA_MEMFD)
			continue;
		if (vma->status & VMA_FILE_SHARED)
			process_writes(g, vma);
		err = image_set_add(&seen, vma->shmid & UINT32_MAX);
		if (err <= 0)
			continue;
		id = image_gather_room((void **)&p->map, p->n_maps,
				       sizeof(*id));
		if (!id) {
			err = -ENOMEM;
			break;
		}
		*id = (uint32_t)vma->shmid;
		p->n_maps++;
	}
	image_set_free(&seen);
	return err < 0 ? err : 0;
}

static void process_entry(struct image_process *p,
			  const Image__PagemapEntry *entry)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t n =
		entry->has_nr_pages ? entry->nr_pages : entry->compat_nr_pages;
	unsigned int flags = entry->has_flags ? entry->flags : PAGES_PRESENT;

	/* More than an address space has: image_read() speaks of it. */
	if (n > UINT64_MAX / page / 2)
		return;
	if (entry->in_parent || flags & PAGES_PARENT)
		p->parent_memory += n * page;
	else if (flags & PAGES_PRESENT)
		p->memory += n * page;
}

static int process_pagemap(struct gather *g, struct image_process *p,
			   uint64_t pid)
{
	Image__PagemapHead *head;
	Image__PagemapEntry *entry;
	struct file file;
	int got =
		image_file_open(&file, &g->in, &image_kinds[KIND_PAGEMAP], pid);

	if (got)
		return image_gather_problem(g, got);
	got = image_file_message(&file, &image__pagemap_head__descriptor,
				 &head);
	while (got > 0) {
		got = image_file_message(
			&file, &image__pagemap_entry__descriptor, &entry);
		if (got > 0)
			process_entry(p, entry);
	}
	image_file_close(&file);
	return image_gather_problem(g, got);
}

static int process_memory(struct gather *g, struct image_process *p,
			  uint64_t pid)
{
	uint64_t start, end;
	Image__Mm *mm;
	int err = image_file_only(&g->in, &image_kinds[KIND_MM], pid,
				  &image__mm__descriptor, &mm);

	if (err)
		return image_gather_problem(g, err);
	p->executable = mm->exe_file_id;
	start = mm->mm_arg_start;
	end = mm->mm_arg_end;
	err = process_maps(g, p, mm);
	if (!err)
		err = process_pagemap(g, p, pid);
	if (!err && g->titles)
		p->title = image_gather_title(g, pid, start, end);
	return err;
}

static int process_fs(struct gather *g, struct image_process *p, uint64_t pid)
{
	Image__Fs *fs;
	int err = image_file_only(&g->in, &image_kinds[KIND_FS], pid,
				  &image__fs__descriptor, &fs);

	if (err)
		return image_gather_problem(g, err);
	p->cwd = fs->cwd_id;
	p->root = fs->root_id;
	return 0;
}

static int process_fds(struct gather *g, struct image_process *p, uint32_t id)
{
	struct image_descriptor *fd;
	Image__Descriptor *record;
	struct file file;
	int got = image_file_open(&file, &g->in, &image_kinds[KIND_FDINFO], id);

	/* A program without a descriptor has none: image_read() decides. */
	if (got == -ENOENT) {
		image_gather_forget(g);
		return 0;
	}
	if (got)
		return image_gather_problem(g, got);
	while ((got = image_file_message(&file, &image__descriptor__descriptor,
					 &record)) > 0) {
		fd = image_gather_room((void **)&p->fd, p->n_fds, sizeof(*fd));
		if (!fd)
			break;
		p->n_fds++;
		*fd = (struct image_descriptor){record->fd, record->type,
						record->id};
	}
	image_file_close(&file);
	return got > 0 ? -ENOMEM : image_gather_problem(g, got);
}

static int process_objects(struct gather *g, struct owners *owners, size_t i)
{
	struct image_process *p = &g->c->process[i];
	uint64_t pid = (uint64_t)g->c->tree.task[i].pid;
	Image__Ids *ids;
	int err = image_file_only(&g->in, &image_kinds[KIND_IDS], pid,
				  &image__ids__descriptor, &ids);
	uint32_t files;

	if (err)
		return image_gather_problem(g, err);
	files = ids->files_id;
	if (image_set_add(&g->mount_namespaces, ids->mnt_ns_id) < 0 ||
	    owner_of(&owners->vm, &owners->n_vm, ids->vm_id, i,
		     &p->shares_memory) < 0 ||
	    owner_of(&owners->files, &owners->n_files, files, i,
		     &p->shares_files) < 0)
		return -ENOMEM;
	if (p->shares_memory == i)
		err = process_memory(g, p, pid);
	if (!err && p->shares_files == i)
		err = process_fds(g, p, files);
	if (!err)
		err = process_fs(g, p, pid);
	return err;
}

int image_gather_processes(struct gather *g)
{
	struct image_contents *c = g->c;
	struct owners owners = {0};
	int err = 0;

	c->process = calloc(c->tree.n_tasks ? c->tree.n_tasks : 1,
			    sizeof(*c->process));
	if (!c->process)
		return -ENOMEM;
	for (size_t i = 0; i < c->tree.n_tasks && !err; i++) {
		c->process[i].shares_memory = c->process[i].shares_files = i;
		err = process_core(g, i);
		if (!err && !c->tree.task[i].zombie)
			err = process_objects(g, &owners, i);
	}
	free(owners.vm);
	free(owners.files);
	return err;
}
