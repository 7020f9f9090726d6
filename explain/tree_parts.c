/* SPDX-License-Identifier: MIT */
#include "explain/tree_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELETED " (deleted)"

int tree_parts_read(int dir, const char *name, char *buf, size_t size)
{
	ssize_t n;
	int fd, err;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	buf[n] = '\0';
	return 0;
}

bool tree_parts_is_number(const char *name)
{
	return *name >= '0' && *name <= '9';
}

void *tree_parts_grow(void *list, size_t n, size_t element)
{
	return n & (n - 1) ? list : realloc(list, (n ? 2 * n : 1) * element);
}

uint32_t tree_inode(const char *link, const char *kind)
{
	size_t len = strlen(kind);

	if (strncmp(link, kind, len) != 0 || strncmp(link + len, ":[", 2) != 0)
		return 0;
	return (uint32_t)strtoul(link + len + 2, NULL, 10);
}

bool tree_deleted(const struct tree_fd *f)
{
	size_t len = strlen(f->link), tail = strlen(DELETED);

	return f->link[0] == '/' && len > tail &&
	       !strcmp(f->link + len - tail, DELETED);
}

static int read_fd(int fds, int infos, const char *name, struct tree_fd *f)
{
	char link[PATH_MAX + 16], text[4096];
	ssize_t n;

	n = readlinkat(fds, name, link, sizeof(link) - 1);
	if (n < 0 || fstatat(fds, name, &f->st, 0) < 0 ||
	    tree_parts_read(infos, name, text, sizeof(text)) < 0)
		return 0;
	link[n] = '\0';
	f->fd = atoi(name);
	f->link = strdup(link);
	if (!f->link)
		return -ENOMEM;
	fdinfo_parse(text, &f->info);
	if (!strcmp(link, "anon_inode:[eventpoll]"))
		f->text = strdup(text);
	return 1;
}

static int read_fds(struct tree_process *p, DIR *fds, int infos)
{
	struct tree_fd *list;
	struct dirent *e;
	int got = 0;

	while (got >= 0 && (e = readdir(fds))) {
		if (!tree_parts_is_number(e->d_name))
			continue;
		list = tree_parts_grow(p->fd, p->n_fds, sizeof(*list));
		if (!list)
			return -ENOMEM;
		p->fd = list;
		list[p->n_fds] = (struct tree_fd){0};
		got = read_fd(dirfd(fds), infos, e->d_name, &list[p->n_fds]);
		p->n_fds += got > 0;
	}
	return got < 0 ? got : 0;
}

int tree_parts_files(int dir, struct tree_process *p)
{
	int fd, infos, err = 0;
	DIR *fds = NULL;

	fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	infos = openat(dir, "fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fds = fdopendir(fd);
	if (fds && infos >= 0)
		err = read_fds(p, fds, infos);
	if (infos >= 0)
		close(infos);
	if (fds)
		closedir(fds);
	else if (fd >= 0)
		close(fd);
	return err;
}
