/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "image/files.h"
#include "image/gather.h"

/* A flag of a unix socket, in CRIU's criu/sk-unix.c. */
enum {
	UNIX_OUTSIDE = 1 << 0,
};

static void entry_regular(struct gather *g, struct image_file *f,
			  const Image__Regular *reg)
{
	f->path = image_gather_string(g, reg->name);
	f->flags = reg->flags;
	f->pos = reg->pos;
	f->size = reg->size;
	f->has_size = reg->has_size;
	f->mode = reg->mode;
	f->has_mode = reg->has_mode;
	f->mount = reg->has_mnt_id ? reg->mnt_id : -1;
	f->external = reg->ext;
}

static void entry_address(uint32_t *to, const uint32_t *from, size_t n)
{
	for (size_t i = 0; i < n && i < 4; i++)
		to[i] = from[i];
}

static void entry_inet(struct gather *g, struct image_file *f,
		       const Image__InetSocket *s)
{
	f->ino = s->ino;
	f->family = s->family;
	f->socket_type = s->type;
	f->protocol = s->proto;
	f->state = s->state;
	f->port = (uint16_t)s->src_port;
	f->peer_port = (uint16_t)s->dst_port;
	entry_address(f->address, s->src_addr, s->n_src_addr);
	entry_address(f->peer_address, s->dst_addr, s->n_dst_addr);
	f->v6only = s->v6only;
	f->shares_port =
		s->opts && (s->opts->so_reuseport ||
			    (s->type == SOCK_DGRAM && s->opts->reuseaddr));
	f->interface = image_gather_string(g, s->ifname);
}

static void entry_unix(struct gather *g, struct image_file *f,
		       const Image__UnixSocket *s)
{
	f->ino = s->ino;
	f->peer = s->peer;
	f->socket_type = s->type;
	f->state = s->state;
	f->path = image_gather_bytes(g, s->name.data, s->name.len);
	f->path_len = s->name.len;
	/* Some CRIUs count the NUL at the end of a path, too. */
	if (f->path && f->path_len && f->path[0])
		f->path_len = strlen(f->path);
	f->path_dir = image_gather_string(g, s->name_dir);
	f->deleted = s->deleted;
	f->outside = s->uflags & UNIX_OUTSIDE;
}

static int entry_add(struct file *file, const Image__File *entry, void *data)
{
	struct gather *g = data;
	struct image_contents *c = g->c;
	struct image_file *f =
		image_gather_room((void **)&c->file, c->n_files, sizeof(*f));

	(void)file;
	if (!f)
		return -ENOMEM;
	c->n_files++;
	f->id = entry->id;
	f->type = entry->type;
	f->known = true;
	f->mount = -1;
	if (entry->type == IMAGE_REGULAR && entry->reg)
		entry_regular(g, f, entry->reg);
	else if (entry->type == IMAGE_INET && entry->isk)
		entry_inet(g, f, entry->isk);
	else if (entry->type == IMAGE_UNIX && entry->usk)
		entry_unix(g, f, entry->usk);
	else if (entry->type == IMAGE_PIPE && entry->pipe)
		f->pipe = entry->pipe->pipe_id, f->flags = entry->pipe->flags;
	else if (entry->type == IMAGE_FIFO && entry->fifo)
		f->pipe = entry->fifo->pipe_id,
		f->path_of = entry->fifo->has_regf_id ? entry->fifo->regf_id
						      : entry->id;
	else if (entry->type == IMAGE_TERMINAL && entry->tty)
		f->terminal = entry->tty->tty_info_id,
		f->path_of = entry->tty->has_regf_id ? entry->tty->regf_id
						     : entry->id;
	return 1;
}

static int entry_compare(const void *a, const void *b)
{
	const struct image_file *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->id == y->id ? 0 : x->id < y->id ? -1 : 1;
}

