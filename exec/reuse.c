/* SPDX-License-Identifier: MIT */
#include "exec/reuse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/message.h"
#include "image/contents.h"

static void kept_name(char *ret, size_t size, const char *path)
{
	snprintf(ret, size, "%s.criu-ns", path);
}

/* A restore that was killed has left its name instead. */
static int keep(const char *path)
{
	char kept[PATH_MAX + 16];

	kept_name(kept, sizeof(kept), path);
	if (linkat(AT_FDCWD, path, AT_FDCWD, kept, 0) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOENT && linkat(AT_FDCWD, kept, AT_FDCWD, path, 0) == 0)
		return 0;
	return -errno;
}

static int add(struct reuse *r, const char *path)
{
	char full[PATH_MAX], **grown;
	int err;

	snprintf(full, sizeof(full), "%s%s", *path == '/' ? "" : "/", path);
	err = keep(full);
	if (err)
		return err;
	grown = realloc(r->path, (r->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->path = grown;
	grown[r->n] = strdup(full);
	if (!grown[r->n])
		return -ENOMEM;
	r->n++;
	return 0;
}

static void keep_all(struct reuse *r, const struct image_contents *c)
{
	const struct image_file *link;
	const char *path;
	size_t i;
	int err;

	for (i = 0; i < c->n_files; i++) {
		if (c->file[i].remap != REMAP_LINK)
			continue;
		link = image_contents_file(c, IMAGE_REGULAR,
					   c->file[i].remap_id);
		path = link ? image_contents_path(c, link) : NULL;
		err = path ? add(r, path) : 0;
		if (err)
			message("the image can be restored only once: '%s', "
				"which it needs, can't be kept: %s",
				path, strerror(-err));
	}
}

/* A file system without locks leaves it to the user. */
static void take_turns(struct reuse *r, int dir)
{
	r->lock = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	while (r->lock >= 0 && flock(r->lock, LOCK_EX) < 0 && errno == EINTR)
		;
}

/* Init has the descriptor as well: to close it would not do. */
static void let_others(struct reuse *r)
{
	if (r->lock >= 0) {
		flock(r->lock, LOCK_UN);
		close(r->lock);
	}
	r->lock = -1;
}

/* A mount namespace of the tree's own has paths of its own. */
static void look(struct reuse *r, int dir)
{
	struct image_contents c;
	struct stat st;

	if (fstatat(dir, "remap-fpath.img", &st, 0) < 0)
		return;
	take_turns(r, dir);
	if (image_contents_read(dir, &c, false) != -ENOMEM) {
		if (c.tree.namespaces & CLONE_NEWNS)
			message("the image may be restored only once: where "
				"the tree's mounts are its own, names of "
				"deleted files are not kept");
		else
			keep_all(r, &c);
	}
	image_contents_free(&c);
	if (!r->n)
		let_others(r);
}

void reuse_prepare(struct reuse *ret, const char *images, const struct argv *a)
{
	int dir;

	*ret = (struct reuse){.lock = -1};
	if (argv_flag(a, OPT_AUTO_DEDUP))
		message("the image can be restored only once: --auto-dedup "
			"takes out of it what was restored");
	dir = open(images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	look(ret, dir);
	close(dir);
}

void reuse_finish(struct reuse *r)
{
	char kept[PATH_MAX + 16];
	struct stat st;

	if (!r->n)
		return;
	while (r->n) {
		char *path = r->path[--r->n];

		kept_name(kept, sizeof(kept), path);
		/* Two names of one file: rename(2) would leave both. */
		if (lstat(path, &st) == 0 ? unlink(kept) : rename(kept, path))
			message("cannot put '%s' back: %s", path,
				strerror(errno));
		free(path);
	}
	free(r->path);
	r->path = NULL;
	let_others(r);
}
