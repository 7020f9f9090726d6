/* SPDX-License-Identifier: MIT */
#include "exec/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image/parts.h"

int stage_find(struct stage *s, const char *path)
{
	char *real = realpath(path, NULL), *copy = NULL;
	const char *parent;
	int err = -ENOMEM;

	*s = STAGE_NONE;
	if (!real)
		return -errno;
	copy = strdup(real);
	if (!copy)
		goto out;
	s->base = strdup(basename(copy));
	parent = dirname(real);
	if (!s->base || asprintf(&s->name, ".%s.criu-ns-new", s->base) < 0 ||
	    asprintf(&s->path, "%s/%s", parent, s->name) < 0)
		goto out;
	s->parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = s->parent < 0 ? -errno : 0;
out:
	free(copy);
	free(real);
	return err;
}

static int open_stage(const struct stage *s)
{
	int fd = openat(s->parent, s->name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int stage_open_stale(const struct stage *s, int dir)
{
	struct stat is, like;
	int fd = open_stage(s);

	if (fd < 0)
		return fd;
	if (fstat(fd, &is) == 0 && fstat(dir, &like) == 0 &&
	    (is.st_uid == like.st_uid || is.st_uid == geteuid()) &&
	    !(is.st_mode & ~like.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	close(fd);
	return -EPERM;
}

static int mount_of(int fd)
{
	char path[64], line[128];
	int mount = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "mnt_id: %d", &mount) == 1)
			break;
	if (file)
		fclose(file);
	return mount;
}

static bool is_working_directory(int dir)
{
	struct stat s, other;
	struct dirent *entry;
	char path[64];
	bool is = false;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc || fstat(dir, &s) < 0)
		is = true;
	while (!is && (entry = readdir(proc))) {
		if (entry->d_name[strspn(entry->d_name, "0123456789")])
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/cwd", entry->d_name);
		is = stat(path, &other) == 0 && s.st_dev == other.st_dev &&
		     s.st_ino == other.st_ino;
	}
	if (proc)
		closedir(proc);
	return is;
}

/* Returns -EXDEV for what is mounted in there: it would move along. */
static int find_mount(int dir, const char *name, void *arg)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), err = 0;

	if (fd < 0)
		return 0;
	if (mount_of(fd) != *(int *)arg)
		err = -EXDEV;
	close(fd);
	return err;
}

bool stage_possible(const struct stage *s, int dir)
{
	int mount = mount_of(dir);

	return mount == mount_of(s->parent) &&
	       image_parts_each(dir, find_mount, &mount) == 0 &&
	       !is_working_directory(dir);
}

/* musl before 1.2.6 has no renameat2(). */
static int exchange(const struct stage *s, const char *a, const char *b)
{
	return syscall(SYS_renameat2, s->parent, a, s->parent, b,
		       RENAME_EXCHANGE) < 0
		       ? -errno
		       : 0;
}

/* Not every file system can: better to know before the dump. */
static int try_exchange(const struct stage *s)
{
	char other[NAME_MAX + 1];
	int err;

	if (snprintf(other, sizeof(other), "%s-try", s->name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (mkdirat(s->parent, other, 0700) < 0)
		return -errno;
	err = exchange(s, s->name, other);
	if (unlinkat(s->parent, other, AT_REMOVEDIR) < 0 && !err)
		err = -errno;
	return err;
}

int stage_make(struct stage *s, int dir, int *ret_fd)
{
	struct stat like;
	int fd, err = 0;

	if (fstat(dir, &like) < 0)
		return -errno;
	if (mkdirat(s->parent, s->name, 0700) < 0)
		return -errno;
	err = try_exchange(s);
	fd = err ? err : open_stage(s);
	if (fd < 0)
		err = fd;
	else if (fchown(fd, like.st_uid, like.st_gid) < 0 ||
		 fchmod(fd, like.st_mode & 07777) < 0)
		err = -errno;
	if (!err) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	unlinkat(s->parent, s->name, AT_REMOVEDIR);
	return err;
}

int stage_change(struct stage *s)
{
	int err = exchange(s, s->name, s->base);

	if (!err)
		s->changed = !s->changed;
	return err;
}

int stage_remove(const struct stage *s, int fd)
{
	int err = image_parts_remove(fd);

	if (!err && unlinkat(s->parent, s->name, AT_REMOVEDIR) < 0)
		err = -errno;
	return err;
}

void stage_close(struct stage *s)
{
	if (s->parent >= 0)
		close(s->parent);
	free(s->base);
	free(s->name);
	free(s->path);
	*s = STAGE_NONE;
}
