/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "image/sweep.h"

/* Opened again: the caller's descriptor keeps its place in the directory. */
static int sweep_open(struct reading *in, DIR **ret)
{
	int fd = openat(in->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0) {
		err = errno;
		return image_reading_errno(in, err, "", "read");
	}
	*ret = fdopendir(fd);
	if (*ret)
		return 0;
	err = errno;
	close(fd);
	return -err;
}

static int sweep_one(struct reading *in, struct pages *pages,
		     const struct dirent *entry)
{
	uint64_t number;
	const struct kind *kind = image_kind_of(entry->d_name, &number);
	struct file file;
	int err;

	if (!kind || image_reading_seen(in, kind, entry->d_ino))
		return 0;
	if (kind == &image_kinds[KIND_PAGEMAP_SHMEM])
		return image_pages_check(in, pages, kind, number);
	err = image_file_open_name(&file, in, kind, entry->d_name);
	if (err)
		return err;
	err = image_file_rest(&file);
	image_file_close(&file);
	return err;
}

int image_sweep(struct reading *in, struct pages *pages)
{
	struct dirent *entry;
	DIR *dir;
	int err = sweep_open(in, &dir);

	if (err)
		return err;
	while (!err) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			err = errno;
			if (err)
				err = image_reading_errno(in, err, "", "read");
			break;
		}
		err = sweep_one(in, pages, entry);
	}
	closedir(dir);
	return err;
}

int image_sweep_no_inventory(struct reading *in)
{
	bool core = false, pagemap = false;
	struct dirent *entry;
	DIR *dir;
	int err = sweep_open(in, &dir);

	if (err)
		return err;
	while ((entry = readdir(dir))) {
		uint64_t number;
		const struct kind *kind = image_kind_of(entry->d_name, &number);

		core |= kind == &image_kinds[KIND_CORE];
		pagemap |= kind == &image_kinds[KIND_PAGEMAP];
	}
	closedir(dir);
	if (core)
		return image_reading_fail(
			in, ENOENT, "inventory.img",
			"is missing: the dump was not finished");
	if (pagemap)
		return image_reading_fail(in, ENOENT, "inventory.img",
					  "is missing: here are only pages");
	return image_reading_fail(in, ENOENT, "inventory.img",
				  "is missing: this is no image directory");
}
