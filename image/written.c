/* SPDX-License-Identifier: MIT */
#include "image/written.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

bool image_written_only_appends(const struct image_file *f)
{
	return !f->has_size && f->flags & O_APPEND &&
	       (f->flags & O_ACCMODE) == O_WRONLY;
}

bool image_written_open(const struct image_file *f)
{
	unsigned int access = f->flags & O_ACCMODE;

	return f->type == IMAGE_REGULAR && !(f->flags & O_PATH) &&
	       (access == O_WRONLY || access == O_RDWR || f->mapped_to_write);
}

bool image_written_to(const struct image_file *f)
{
	if (!image_written_open(f))
		return false;
	/* A CRIU without modes has sizes, of regular files only. */
	return f->has_mode ? S_ISREG(f->mode) : f->has_size;
}

static const struct image_file *name_of(const struct image_contents *c,
					const struct image_file *f)
{
	return f->remap == REMAP_LINK
		       ? image_contents_file(c, IMAGE_REGULAR, f->remap_id)
		       : f;
}

static void take(const struct image_contents *c, const struct image_file *f,
		 struct image_written *to, size_t *n)
{
	const struct image_file *name = name_of(c, f);
	enum image_place place;

	if (!name || !image_written_to(f))
		return;
	place = image_contents_place(c, name);
	if (place == IMAGE_NOWHERE)
		return;
	to[(*n)++] = (struct image_written){
		.path = name->path,
		.id = f->id,
		/* A position of -1 stands for none. */
		.size = f->has_size	      ? f->size
			: f->pos <= INT64_MAX ? f->pos
					      : 0,
		.exact = f->has_size,
		.inside = place == IMAGE_INSIDE,
	};
}

/* Of one path: what is known for certain first, then the longest. */
static int compare(const void *a, const void *b)
{
	const struct image_written *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	if (order)
		return order;
	if (x->exact != y->exact)
		return y->exact - x->exact;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->id == y->id ? 0 : x->id < y->id ? -1 : 1;
}

int image_written(const struct image_contents *c, struct image_written **ret,
		  size_t *ret_n)
{
	struct image_written *list = calloc(c->n_files + 1, sizeof(*list));
	size_t found = 0, n = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_files; i++)
		take(c, &c->file[i], list, &found);
	qsort(list, found, sizeof(*list), compare);
	for (size_t i = 0; i < found; i++)
		if (!n || strcmp(list[n - 1].path, list[i].path) != 0)
			list[n++] = list[i];
	*ret = list;
	*ret_n = n;
	return 0;
}
