/* SPDX-License-Identifier: MIT */
#include "exec/rewind.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/message.h"
#include "exec/tail.h"
#include "exec/writer.h"
#include "image/written.h"
#include "ns/process.h"

/* A file that has grown. */
struct grown {
	const struct image_written *file;
	char *dir_path;
	int dir, fd; /* fd: to read and write */
	struct stat st;
	struct tail tail;
};

struct rewind {
	int root;
	struct grown *grown;
	struct writer *writer; /* of grown[i] */
	size_t n;
	size_t n_wrong; /* files that can't be put back */
	bool quiet;	/* what is said would be written to one of them */
};

static int cannot(struct rewind *r, const char *path, int err)
{
	r->n_wrong++;
	return message_fail("cannot rewind '%s': %s%s", path, strerror(-err),
			    err == -ELOOP ? " (there was no symbolic link in "
					    "this path at the dump)"
					  : "");
}

/*
 * A path of the image has no symbolic links: one that leads through some now
 * leads to what somebody else has chosen.
 */
static int open_strictly(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_CLOEXEC | O_NOCTTY |
			 O_NONBLOCK | O_NOFOLLOW,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	int tries = 10;
	long fd;

	/* EAGAIN: something was renamed meanwhile, or there is a lease. */
	do {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN && --tries);
	return fd < 0 ? -errno : (int)fd;
}

static int open_parent(struct rewind *r, struct grown *g)
{
	char *slash;

	g->dir_path = strdup(g->file->path);
	if (!g->dir_path)
		return -ENOMEM;
	slash = strrchr(g->dir_path, '/');
	g->tail.base = g->file->path + (slash - g->dir_path) + 1;
	slash[slash == g->dir_path] = '\0';
	g->dir = open_strictly(r->root, g->dir_path, O_RDONLY | O_DIRECTORY);
	return g->dir < 0 ? g->dir : 0;
}

/* Also by another path, that of a hard link. */
static bool is_known(struct rewind *r, const struct stat *st)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->writer[i].dev == st->st_dev &&
		    r->writer[i].ino == st->st_ino)
			return true;
	return false;
}

static int add_grown(struct rewind *r, const struct image_written *file,
		     int reader)
{
	struct grown *g = &r->grown[r->n];
	int err = writer_ask(reader, &r->writer[r->n]);

	*g = (struct grown){.file = file, .dir = -1, .fd = -1, .tail.fd = -1};
	r->n++;
	if (!err)
		err = open_parent(r, g);
	if (err)
		return err;
	g->tail.dir = g->dir;
	return 0;
}

/* Later than writer_find() looks, which would take us for one who writes. */
static int open_to_cut(struct rewind *r, size_t i)
{
	struct grown *g = &r->grown[i];

	g->fd = open_strictly(g->dir, g->tail.base, O_RDWR);
	if (g->fd < 0)
		return g->fd;
	if (fstat(g->fd, &g->st) < 0)
		return -errno;
	if (g->st.st_dev != r->writer[i].dev ||
	    g->st.st_ino != r->writer[i].ino)
		return -EBUSY;
	return 0;
}

static void say_shrunk(struct rewind *r, const struct image_written *file,
		       const struct stat *st)
{
	r->n_wrong++;
	message("cannot rewind '%s': it has %" PRId64 " bytes, and had %" PRIu64
		" at the dump (bring back what is missing)",
		file->path, (int64_t)st->st_size, file->size);
}

static void say_left(const struct rewind *r, const struct image_written *file,
		     const char *why)
{
	if (!r->quiet)
		message("'%s' is left as it is: %s", file->path, why);
}

static void look(struct rewind *r, const struct image_written *file, int fd)
{
	struct stat st;
	int err = fstat(fd, &st) < 0 ? -errno : 0;

	if (err || !S_ISREG(st.st_mode)) {
		cannot(r, file->path, err ? err : -EINVAL);
		return;
	}
	if ((uint64_t)st.st_size == file->size)
		return;
	if ((uint64_t)st.st_size < file->size) {
		/* criu opens a log of any length. */
		if (file->exact)
			say_shrunk(r, file, &st);
		return;
	}
	if (!file->exact && !file->size) {
		say_left(r, file, "the image does not say how long it was");
		return;
	}
	if (is_known(r, &st))
		return;
	err = add_grown(r, file, fd);
	if (err)
		cannot(r, file->path, err);
}

