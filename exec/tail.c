/* SPDX-License-Identifier: MIT */
#include "exec/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PART_SUFFIX ".criu-ns-part."

static int number_name(char *name, const char *base, const char *suffix,
		       unsigned int number)
{
	int n = snprintf(name, NAME_MAX + 1, "%s%s%u", base, suffix, number);

	return n > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Not even a directory entry, should this be killed: O_TMPFILE. */
static int open_nameless(struct tail *t)
{
	t->fd = openat(t->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return t->fd < 0 ? -errno : 0;
}

static int open_part(struct tail *t)
{
	char name[NAME_MAX + 1];
	unsigned int number = 0;
	int err;

	do {
		err = number_name(name, t->base, PART_SUFFIX, ++number);
		if (err)
			return err;
		t->fd = openat(t->dir, name,
			       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
				       O_CLOEXEC,
			       0600);
	} while (t->fd < 0 && errno == EEXIST);
	if (t->fd < 0)
		return -errno;
	snprintf(t->name, sizeof(t->name), "%s", name);
	return 0;
}

static int open_new(struct tail *t)
{
	int err = open_nameless(t);

	/* What kernels and file systems say that have no such files. */
	if (err == -EOPNOTSUPP || err == -EISDIR || err == -EINVAL ||
	    err == -ENOENT)
		err = open_part(t);
	return err;
}

static int write_all(int fd, const char *data, size_t len, off_t at)
{
	ssize_t n;

	while (len) {
		n = pwrite(fd, data, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		len -= (size_t)n;
		at += n;
	}
	return 0;
}

static int copy_by_hand(int from, off_t at, int to, off_t to_at, off_t len)
{
	static char block[1 << 16];
	ssize_t n;
	int err = 0;

	while (len && !err) {
		n = pread(from, block,
			  len < (off_t)sizeof(block) ? (size_t)len
						     : sizeof(block),
			  at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		err = write_all(to, block, (size_t)n, to_at);
		at += n;
		to_at += n;
		len -= n;
	}
	return err;
}

static int copy_data(int from, off_t at, int to, off_t to_at, off_t len)
{
	ssize_t n;

	while (len) {
		n = copy_file_range(from, &at, to, &to_at, (size_t)len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* Not between these; what is wrong for good is said again. */
		if (n <= 0)
			return copy_by_hand(from, at, to, to_at, len);
		len -= n;
	}
	return 0;
}

/* Of a file system that knows no holes all is data. */
static int copy_range(int from, off_t start, off_t end, int to)
{
	off_t at = start, data, hole;
	int err = 0;

	while (at < end && !err) {
		data = lseek(from, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		if (data >= end)
			break;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole <= data || hole > end)
			hole = end;
		err = copy_data(from, data, to, data - start, hole - data);
		at = hole;
	}
	if (!err && ftruncate(to, end - start) < 0)
		err = -errno;
	return err;
}

int tail_copy(struct tail *t, int from, off_t start, off_t end,
	      const struct stat *like)
{
	int err = open_new(t);

	if (!err)
		err = copy_range(from, start, end, t->fd);
	if (!err && fchown(t->fd, like->st_uid, like->st_gid) < 0)
		err = -errno;
	if (!err && fchmod(t->fd, like->st_mode & 0666) < 0)
		err = -errno;
	if (!err && fsync(t->fd) < 0)
		err = -errno;
	return err;
}

/* Without a name: by its descriptor, or, in a user namespace, by /proc. */
static int give_name(const struct tail *t, const char *name)
{
	char path[64];

	if (!*t->name) {
		if (linkat(t->fd, "", t->dir, name, AT_EMPTY_PATH) == 0)
			return 0;
		if (errno != ENOENT)
			return -errno;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", t->fd);
		return linkat(AT_FDCWD, path, t->dir, name, AT_SYMLINK_FOLLOW) <
				       0
			       ? -errno
			       : 0;
	}
	if (syscall(SYS_renameat2, t->dir, t->name, t->dir, name,
		    RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(t->dir, t->name, t->dir, name, 0) < 0)
		return -errno;
	/* A second name of a complete copy does no harm. */
	unlinkat(t->dir, t->name, 0);
	return 0;
}

int tail_keep(struct tail *t)
{
	char name[NAME_MAX + 1];
	unsigned int number = 0;
	int err;

	do {
		err = number_name(name, t->base, TAIL_SUFFIX, ++number);
		if (!err)
			err = give_name(t, name);
	} while (err == -EEXIST);
	if (err)
		return err;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->kept = true;
	return fsync(t->dir) < 0 ? -errno : 0;
}

void tail_drop(struct tail *t)
{
	if (*t->name)
		unlinkat(t->dir, t->name, 0);
	*t->name = '\0';
	tail_close(t);
}

void tail_close(struct tail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}
