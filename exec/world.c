/* SPDX-License-Identifier: MIT */
#include "exec/world.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As long as any number: see world_name(). */
#define HOLDER_LATER "/proc/0000000000"

/*
 * Open @path and write the path that leads to the descriptor, with @tail
 * behind it.
 */
static int keep(struct world *w, const char *path, const char *tail, char *ret,
		size_t size)
{
	int fd;

	if (w->n_fds == WORLD_MAX)
		return -E2BIG;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	w->fd[w->n_fds++] = fd;
	snprintf(ret, size, "%s/fd/%d%s%s", w->holder, fd, *tail ? "/" : "",
		 tail);
	return 0;
}

int world_add(struct world *w, int fd, char *ret, size_t size)
{
	if (w->n_fds == WORLD_MAX)
		return -E2BIG;
	w->fd[w->n_fds++] = fd;
	snprintf(ret, size, "%s/fd/%d", w->holder ? w->holder : HOLDER_LATER,
		 fd);
	return 0;
}

static int replace(struct world *w, struct argv_option *o, const char *path,
		   const char *tail, char *why)
{
	char value[PATH_MAX];
	int err;

	err = keep(w, path, tail, value, sizeof(value));
	if (!err)
		err = argv_set_value(o, value);
	if (err)
		snprintf(why, ARGV_WHY, "cannot open '%.300s' (--%s): %s", path,
			 o->row->name, strerror(-err));
	return err;
}

