/* SPDX-License-Identifier: MIT */
#include "image/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_image(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !strcmp(name + len - 4, ".img");
}

bool image_parts_has(const char *name)
{
	return is_image(name) || !strcmp(name, "parent") ||
	       (!strncmp(name, "criu-ns.", 8) && strcmp(name, IMAGE_OLD) != 0 &&
		strcmp(name, IMAGE_OLD_PART) != 0);
}

int image_parts_each(int dir, int (*fn)(int dir, const char *name, void *arg),
		     void *arg)
{
	struct dirent *entry;
	int fd, err = 0;
	DIR *list;

	/* Opened again: the caller's keeps its place in the directory. */
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd < 0 ? NULL : fdopendir(fd);
	if (!list) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err) {
		errno = 0;
		entry = readdir(list);
		if (!entry) {
			err = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			err = fn(dir, entry->d_name, arg);
	}
	closedir(list);
	return err;
}

static int find_one(int dir, const char *name, void *arg)
{
	(void)dir;
	*(bool *)arg |= is_image(name);
	return 0;
}

bool image_parts_found(int dir)
{
	bool found = false;

	image_parts_each(dir, find_one, &found);
	return found;
}

static int remove_one(int dir, const char *name, void *arg)
{
	(void)arg;
	return image_parts_has(name) && unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

int image_parts_remove(int dir)
{
	return image_parts_each(dir, remove_one, NULL);
}

static int move_one(int dir, const char *name, void *arg)
{
	return image_parts_has(name) &&
			       renameat(dir, name, *(int *)arg, name) < 0
		       ? -errno
		       : 0;
}

int image_parts_move(int dir, int to)
{
	return image_parts_each(dir, move_one, &to);
}

struct rest {
	int to;
	bool replace;
};

static int move_rest(int dir, const char *name, void *arg)
{
	const struct rest *rest = arg;

	if (image_parts_has(name) || !strcmp(name, IMAGE_OLD) ||
	    !strcmp(name, IMAGE_OLD_PART))
		return 0;
	if (!rest->replace && faccessat(rest->to, name, F_OK, 0) == 0)
		return unlinkat(dir, name, 0) < 0 ? -errno : 0;
	return renameat(dir, name, rest->to, name) < 0 ? -errno : 0;
}

int image_parts_move_rest(int dir, int to, bool replace)
{
	struct rest rest = {.to = to, .replace = replace};

	return image_parts_each(dir, move_rest, &rest);
}
