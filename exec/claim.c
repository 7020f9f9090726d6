/* SPDX-License-Identifier: MIT */
#include "exec/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "exec/message.h"
#include "ns/process.h"

/* The parent's canonical path: two names of one directory are one claim. */
static int find_place(struct claim *c, const char *path)
{
	char real[PATH_MAX], copy[PATH_MAX], *base;
	int n;

	if (!realpath(path, real)) {
		n = snprintf(real, sizeof(real), "%s", path);
		if (errno != ENOENT || n >= (int)sizeof(real))
			return -errno;
	}
	memcpy(copy, real, sizeof(copy));
	base = basename(copy);
	n = snprintf(c->name, sizeof(c->name), ".%s.criu-ns-lock", base);
	if (n >= (int)sizeof(c->name))
		return -ENAMETOOLONG;
	c->dir = open(dirname(real), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->dir < 0 ? -errno : 0;
}

static int open_file(const struct claim *c)
{
	int fd = openat(c->dir, c->name,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

	return fd < 0 ? -errno : fd;
}

/* Whether the file is still the one of that name: its owner removes it. */
static int is_in_place(const struct claim *c)
{
	struct stat is, there;

	return fstat(c->fd, &is) == 0 &&
	       fstatat(c->dir, c->name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       is.st_dev == there.st_dev && is.st_ino == there.st_ino;
}

static const char *host_name(struct utsname *host)
{
	return uname(host) == 0 ? host->nodename : "";
}

static int refuse(const struct claim *c, const char *path)
{
	char text[256] = "", host[128] = "", title[256] = "", root_title[256];
	int launcher = 0, root = 0;
	struct utsname here;

	if (pread(c->fd, text, sizeof(text) - 1, 0) < 0 ||
	    sscanf(text, "%d %d %127s", &launcher, &root, host) != 3)
		return message_fail("'%s' is in use by another criu-ns run",
				    path);
	if (strcmp(host, host_name(&here)) != 0)
		return message_fail("'%s' is in use by a criu-ns run on host "
				    "%s",
				    path, host);
	if (launcher > 0 &&
	    ns_process_title(launcher, title, sizeof(title)) < 0)
		*title = '\0';
	if (root > 0 &&
	    ns_process_title(root, root_title, sizeof(root_title)) == 0 &&
	    *root_title)
		return message_fail("'%s' is in use: process %d (%s) runs from "
				    "it (end it first, or use another "
				    "directory)",
				    path, root, root_title);
	return message_fail("'%s' is in use by process %d (%s)", path, launcher,
			    *title ? title : "criu-ns run");
}

int claim_take(struct claim *c, const char *path)
{
	int err, status;

	*c = CLAIM_NONE;
	err = find_place(c, path);
	while (!err) {
		c->fd = open_file(c);
		if (c->fd < 0) {
			err = c->fd;
			break;
		}
		if (flock(c->fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK) {
				status = refuse(c, path);
				claim_leave(c);
				return status;
			}
			break; /* a file system without locks is no reason */
		}
		if (is_in_place(c))
			break;
		close(c->fd);
	}
	if (err)
		claim_leave(c);
	if (err)
		return message_fail("cannot use image directory '%s': %s", path,
				    strerror(-err));
	claim_name(c, getpid(), 0);
	return 0;
}

void claim_name(const struct claim *c, pid_t launcher, pid_t root)
{
	struct utsname host;
	char text[256];
	int n;

	if (c->fd < 0)
		return;
	n = snprintf(text, sizeof(text), "%d %d %s\n", launcher, root,
		     host_name(&host));
	/* It is for people: without it the lock does the same. */
	if (n < (int)sizeof(text) && ftruncate(c->fd, 0) == 0 &&
	    pwrite(c->fd, text, (size_t)n, 0) < 0)
		return;
}

void claim_leave(struct claim *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->dir >= 0)
		close(c->dir);
	*c = CLAIM_NONE;
}

void claim_end(struct claim *c)
{
	if (c->fd >= 0)
		unlinkat(c->dir, c->name, 0);
	claim_leave(c);
}
