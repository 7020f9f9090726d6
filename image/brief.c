/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/parts.h"
#include "image/pstree.h"
#include "image/records.pb-c.h"

/*
 * Not among image_kinds: it is no *.img, and not a part of what is restored.
 * Its own magic comes after that of files which are not for a restore.
 */
static const struct kind stats = {"stats", 0x55105940, false, NULL};
#define STATS_MAGIC_SIZE 4

pid_t image_root(int dir)
{
	struct image_problem problem = {0};
	const Image__Task *task;
	struct reading in;
	pid_t pid = 0;
	int err;

	err = image_reading_init(&in, dir, &problem);
	if (!err)
		err = image_file_only(&in, &image_kinds[KIND_PSTREE], 0,
				      &image__task__descriptor, &task);
	if (!err)
		pid = (pid_t)task->pid;
	image_reading_free(&in);
	return err ? err : pid > 0 ? pid : -EBADMSG;
}

int64_t image_frozen(int dir)
{
	struct image_problem problem = {0};
	const Image__Times *times = NULL;
	struct reading in;
	struct file file;
	int64_t ret = -EBADMSG;
	int err;

	err = image_reading_init(&in, dir, &problem);
	if (!err)
		err = image_file_open_name(&file, &in, &stats, "stats-dump");
	if (!err) {
		err = image_file_skip(&file, STATS_MAGIC_SIZE);
		if (!err)
			err = image_file_message(
				&file, &image__times__descriptor, &times);
		if (err > 0 && times && times->dump)
			ret = times->dump->frozen_time;
		image_file_close(&file);
	}
	image_reading_free(&in);
	return err < 0 ? err : ret;
}

/* FNV-1a */
static uint64_t hash(uint64_t h, const unsigned char *at, ssize_t len)
{
	while (len-- > 0)
		h = (h ^ *at++) * 0x100000001b3;
	return h;
}

static int hash_file(int dir, const char *name, uint64_t *h)
{
	unsigned char buffer[4096];
	ssize_t n;
	int fd, err;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		*h = hash(*h, buffer, n);
	err = n < 0 ? -errno : 0;
	close(fd);
	return err;
}

int image_fingerprint(int dir, uint64_t *ret)
{
	uint64_t h = 0xcbf29ce484222325;
	pid_t root = image_root(dir);
	char core[32];
	int err;

	if (root < 0)
		return root;
	snprintf(core, sizeof(core), "core-%d.img", root);
	err = hash_file(dir, "inventory.img", &h);
	if (!err)
		err = hash_file(dir, "pstree.img", &h);
	if (!err)
		err = hash_file(dir, core, &h);
	if (!err)
		*ret = h;
	return err;
}

static int add_size(int dir, const char *name, void *arg)
{
	struct stat s;

	if (image_parts_has(name) &&
	    fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) == 0)
		*(int64_t *)arg += (int64_t)s.st_blocks * 512;
	return 0;
}

int64_t image_size(int dir)
{
	int64_t size = 0;
	int err = image_parts_each(dir, add_size, &size);

	return err ? err : size;
}