/* The file may have to be made yet: its directory is what is opened. */
static int replace_file(struct world *w, struct argv_option *o, char *why)
{
	char dir[PATH_MAX], base[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", o->value);
	snprintf(base, sizeof(base), "%s", o->value);
	return replace(w, o, dirname(dir), basename(base), why);
}

/* Into a process, that is: /proc/sys and the like are there as well. */
static bool leads_into_proc(const char *path)
{
	if (strncmp(path, "/proc/", 6) != 0)
		return false;
	path += 6;
	return strspn(path, "0123456789") > 0 || !strncmp(path, "self/", 5) ||
	       !strncmp(path, "thread-self/", 12);
}

/* NS:PID or NS:FILE, and options after a comma. */
static int replace_join_ns(struct world *w, struct argv_option *o, char *why)
{
	char kind[16], path[PATH_MAX], kept[PATH_MAX], value[PATH_MAX + 64];
	const char *colon = strchr(o->value, ':'), *comma;
	size_t len;
	int err;

	if (!colon || colon - o->value >= (ptrdiff_t)sizeof(kind))
		return 0; /* criu will say what is wrong with it */
	snprintf(kind, sizeof(kind), "%.*s", (int)(colon - o->value), o->value);
	comma = strchr(colon, ',');
	len = comma ? (size_t)(comma - colon) - 1 : strlen(colon) - 1;
	if (len && strspn(colon + 1, "0123456789") == len)
		snprintf(path, sizeof(path), "/proc/%.*s/ns/%s", (int)len,
			 colon + 1, kind);
	else
		snprintf(path, sizeof(path), "%.*s", (int)len, colon + 1);
	if (!leads_into_proc(path))
		return 0;
	err = keep(w, path, "", kept, sizeof(kept));
	if (err) {
		snprintf(why, ARGV_WHY, "cannot open '%.300s' (--join-ns): %s",
			 path, strerror(-err));
		return err;
	}
	snprintf(value, sizeof(value), "%s:%s%s", kind, kept,
		 comma ? comma : "");
	err = argv_set_value(o, value);
	if (err)
		snprintf(why, ARGV_WHY, "%s", strerror(-err));
	return err;
}

/* mnt[KEY]:PATH; the other kinds name no path. */
static int replace_external(struct world *w, struct argv_option *o, char *why)
{
	char kept[PATH_MAX], value[2 * PATH_MAX];
	const char *path = strstr(o->value, "]:");
	int err;

	if (strncmp(o->value, "mnt[", 4) != 0 || !path ||
	    !leads_into_proc(path + 2))
		return 0;
	path += 2;
	err = keep(w, path, "", kept, sizeof(kept));
	if (!err) {
		snprintf(value, sizeof(value), "%.*s%s", (int)(path - o->value),
			 o->value, kept);
		err = argv_set_value(o, value);
	}
	if (err)
		snprintf(why, ARGV_WHY, "cannot open '%.300s' (--external): %s",
			 path, strerror(-err));
	return err;
}

static int keep_proc_of(struct world *w, struct argv_option *o, char *why)
{
	switch (o->row->id) {
	case OPT_JOIN_NS:
		return replace_join_ns(w, o, why);
	case OPT_EXTERNAL:
		return replace_external(w, o, why);
	case OPT_LOG_FILE:
		if (leads_into_proc(o->value))
			return replace_file(w, o, why);
		return 0;
	default:
		if (o->value && leads_into_proc(o->value))
			return replace(w, o, o->value, "", why);
		return 0;
	}
}

int world_keep_proc(struct world *w, struct argv *a, char *why)
{
	size_t i;
	int err = 0;

	*w = (struct world){.holder = "/proc/1"};
	for (i = 0; i < a->n_options && !err; i++)
		err = keep_proc_of(w, &a->option[i], why);
	return err;
}

/*
 * The link that criu makes in the image directory holds the path as given: an
 * absolute one would be looked up in the other mount namespace.  From the
 * image directory it is reached in the caller's.
 */
static int relative_to(const char *from, const char *to, char *ret, size_t size)
{
	char a[PATH_MAX], b[PATH_MAX];
	size_t same = 0, len = 0, i;

	if (!realpath(from, a) || !realpath(to, b))
		return -errno;
	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			same = i;
	if ((!a[i] || a[i] == '/') && (!b[i] || b[i] == '/'))
		same = i;
	ret[0] = '\0';
	for (i = same; a[i]; i++)
		if (a[i] == '/' && a[i + 1] && len + 4 < size)
			len += (size_t)snprintf(ret + len, size - len, "../");
	if (len + strlen(b + same) + 2 > size)
		return -ENAMETOOLONG;
	snprintf(ret + len, size - len, "%s",
		 b[same] ? b + same + (b[same] == '/') : ".");
	return 0;
}

static int replace_prev(const char *images, struct argv_option *o, char *why)
{
	char value[PATH_MAX];
	int err;

	if (*o->value != '/')
		return 0;
	err = relative_to(images, o->value, value, sizeof(value));
	if (!err)
		err = argv_set_value(o, value);
	if (err)
		snprintf(why, ARGV_WHY,
			 "cannot open '%.300s' (--prev-images-dir): %s",
			 o->value, strerror(-err));
	return err;
}

static bool names_file(const struct option_row *row)
{
	return row->metavar && !strcmp(row->metavar, "FILE");
}

static int keep_dir_of(struct world *w, const struct argv *a,
		       struct argv_option *o, const char *images, char *why)
{
	switch (o->row->id) {
	case OPT_IMAGES_DIR:
	case OPT_WORK_DIR:
		/* What a later one overrides need not exist. */
		if (o->value != argv_last(a, o->row->id))
			return 0;
		return replace(w, o, o->value, "", why);
	case OPT_PREV_IMAGES_DIR:
		return replace_prev(images, o, why);
	case OPT_LOG_FILE:
	case OPT_PIDFILE:
		/* Relative ones are in the work directory. */
		return *o->value == '/' ? replace_file(w, o, why) : 0;
	default:
		if (names_file(o->row) && *o->value == '/')
			return replace(w, o, o->value, "", why);
		return 0;
	}
}

int world_keep_dirs(struct world *w, struct argv *a, char *why)
{
	char *images;
	size_t i;
	int err = 0;

	*w = (struct world){.holder = HOLDER_LATER};
	if (!argv_last(a, OPT_IMAGES_DIR))
		err = argv_append(a, "images-dir", false, ".");
	images = err ? NULL : strdup(argv_last(a, OPT_IMAGES_DIR));
	if (!images) {
		snprintf(why, ARGV_WHY, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (i = 0; i < a->n_options && !err; i++)
		err = keep_dir_of(w, a, &a->option[i], images, why);
	free(images);
	return err;
}

void world_name(char **argv)
{
	char name[sizeof(HOLDER_LATER)], *at;
	size_t len;

	len = (size_t)snprintf(name, sizeof(name), "/proc/%d", getpid());
	for (; *argv; argv++) {
		at = strstr(*argv, HOLDER_LATER);
		if (!at)
			continue;
		memcpy(at, name, len);
		memmove(at + len, at + strlen(HOLDER_LATER),
			strlen(at + strlen(HOLDER_LATER)) + 1);
	}
}

int world_share(const struct world *w)
{
	size_t i;

	for (i = 0; i < w->n_fds; i++)
		if (fcntl(w->fd[i], F_SETFD, 0) < 0)
			return -errno;
	return 0;
}

void world_close(struct world *w)
{
	while (w->n_fds)
		close(w->fd[--w->n_fds]);
}
