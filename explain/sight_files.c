/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/sight.h"
#include "image/written.h"

struct uses {
	struct sight *sight;
	struct sight_use *of; /* for each file of the image */
};

static void note(struct uses *u, uint32_t type, uint32_t id, unsigned int use,
		 pid_t pid)
{
	const struct image_contents *c = u->sight->image;
	const struct image_file *f = image_contents_file(c, type, id);
	struct sight_use *used;

	/* Of a named pipe, restore opens the path; of a terminal, its own. */
	if (f && type == IMAGE_FIFO)
		f = image_contents_file(c, IMAGE_REGULAR, f->path_of);
	if (!f || f->type != IMAGE_REGULAR)
		return;
	used = &u->of[f - c->file];
	used->file = f;
	used->use |= use;
	used->pid = used->pid ? used->pid : pid;
	if (image_written_to(f))
		used->use |= USE_WRITE;
}

static void note_all(struct uses *u)
{
	const struct image_contents *c = u->sight->image;

	for (size_t i = 0; i < c->tree.n_tasks; i++) {
		const struct image_process *p = &c->process[i];
		pid_t pid = c->tree.task[i].pid;

		note(u, IMAGE_REGULAR, p->executable, USE_RUN, pid);
		note(u, IMAGE_REGULAR, p->cwd, USE_DIRECTORY, pid);
		note(u, IMAGE_REGULAR, p->root, USE_DIRECTORY, pid);
		for (size_t j = 0; j < p->n_maps; j++)
			note(u, IMAGE_REGULAR, p->map[j], USE_RUN, pid);
		for (size_t j = 0; j < p->n_fds; j++)
			note(u, p->fd[j].type, p->fd[j].id, USE_OPEN, pid);
	}
}

static void compare(struct sight *l, const struct sight_use *u,
		    const struct stat *st)
{
	const struct image_file *file = u->file;
	mode_t changed = file->has_mode ? st->st_mode ^ file->mode : 0;

	if (changed & S_IFMT) {
		sight_mode(l, u, st->st_mode);
		return;
	}
	if (file->has_size && (uint64_t)st->st_size != file->size &&
	    !(l->how->rewinds && u->use & USE_WRITE &&
	      (uint64_t)st->st_size > file->size))
		sight_size(l, u, st->st_size);
	if (sight_has(l, "skip-file-rwx-check"))
		changed &= ~0777U;
	if (changed & SIGHT_PERMISSIONS)
		sight_mode(l, u, st->st_mode);
}

static void sight_file(struct sight *l, const struct sight_use *u)
{
	const char *path = u->file->path;
	struct stat st;

	if (u->file->remap == REMAP_LINK) {
		sight_link(l, u);
		return;
	}
	path += strspn(path, "/");
	if (fstatat(l->root, *path ? path : ".", &st,
		    u->file->flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) <
	    0) {
		sight_missing(l, u, errno);
		return;
	}
	compare(l, u, &st);
	if (u->use & USE_WRITE && S_ISREG(st.st_mode) &&
	    faccessat(l->root, path, W_OK, 0) < 0 && errno == EROFS)
		sight_read_only(l, u);
}

static int by_path(const void *a, const void *b)
{
	const struct sight_use *x = a, *y = b;
	int order;

	if (!x->file || !y->file)
		return !x->file - !y->file;
	order = strcmp(x->file->path, y->file->path);
	return order ? order : (x->file->id > y->file->id) * 2 - 1;
}

/* The same file, looked at twice. */
static bool alike(const struct sight_use *a, const struct sight_use *b)
{
	const struct image_file *x = a->file, *y = b->file;

	return !strcmp(x->path, y->path) && x->size == y->size &&
	       x->has_size == y->has_size && x->mode == y->mode &&
	       x->remap == y->remap;
}

void sight_files(struct sight *l)
{
	const struct image_contents *c = l->image;
	struct uses u = {l, calloc(c->n_files + 1, sizeof(*u.of))};
	size_t n = 0;

	if (!u.of) {
		l->broken = true;
		return;
	}
	note_all(&u);
	for (size_t i = 0; i < c->n_files; i++)
		if (u.of[i].file &&
		    image_contents_place(c, u.of[i].file) == IMAGE_HERE)
			u.of[n++] = u.of[i];
	qsort(u.of, n, sizeof(*u.of), by_path);
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n && alike(&u.of[i], &u.of[next]);
		     next++)
			u.of[i].use |= u.of[next].use;
		sight_file(l, &u.of[i]);
	}
	free(u.of);
}
