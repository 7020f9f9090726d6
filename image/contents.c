/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/contents.h"
#include "image/gather.h"
#include "image/pstree.h"
#include "image/records.pb-c.h"

enum {
	PROBLEMS_MAX = 100, /* more of them say nothing new */
};

int image_gather_problem(struct gather *g, int err)
{
	struct image_contents *c = g->c;
	struct image_problem *problem = g->in.problem, *list;

	if (!err)
		return 0;
	if (!problem->text[0])
		return -ENOMEM;
	for (size_t i = 0; i < c->n_problems; i++)
		if (i == PROBLEMS_MAX ||
		    !strcmp(c->problem[i].file, problem->file)) {
			image_gather_forget(g);
			return 0;
		}
	list = image_gather_room((void **)&c->problem, c->n_problems,
				 sizeof(*list));
	if (!list)
		return -ENOMEM;
	*list = *problem;
	c->n_problems++;
	image_gather_forget(g);
	return 0;
}

void image_gather_forget(struct gather *g)
{
	*g->in.problem = (struct image_problem){0};
}

const char *image_gather_bytes(struct gather *g, const void *at, size_t len)
{
	char *copy = g->strings->allocator.alloc(g->strings, len + 1);

	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, at, len);
	copy[len] = '\0';
	return copy;
}

const char *image_gather_string(struct gather *g, const char *text)
{
	return text ? image_gather_bytes(g, text, strlen(text)) : NULL;
}

/* Powers of two from 16 on: when @n is one, the array is full. */
void *image_gather_room(void **array, size_t n, size_t size)
{
	char *grown = *array;

	if (!n || (n >= 16 && !(n & (n - 1)))) {
		grown = reallocarray(*array, n ? n * 2 : 16, size);
		if (!grown)
			return NULL;
		*array = grown;
	}
	return memset(grown + n * size, 0, size);
}

static int gather_inventory(struct gather *g)
{
	Image__Inventory *inventory;
	int err = image_file_only(&g->in, &image_kinds[KIND_INVENTORY], 0,
				  &image__inventory__descriptor, &inventory);

	if (err)
		return image_gather_problem(g, err);
	g->in.plain = inventory->has_img_version && inventory->img_version == 1;
	g->c->lsm = inventory->lsmtype;
	g->c->uptime = inventory->dump_uptime;
	g->c->tcp_close = inventory->tcp_close;
	return 0;
}

/* No image: a magic in front of its own that is not that of images. */
static int gather_stats(struct gather *g)
{
	static const struct kind kind = {.name = "stats-dump",
					 .magic = 0x55105940};
	bool plain = g->in.plain;
	Image__Stats *stats = NULL;
	struct file file;
	int got;

	g->in.plain = true;
	got = image_file_open_name(&file, &g->in, &kind, kind.name);
	g->in.plain = plain;
	if (!got) {
		file.at += sizeof(kind.magic);
		if (file.at <= file.size)
			got = image_file_message(
				&file, &image__stats__descriptor, &stats);
		if (got > 0 && stats && stats->dump)
			g->c->frozen = stats->dump->frozen_time;
		image_file_close(&file);
	}
	/* A restore does not need it. */
	image_gather_forget(g);
	return got == -ENOMEM ? got : 0;
}

/* By the number in CRIU's images/mnt.proto; a type without one has a name. */
static const char *mount_filesystem(struct gather *g, const Image__Mount *m)
{
	static const char *const names[] = {
		[1] = "proc",	     [2] = "sysfs",    [3] = "devtmpfs",
		[4] = "binfmt_misc", [5] = "tmpfs",    [6] = "devpts",
		[7] = "simfs",	     [8] = "pstore",   [9] = "securityfs",
		[10] = "fusectl",    [11] = "debugfs", [12] = "cgroup",
		[13] = "aufs",	     [14] = "mqueue",  [15] = "fuse",
		[17] = "overlay",    [18] = "autofs",  [19] = "tracefs",
		[23] = "cgroup2",
	};

	if (m->fsname)
		return image_gather_string(g, m->fsname);
	if (m->fstype < sizeof(names) / sizeof(*names) && names[m->fstype])
		return names[m->fstype];
	return "-";
}

static int gather_mounts_of(struct gather *g, uint64_t number)
{
	static const char name[] = "mountpoints-1.img";
	struct image_contents *c = g->c;
	struct image_mount *m;
	struct file file;
	Image__Mount *record;
	uint64_t nothing;
	int got = image_file_open(&file, &g->in, image_kind_of(name, &nothing),
				  number);

	if (got == -ENOENT) {
		image_gather_forget(g);
		return 0;
	}
	if (got)
		return image_gather_problem(g, got);
	while ((got = image_file_message(&file, &image__mount__descriptor,
					 &record)) > 0) {
		m = image_gather_room((void **)&c->mount, c->n_mounts,
				      sizeof(*m));
		if (!m)
			break;
		c->n_mounts++;
		m->id = (int)record->mnt_id;
		m->external = record->ext_mount;
		m->key = image_gather_string(g, record->ext_key);
		m->path = image_gather_string(g, record->mountpoint);
		m->source = image_gather_string(g, record->source);
		m->root = image_gather_string(g, record->root);
		m->filesystem = mount_filesystem(g, record);
	}
	image_file_close(&file);
	return got > 0 ? -ENOMEM : image_gather_problem(g, got);
}

int image_gather_mounts(struct gather *g)
{
	const struct set *namespaces = &g->mount_namespaces;
	int err = 0;

	for (size_t i = 0; i < namespaces->size && !err; i++)
		if (namespaces->slot[i])
			err = gather_mounts_of(g, namespaces->slot[i] - 1);
	return err;
}

static int gather_all(struct gather *g)
{
	int err = gather_inventory(g);

	if (!err)
		err = image_gather_problem(
			g, image_pstree_read(&g->in, &g->c->tree));
	if (!err)
		err = image_gather_files(g);
	if (!err)
		err = image_gather_processes(g);
	if (!err)
		err = image_gather_mounts(g);
	if (!err)
		err = gather_stats(g);
	return err;
}

int image_contents_read(int dir, struct image_contents *ret, bool titles)
{
	struct image_problem problem = {0};
	struct gather g = {.c = ret, .titles = titles};
	int err;

	*ret = (struct image_contents){0};
	ret->memory = g.strings = malloc(sizeof(*g.strings));
	if (!g.strings)
		return -ENOMEM;
	image_arena_init(g.strings);
	err = image_reading_init(&g.in, dir, &problem);
	if (!err)
		err = gather_all(&g);
	ret->cpuinfo = !faccessat(dir, "cpuinfo.img", F_OK, 0);
	image_reading_free(&g.in);
	image_set_free(&g.mount_namespaces);
	if (!err && ret->n_problems)
		err = -EBADMSG;
	return err;
}

void image_contents_free(struct image_contents *c)
{
	for (size_t i = 0; c->process && i < c->tree.n_tasks; i++) {
		free(c->process[i].map);
		free(c->process[i].fd);
	}
	free(c->process);
	image_free(&c->tree);
	free(c->file);
	free(c->mount);
	free(c->terminal);
	free(c->problem);
	if (c->memory)
		image_arena_free(c->memory);
	free(c->memory);
	*c = (struct image_contents){0};
}