const struct image_file *image_contents_file(const struct image_contents *c,
					     uint32_t type, uint32_t id)
{
	struct image_file key = {.type = type, .id = id};

	if (!c->n_files)
		return NULL;
	return bsearch(&key, c->file, c->n_files, sizeof(key), entry_compare);
}

const char *image_contents_path(const struct image_contents *c,
				const struct image_file *file)
{
	if (!file->path && file->path_of)
		file = image_contents_file(c, IMAGE_REGULAR, file->path_of);
	return file ? file->path : NULL;
}

static const struct image_mount *mount_of(const struct image_contents *c,
					  const struct image_file *f)
{
	for (size_t i = 0; i < c->n_mounts; i++)
		if (c->mount[i].id == f->mount)
			return &c->mount[i];
	return NULL;
}

/* A fresh /proc has other processes. */
static bool is_of_process(const char *path)
{
	return !strncmp(path, "/proc/", 6) &&
	       ((path[6] >= '0' && path[6] <= '9') ||
		!strncmp(path + 6, "self", 4) ||
		!strncmp(path + 6, "thread-self", 11));
}

enum image_place image_contents_place(const struct image_contents *c,
				      const struct image_file *f)
{
	const struct image_mount *m;

	if (!f->path || *f->path != '/' || f->external ||
	    f->remap == REMAP_GHOST || f->remap == REMAP_PROC ||
	    is_of_process(f->path))
		return IMAGE_NOWHERE;
	if (!(c->tree.namespaces & CLONE_NEWNS))
		return IMAGE_HERE;
	m = mount_of(c, f);
	return m && m->path && (!strcmp(m->path, "./") || !strcmp(m->path, "/"))
		       ? IMAGE_HERE
		       : IMAGE_INSIDE;
}

static int entries_remap(struct gather *g, struct file *file)
{
	Image__Remap *remap;
	int got;

	while ((got = image_file_message(file, &image__remap__descriptor,
					 &remap)) > 0) {
		struct image_file *f = (struct image_file *)image_contents_file(
			g->c, IMAGE_REGULAR, remap->orig_id);

		if (!f)
			continue;
		f->remap = remap->remap_type < 3
				   ? (enum image_remap)(REMAP_LINK +
							remap->remap_type)
				   : REMAP_NONE;
		f->remap_id = remap->remap_id;
	}
	return got;
}

static int entries_terminal(struct gather *g, struct file *file)
{
	struct image_contents *c = g->c;
	struct image_terminal *t;
	Image__Terminal *record;
	int got;

	while ((got = image_file_message(file, &image__terminal__descriptor,
					 &record)) > 0) {
		t = image_gather_room((void **)&c->terminal, c->n_terminals,
				      sizeof(*t));
		if (!t)
			return -ENOMEM;
		c->n_terminals++;
		t->id = record->id;
		t->type = record->type;
		t->rdev = record->rdev;
		t->dev = record->dev;
		t->number = record->pty ? record->pty->index : 0;
	}
	return got;
}

/* A file that not every image has. */
static int entries_of(struct gather *g, const char *name,
		      int (*read)(struct gather *g, struct file *file))
{
	struct file file;
	uint64_t number;
	int err =
		image_file_open(&file, &g->in, image_kind_of(name, &number), 0);

	if (err == -ENOENT) {
		image_gather_forget(g);
		return 0;
	}
	if (!err) {
		err = read(g, &file);
		image_file_close(&file);
	}
	return image_gather_problem(g, err);
}

int image_gather_files(struct gather *g)
{
	struct image_contents *c = g->c;
	int err = image_files_walk(&g->in, entry_add, g);

	if (err < 0)
		err = image_gather_problem(g, err);
	if (c->n_files)
		qsort(c->file, c->n_files, sizeof(*c->file), entry_compare);
	if (!err)
		err = entries_of(g, "remap-fpath.img", entries_remap);
	if (!err)
		err = entries_of(g, "tty-info.img", entries_terminal);
	return err;
}