/* criu takes the caller's descriptor instead: --inherit-fd fd[N]:tmp/log. */
static bool is_inherited(const struct argv *a, const char *path)
{
	const char *key;

	for (size_t i = 0; i < a->n_options; i++) {
		if (a->option[i].row->id != OPT_INHERIT_FD)
			continue;
		key = strchr(a->option[i].value, ':');
		if (key && !strcmp(key + 1, path + 1))
			return true;
	}
	return false;
}

/* One more line in there, and criu would find another size again. */
static bool is_our_output(const struct rewind *r,
			  const struct image_written *file)
{
	struct stat out, st;

	return fstat(STDERR_FILENO, &out) == 0 && S_ISREG(out.st_mode) &&
	       fstatat(r->root, file->path + 1, &st, AT_SYMLINK_NOFOLLOW) ==
		       0 &&
	       st.st_dev == out.st_dev && st.st_ino == out.st_ino;
}

static void look_at_all(struct rewind *r, const struct argv *a,
			const struct image_written *file, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r->quiet |= is_our_output(r, &file[i]);
	for (size_t i = 0; i < n; i++) {
		int fd;

		if (is_inherited(a, file[i].path))
			continue;
		if (file[i].inside) {
			say_left(r, &file[i],
				 "it is on a mount of the tree's own");
			continue;
		}
		fd = open_strictly(r->root, file[i].path, O_RDONLY);
		if (fd < 0) {
			cannot(r, file[i].path, fd);
			continue;
		}
		look(r, &file[i], fd);
		close(fd);
	}
}

static void say_writer(const char *path, const struct writer *w)
{
	struct ns_process p;

	if (w->is == WRITER_HIDDEN)
		message("cannot rewind '%s': a process that can't be seen from "
			"here has it open to write, or has it mapped (end it "
			"first: two programs that write to one file destroy "
			"it)",
			path);
	else
		message("cannot rewind '%s': process %d (%s) has it open to "
			"write (end it first: two programs that write to one "
			"file destroy it)",
			path, w->pid,
			ns_process_read(w->pid, &p) < 0 ? "?" : p.name);
}

static int look_for_writers(struct rewind *r)
{
	int err = writer_find(r->writer, r->n);

	if (err)
		return message_fail("cannot look who writes to the files: %s",
				    strerror(-err));
	for (size_t i = 0; i < r->n; i++)
		if (r->writer[i].is != WRITER_NONE) {
			r->n_wrong++;
			say_writer(r->grown[i].file->path, &r->writer[i]);
		}
	return 0;
}

static int undo(struct rewind *r, const struct grown *g, int err)
{
	for (size_t i = 0; i < r->n; i++)
		tail_drop(&r->grown[i].tail);
	return message_fail("cannot keep the end of '%s' in a file beside it: "
			    "%s (no file was changed)",
			    g->file->path, strerror(-err));
}

static int make_tails(struct rewind *r)
{
	struct grown *g;
	int err;

	for (g = r->grown; g < r->grown + r->n; g++) {
		err = tail_copy(&g->tail, g->fd, (off_t)g->file->size,
				g->st.st_size, &g->st);
		if (err)
			return undo(r, g, err);
	}
	for (g = r->grown; g < r->grown + r->n; g++) {
		err = tail_keep(&g->tail);
		if (err)
			return undo(r, g, err);
	}
	return 0;
}

