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

int stage_open_stale(const struct stage *s)
{
	int fd = openat(s->parent, s->name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
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

bool stage_possible(const struct stage *s, int dir)
{
	return mount_of(dir) == mount_of(s->parent) &&
	       !is_working_directory(dir);
}

int stage_make(struct stage *s, int dir, int *ret_fd)
{
	struct stat like;
	int fd, err = 0;

	if (fstat(dir, &like) < 0)
		return -errno;
	if (mkdirat(s->parent, s->name, 0700) < 0)
		return -errno;
	fd = stage_open_stale(s);
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

/* A file system that can't do it in one step: for a moment there is neither. */
static int change_slowly(struct stage *s)
{
	char other[NAME_MAX + 1];
	int err;

	snprintf(other, sizeof(other), "%.*s-old", NAME_MAX - 4, s->name);
	if (renameat(s->parent, s->base, s->parent, other) < 0)
		return -errno;
	if (renameat(s->parent, s->name, s->parent, s->base) < 0) {
		err = -errno;
		renameat(s->parent, other, s->parent, s->base);
		return err;
	}
	return renameat(s->parent, other, s->parent, s->name) < 0 ? -errno : 0;
}

int stage_change(struct stage *s)
{
	int err = 0;

	/* musl before 1.2.6 has no renameat2(). */
	if (syscall(SYS_renameat2, s->parent, s->name, s->parent, s->base,
		    RENAME_EXCHANGE) < 0)
		err = -errno;
	if (err == -EINVAL || err == -ENOSYS)
		err = change_slowly(s);
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
