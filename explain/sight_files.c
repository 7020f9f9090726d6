/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/entry.h"
#include "explain/sight.h"

enum {
	PERMISSIONS = 07777,
};

/* What a task does with a file: any of these. */
enum use {
	USE_OPEN = 1 << 0,
	USE_RUN = 1 << 1, /* executable, mapped */
	USE_DIRECTORY = 1 << 2,
};

struct used {
	const struct image_file *file;
	unsigned int use;
	pid_t pid; /* of the first to use it */
};

struct uses {
	struct sight *sight;
	struct used *of; /* for each file of the image */
};

static void note(struct uses *u, uint32_t type, uint32_t id, unsigned int use,
		 pid_t pid)
{
	const struct image_contents *c = u->sight->image;
	const struct image_file *f = image_contents_file(c, type, id);
	struct used *used;

	/* Of a named pipe, restore opens the path; of a terminal, its own. */
	if (f && type == IMAGE_FIFO)
		f = image_contents_file(c, IMAGE_REGULAR, f->path_of);
	if (!f || f->type != IMAGE_REGULAR)
		return;
	used = &u->of[f - c->file];
	used->file = f;
	used->use |= use;
	used->pid = used->pid ? used->pid : pid;
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

static const struct image_mount *mount_of(const struct image_contents *c,
					  const struct image_file *f)
{
	for (size_t i = 0; i < c->n_mounts; i++)
		if (c->mount[i].id == f->mount)
			return &c->mount[i];
	return NULL;
}

/* Whether restore opens it on this host, by a path that means the same. */
static bool is_of_host(const struct sight *l, const struct image_file *f)
{
	const char *path = f->path;
	const struct image_mount *m;

	if (!path || *path != '/' || f->external)
		return false;
	if (f->remap == REMAP_GHOST || f->remap == REMAP_PROC)
		return false;
	/* A fresh /proc has other processes. */
	if (!strncmp(path, "/proc/", 6) &&
	    ((path[6] >= '0' && path[6] <= '9') ||
	     !strncmp(path + 6, "self", 4) ||
	     !strncmp(path + 6, "thread-self", 11)))
		return false;
	if (!l->own_root)
		return true;
	m = mount_of(l->image, f);
	return m && m->path &&
	       (!strcmp(m->path, "./") || !strcmp(m->path, "/"));
}

static void value_of(struct finding *f, const struct used *u)
{
	finding_value(f, "path", "%s", u->file->path);
	finding_value(f, "pid", "%d", u->pid);
}

static const char *words(const struct used *u)
{
	if (u->use & USE_RUN)
		return "executes or maps";
	return u->use & USE_DIRECTORY ? "is in" : "has open";
}

static void say_missing_file(struct finding *f, const struct used *u)
{
	static const char script[] =
		"mkdir -p -- \"$(dirname -- \"$1\")\" && "
		"truncate -s \"$2\" -- \"$1\" && chmod \"$3\" -- \"$1\"";
	const struct image_file *file = u->file;
	char size[32], mode[16];

	snprintf(size, sizeof(size), "%" PRIu64,
		 file->has_size ? file->size : 0);
	snprintf(mode, sizeof(mode), "%o",
		 file->has_mode ? (unsigned int)file->mode & PERMISSIONS
				: 0644U);
	finding_value(f, "size", "%s", size);
	if (u->use & USE_RUN) {
		finding_cure(f, "bring the same file here that the tree was "
				"dumped with");
		return;
	}
	finding_cure(f, "bring it back; or, if its contents don't matter, make "
			"an empty one of that size");
	finding_command(f, NULL, 7, "sh", "-c", script, "sh", file->path, size,
			mode);
}

static void say_missing_directory(struct finding *f, const struct used *u)
{
	char mode[16];

	snprintf(mode, sizeof(mode), "%o",
		 u->file->has_mode ? (unsigned int)u->file->mode & PERMISSIONS
				   : 0755U);
	finding_cure(f, "make it");
	finding_command(f, NULL, 6, "mkdir", "-p", "-m", mode, "--",
			u->file->path);
}

static void say_missing(struct sight *l, const struct used *u, int err)
{
	mode_t type = u->file->mode & S_IFMT;
	char mode[16];
	struct finding *f = finding_add(
		l->all, err == ENOENT ? "file-missing" : "file-not-accessible",
		FINDING_CAUSE);

	if (err == ENOENT)
		finding_cause(f, "'%s', which %d %s, is not there",
			      u->file->path, u->pid, words(u));
	else
		finding_cause(f, "'%s', which %d %s, can't be reached: %s",
			      u->file->path, u->pid, words(u), strerror(err));
	value_of(f, u);
	if (err != ENOENT)
		finding_cure(f, "make every directory of its path one again");
	else if (type == S_IFDIR ||
		 (!u->file->has_mode && u->use & USE_DIRECTORY))
		say_missing_directory(f, u);
	else if (type == S_IFREG || !type)
		say_missing_file(f, u);
	else if (type == S_IFIFO) {
		snprintf(mode, sizeof(mode), "%o",
			 (unsigned int)u->file->mode & PERMISSIONS);
		finding_cure(f, "make the named pipe");
		finding_command(f, NULL, 5, "mkfifo", "-m", mode, "--",
				u->file->path);
	} else
		finding_cure(f, "the device has to be there: load its driver");
}

static void say_size(struct sight *l, const struct used *u, off_t size)
{
	struct finding *f = finding_add(l->all, "file-size", FINDING_CAUSE);
	char old[32];

	snprintf(old, sizeof(old), "%" PRIu64, u->file->size);
	finding_cause(f,
		      "'%s', which %d %s, has changed: it has %" PRId64
		      " bytes, and had %s",
		      u->file->path, u->pid, words(u), (int64_t)size, old);
	value_of(f, u);
	finding_value(f, "size", "%" PRId64, (int64_t)size);
	finding_value(f, "old_size", "%s", old);
	if (u->use & USE_RUN) {
		finding_cure(f, "bring back the version that the tree was "
				"dumped with (was a package upgraded?)");
		return;
	}
	finding_cure(f, (uint64_t)size > u->file->size
				? "bring it back, or cut off what was added"
				: "bring it back, or fill it up with zeroes");
	finding_command(f, NULL, 5, "truncate", "-s", old, "--", u->file->path);
}

static void say_mode(struct sight *l, const struct used *u, mode_t mode)
{
	unsigned int old = u->file->mode;
	bool type = (mode & S_IFMT) != (old & S_IFMT);
	struct finding *f = finding_add(
		l->all, type ? "file-type" : "file-mode", FINDING_CAUSE);
	char octal[16];

	value_of(f, u);
	snprintf(octal, sizeof(octal), "%o", old & PERMISSIONS);
	if (type) {
		finding_cause(f,
			      "'%s', which %d %s, is of another type than "
			      "at the dump",
			      u->file->path, u->pid, words(u));
		finding_cure(f, "put back what was there");
		return;
	}
	finding_cause(f, "'%s', which %d %s, has mode %o, and had %s",
		      u->file->path, u->pid, words(u),
		      (unsigned int)mode & PERMISSIONS, octal);
	finding_value(f, "mode", "%o", (unsigned int)mode & PERMISSIONS);
	finding_value(f, "old_mode", "%s", octal);
	/* That option is about rwx only. */
	if ((mode ^ old) & ~0777U & PERMISSIONS) {
		finding_cure(f, "give it back its mode");
		finding_command(f, NULL, 4, "chmod", octal, "--",
				u->file->path);
		return;
	}
	finding_cure(f,
		     "give it back its mode (chmod %s), or restore without "
		     "comparing modes",
		     octal);
	sight_need(l, f, "--skip-file-rwx-check");
}

static void compare(struct sight *l, const struct used *u,
		    const struct stat *st)
{
	const struct image_file *file = u->file;
	mode_t changed = file->has_mode ? st->st_mode ^ file->mode : 0;

	if (changed & S_IFMT) {
		say_mode(l, u, st->st_mode);
		return;
	}
	if (file->has_size && (uint64_t)st->st_size != file->size)
		say_size(l, u, st->st_size);
	if (sight_has(l, "skip-file-rwx-check"))
		changed &= ~0777U;
	if (changed & PERMISSIONS)
		say_mode(l, u, st->st_mode);
}

static void say_read_only(struct sight *l, const struct used *u)
{
	struct finding *f =
		finding_add(l->all, "file-read-only", FINDING_CAUSE);

	finding_cause(f,
		      "'%s', which %d has open to write, is on a file "
		      "system that is mounted read-only",
		      u->file->path, u->pid);
	value_of(f, u);
	finding_cure(f, "mount it to be written (mount -o remount,rw)");
}

/* A deleted file that a link of CRIU's has kept: it is used up by a restore. */
static void sight_link(struct sight *l, const struct used *u)
{
	const struct image_file *link =
		image_contents_file(l->image, IMAGE_REGULAR, u->file->remap_id);
	bool there =
		link && link->path && *link->path == '/' &&
		!faccessat(l->root, link->path + 1, F_OK, AT_SYMLINK_NOFOLLOW);
	struct finding *f =
		finding_add(l->all, there ? "link-once" : "link-gone",
			    there ? FINDING_LOSS : FINDING_CAUSE);

	value_of(f, u);
	if (link && link->path)
		finding_value(f, "link", "%s", link->path);
	if (there) {
		finding_cause(f,
			      "'%s' was deleted and is kept by a link: the "
			      "restore uses that up, and another restore of "
			      "this image will fail",
			      u->file->path);
		finding_cure(f,
			     "to restore it again later, keep a copy of the "
			     "link, '%s'",
			     link->path);
		return;
	}
	finding_cause(f,
		      "'%s' was deleted at the dump, and the link that kept "
		      "it is not there: an earlier restore has used it up",
		      u->file->path);
	finding_cure(f,
		     "put the contents back under the name of the link, "
		     "'%s'",
		     link && link->path ? link->path : "?");
}

static void sight_file(struct sight *l, const struct used *u)
{
	const char *path = u->file->path;
	unsigned int access = u->file->flags & O_ACCMODE;
	struct stat st;

	if (u->file->remap == REMAP_LINK) {
		sight_link(l, u);
		return;
	}
	path += strspn(path, "/");
	if (fstatat(l->root, *path ? path : ".", &st,
		    u->file->flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) <
	    0) {
		say_missing(l, u, errno);
		return;
	}
	compare(l, u, &st);
	if (u->use & USE_OPEN && S_ISREG(st.st_mode) &&
	    (access == O_WRONLY || access == O_RDWR) &&
	    !(u->file->flags & O_PATH) &&
	    faccessat(l->root, path, W_OK, 0) < 0 && errno == EROFS)
		say_read_only(l, u);
}

static int by_path(const void *a, const void *b)
{
	const struct used *x = a, *y = b;
	int order;

	if (!x->file || !y->file)
		return !x->file - !y->file;
	order = strcmp(x->file->path, y->file->path);
	return order ? order : (x->file->id > y->file->id) * 2 - 1;
}

/* The same file, looked at twice. */
static bool alike(const struct used *a, const struct used *b)
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
		if (u.of[i].file && is_of_host(l, u.of[i].file))
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
