/* SPDX-License-Identifier: MIT */
#include "exec/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define ABOVE "/dev/shm"
#define SHELF ABOVE "/criu-ns"

/* So many places there are: what nobody asks for any more can't pile up. */
#define PLACES 64

struct place {
	char name[16], fresh[24];
};

static struct place place_of(const char *key)
{
	struct place p;
	uint32_t hash = 2166136261U;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619U;
	snprintf(p.name, sizeof(p.name), "%u", (hash ^ hash >> 16) % PLACES);
	snprintf(p.fresh, sizeof(p.fresh), "%s.new", p.name);
	return p;
}

/* By descriptor: what was looked at is what is used. */
static int open_shelf(void)
{
	struct statfs fs;
	struct stat st;
	int fd, err = 0;

	fd = open(SHELF, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		err = -errno;
	else if (st.st_uid != geteuid() || (st.st_mode & 07777) != 0700 ||
		 fs.f_type != TMPFS_MAGIC)
		err = -EPERM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int make_shelf(void)
{
	struct statfs fs;
	int fd = open_shelf();

	if (fd != -ENOENT)
		return fd;
	/* On a disk it would outlive the kernel. */
	if (statfs(ABOVE, &fs) < 0)
		return -errno;
	if (fs.f_type != TMPFS_MAGIC)
		return -EPERM;
	if (mkdir(SHELF, 0700) < 0 && errno != EEXIST)
		return -errno;
	return open_shelf();
}

static int header(char *text, size_t size, const char *key, size_t n)
{
	int len = snprintf(text, size, "criu-ns 1 %zu\n%s\n", n, key);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : len;
}

static ssize_t read_thing(int fd, char *text, size_t size)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) || st.st_nlink != 1)
		return -EPERM;
	n = read(fd, text, size);
	return n < 0 ? -errno : n;
}

static ssize_t open_thing(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_thing(fd, text, size);
	close(fd);
	return n;
}

ssize_t shelf_get(const char *key, void *ret)
{
	char text[SHELF_KEY + SHELF_DATA + 64], begin[SHELF_KEY + 64];
	struct place p = place_of(key);
	size_t size;
	ssize_t n;
	int dir, len;

	dir = make_shelf();
	if (dir < 0)
		return dir == -ENOENT ? -ENOTDIR : dir;
	n = open_thing(dir, p.name, text, sizeof(text) - 1);
	close(dir);
	if (n < 0)
		return -ENOENT;
	text[n] = '\0';
	if (sscanf(text, "criu-ns 1 %zu\n", &size) != 1 || size > SHELF_DATA)
		return -ENOENT;
	len = header(begin, sizeof(begin), key, size);
	if (len < 0)
		return len;
	if (n < len || memcmp(text, begin, (size_t)len) != 0 ||
	    (size_t)(n - len) != size)
		return -ENOENT;
	memcpy(ret, text + len, size);
	return (ssize_t)size;
}

/* A file without a name, so that nothing half-written is ever left. */
static int write_thing(int dir, const char *text, size_t size)
{
	int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, size);
	if (n == (ssize_t)size)
		return fd;
	n = n < 0 ? -errno : -ENOSPC;
	close(fd);
	return (int)n;
}

static int name_thing(int dir, int fd, const struct place *p)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = linkat(AT_FDCWD, path, dir, p->fresh, AT_SYMLINK_FOLLOW);
	/* One who was killed here has left it, or one is at it now. */
	if (err < 0 && errno == EEXIST && unlinkat(dir, p->fresh, 0) == 0)
		err = linkat(AT_FDCWD, path, dir, p->fresh, AT_SYMLINK_FOLLOW);
	if (err < 0 || renameat(dir, p->fresh, dir, p->name) < 0)
		return -errno;
	return 0;
}

int shelf_put(const char *key, const void *data, size_t size)
{
	char text[SHELF_KEY + SHELF_DATA + 64];
	struct place p = place_of(key);
	int dir, fd, err;

	if (size > SHELF_DATA)
		return -E2BIG;
	err = header(text, sizeof(text) - size, key, size);
	if (err < 0)
		return err;
	memcpy(text + err, data, size);
	dir = make_shelf();
	if (dir < 0)
		return dir;
	fd = write_thing(dir, text, (size_t)err + size);
	err = fd < 0 ? fd : name_thing(dir, fd, &p);
	if (fd >= 0)
		close(fd);
	close(dir);
	return err;
}
