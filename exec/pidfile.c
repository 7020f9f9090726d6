/* SPDX-License-Identifier: MIT */
#include "exec/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0644

static int open_dir(const char *base, const char *path, size_t len)
{
	char dir[PATH_MAX];
	int base_fd = AT_FDCWD, fd;

	if (len >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, len);
	dir[len] = '\0';
	if (base && *path != '/') {
		base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (base_fd < 0)
			return -errno;
	}
	fd = openat(base_fd, len ? dir : ".",
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	if (base_fd >= 0)
		close(base_fd);
	return fd;
}

static void name_temp(struct pidfile *p)
{
	unsigned int number = 0;

	/* Short of entropy at worst the PID alone has to do. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = 0;
	snprintf(p->temp, sizeof(p->temp), ".criu-ns.pid.%d.%08x", getpid(),
		 number);
}

/* Not every file system has files without a name: overlayfs and NFS lack it. */
static int open_temp(struct pidfile *p)
{
	p->fd = openat(p->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, MODE);
	if (p->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return -errno;
	name_temp(p);
	p->fd = openat(p->dir, p->temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC,
		       MODE);
	return p->fd < 0 ? -errno : 0;
}

int pidfile_prepare(struct pidfile *p, const char *path, const char *base)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	int err;

	*p = PIDFILE_NONE;
	p->path = strdup(path);
	if (!p->path)
		return -ENOMEM;
	p->name = slash ? p->path + (slash + 1 - path) : p->path;
	if (!*p->name)
		return -EISDIR;
	p->dir = open_dir(base, path, slash ? (size_t)(slash + 1 - path) : 0);
	if (p->dir < 0)
		return p->dir;
	if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return -EEXIST;
	err = open_temp(p);
	if (err < 0)
		return err;
	if (write(p->fd, "0000000000\n", 11) != 11)
		return errno ? -errno : -ENOSPC;
	return 0;
}

static int give_name(struct pidfile *p)
{
	char path[64];

	if (*p->temp)
		return 0;
	name_temp(p);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p->fd);
	if (linkat(AT_FDCWD, path, p->dir, p->temp, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return 0;
}

int pidfile_write(struct pidfile *p, int pid)
{
	char text[16];
	int n, err;

	n = snprintf(text, sizeof(text), "%d", pid);
	if (pwrite(p->fd, text, (size_t)n, 0) != n || ftruncate(p->fd, n) < 0)
		return -errno;
	err = give_name(p);
	if (err < 0)
		return err;
	if (renameat(p->dir, p->temp, p->dir, p->name) < 0)
		return -errno;
	*p->temp = '\0';
	return 0;
}

void pidfile_remove(struct pidfile *p)
{
	/* Without one there is nothing to remove. */
	if (p->fd >= 0)
		unlinkat(p->dir, p->name, 0);
}

void pidfile_drop(struct pidfile *p)
{
	if (p->dir >= 0 && *p->temp)
		unlinkat(p->dir, p->temp, 0);
	if (p->fd >= 0)
		close(p->fd);
	if (p->dir >= 0)
		close(p->dir);
	free(p->path);
	*p = PIDFILE_NONE;
}