static int cut(const struct rewind *r, struct grown *g)
{
	const char *slash = g->dir_path[1] ? "/" : "";
	struct stat now;
	int err = fstat(g->fd, &now) < 0 ? -errno : 0;

	/* Written to since it was copied: the copy is not all of it. */
	if (!err && now.st_size != g->st.st_size)
		err = -EBUSY;
	if (!err && ftruncate(g->fd, (off_t)g->file->size) < 0)
		err = -errno;
	if (!err && fsync(g->fd) < 0)
		err = -errno;
	if (err)
		return message_fail("cannot cut '%s': %s (the end of it is in "
				    "'%s%s%s', too)",
				    g->file->path, strerror(-err), g->dir_path,
				    slash, g->tail.name);
	if (r->quiet)
		return 0;
	message("'%s' is put back from %" PRId64 " to %" PRIu64
		" bytes%s (the rest is in '%s%s%s')",
		g->file->path, (int64_t)g->st.st_size, g->file->size,
		g->file->exact ? "" : ", as far as the tree had written it",
		g->dir_path, slash, g->tail.name);
	return 0;
}

static int act(struct rewind *r)
{
	int status = 0, err;

	for (size_t i = 0; i < r->n && !r->n_wrong; i++) {
		err = open_to_cut(r, i);
		if (err)
			cannot(r, r->grown[i].file->path, err);
	}
	if (r->n_wrong)
		return message_fail("no file was changed, and nothing was "
				    "restored");
	status = make_tails(r);
	for (size_t i = 0; i < r->n && !status; i++)
		status = cut(r, &r->grown[i]);
	return status;
}

static int rewind_all(struct rewind *r, const struct argv *a,
		      const struct image_contents *c)
{
	const char *root = argv_last(a, OPT_ROOT);
	struct image_written *file;
	int status = STATUS_OURS;
	size_t n;

	if (image_written(c, &file, &n) < 0)
		return message_fail("no memory");
	r->root = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->grown = calloc(n + 1, sizeof(*r->grown));
	r->writer = calloc(n + 1, sizeof(*r->writer));
	if (r->root < 0) {
		message("cannot open '%s': %s", root ? root : "/",
			strerror(errno));
	} else if (!r->grown || !r->writer) {
		message("no memory");
	} else {
		look_at_all(r, a, file, n);
		status = look_for_writers(r);
		if (!status)
			status = act(r);
	}
	for (size_t i = 0; i < r->n; i++) {
		tail_close(&r->grown[i].tail);
		if (r->grown[i].fd >= 0)
			close(r->grown[i].fd);
		if (r->grown[i].dir >= 0)
			close(r->grown[i].dir);
		free(r->grown[i].dir_path);
	}
	if (r->root >= 0)
		close(r->root);
	free(r->grown);
	free(r->writer);
	free(file);
	return status;
}

/* Three descriptors for each file, all at once. */
static void raise_limit(struct rlimit *old)
{
	struct rlimit more;

	if (getrlimit(RLIMIT_NOFILE, old) < 0)
		*old = (struct rlimit){0};
	more = *old;
	more.rlim_cur = more.rlim_max;
	/* Then it is as it was, and open(2) tells when that is too low. */
	if (old->rlim_max)
		setrlimit(RLIMIT_NOFILE, &more);
}

int rewind_files(const char *path, const struct argv *a,
		 const struct image_tree *tree)
{
	struct rewind r = {.root = -1};
	struct image_contents c;
	struct rlimit limit;
	int dir, err, status = before_directory(path, "image", &dir);

	if (status)
		return status;
	/* Else it isn't known whose mounts the paths are about. */
	if (!tree->n_tasks) {
		close(dir);
		return message_fail("cannot rewind files: the images in '%s' "
				    "can't be read",
				    path);
	}
	err = image_contents_read(dir, &c, false);
	close(dir);
	if (err) {
		status = message_fail(
			"cannot rewind files: '%s' can't be read: %s%s%s", path,
			c.n_problems ? c.problem->file : strerror(-err),
			c.n_problems && *c.problem->file ? " " : "",
			c.n_problems ? c.problem->text : "");
	} else {
		c.tree.namespaces = tree->namespaces;
		raise_limit(&limit);
		status = rewind_all(&r, a, &c);
		if (limit.rlim_max)
			setrlimit(RLIMIT_NOFILE, &limit);
	}
	image_contents_free(&c);
	return status;
}
