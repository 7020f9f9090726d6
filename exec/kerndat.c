/* SPDX-License-Identifier: MIT */
#include "exec/kerndat.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "exec/probe.h"
#include "mount/cover.h"

static bool is_in_run(const char *path)
{
	size_t len = strlen(KERNDAT_DIR);

	return !strncmp(path, KERNDAT_DIR, len) &&
	       (path[len] == '/' || !path[len]);
}

/* One that has to be made yet is where its directory is. */
static bool leads_into_run(const char *path)
{
	char full[PATH_MAX], above[PATH_MAX];

	/* It names a descriptor, by a number of the new namespace. */
	if (!strncmp(path, "/proc/", 6))
		return false;
	if (realpath(path, full))
		return is_in_run(full);
	snprintf(above, sizeof(above), "%s", path);
	return is_in_run(path) || !realpath(dirname(above), full) ||
	       is_in_run(full);
}

/* --name=value; a path may stand behind a colon, and before a comma. */
static bool word_leads_into_run(const char *word)
{
	const char *value = strchr(word, '='), *colon;
	char path[PATH_MAX];

	value = value ? value + 1 : word;
	colon = strrchr(value, ':');
	if (colon && colon[1] == '/') {
		snprintf(path, sizeof(path), "%.*s",
			 (int)strcspn(colon + 1, ","), colon + 1);
		return leads_into_run(path);
	}
	return *value == '/' && leads_into_run(value);
}

static bool keeps_its_own(void)
{
	struct statfs fs;
	struct stat st;

	return lstat(KERNDAT_DIR, &st) < 0 || !S_ISDIR(st.st_mode) ||
	       statfs(KERNDAT_DIR, &fs) < 0 || fs.f_type == TMPFS_MAGIC;
}

static bool is_wanted(char *const *argv, const char *images,
		      const char *work_dir)
{
	const char *libraries = getenv("LD_LIBRARY_PATH");

	if (geteuid() != 0 || keeps_its_own() || leads_into_run(images) ||
	    leads_into_run(work_dir) || leads_into_run("."))
		return false;
	if (libraries && strstr(libraries, KERNDAT_DIR))
		return false;
	for (; *argv; argv++)
		if (word_leads_into_run(*argv) ||
		    !strcmp(*argv, "--unprivileged"))
			return false;
	return true;
}

void kerndat_prepare(struct kerndat *ret, const struct criu *criu,
		     char *const *argv, const char *images,
		     const char *work_dir)
{
	char key[SHELF_KEY];
	ssize_t n;

	ret->size = 0;
	if (!is_wanted(argv, images, work_dir) ||
	    probe_key(criu, key, sizeof(key)) < 0)
		return;
	n = shelf_get(key, ret->data);
	/* What can't be kept is not worth a criu of its own. */
	if (n == -ENOENT) {
		n = probe_run(criu, ret->data, sizeof(ret->data));
		/* If somebody else is at it as well, his is as good. */
		if (n >= 0)
			shelf_put(key, ret->data, (size_t)n);
	}
	/* None: that criu keeps it elsewhere. */
	ret->size = n > 0 ? (size_t)n : 0;
}

/*
 * A lease: who opens the file waits in open(2) until it is given back, and
 * SIGIO says so.
 */
static int lay_out(const struct kerndat *k, struct kerndat_feed *f)
{
	sigset_t set;
	ssize_t n;

	f->file =
		open(KERNDAT_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->file < 0)
		return -errno;
	n = write(f->file, k->data, k->size);
	if (n != (ssize_t)k->size)
		return n < 0 ? -errno : -ENOSPC;
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	f->opened = signalfd(-1, &set, SFD_CLOEXEC);
	if (f->opened < 0 || fcntl(f->file, F_SETLEASE, F_WRLCK) < 0)
		return -errno;
	return 0;
}

void kerndat_cover(const struct kerndat *k, struct kerndat_feed *ret)
{
	*ret = KERNDAT_FEED_NONE;
	if (!k || !k->size || mount_cover(KERNDAT_DIR) < 0)
		return;
	if (lay_out(k, ret) == 0)
		return;
	kerndat_end(ret);
	mount_uncover(KERNDAT_DIR);
}

int kerndat_feed(struct kerndat_feed *f)
{
	int err, lease;

	err = mount_uncover(KERNDAT_DIR);
	if (err)
		return err;
	/* The kernel ends a lease by itself after /proc/sys/fs/
	 * lease-break-time: then criu has seen the cover. */
	lease = fcntl(f->file, F_GETLEASE);
	if (lease < 0)
		return -errno;
	kerndat_end(f);
	return lease == F_UNLCK ? -ETIMEDOUT : 0;
}

void kerndat_end(struct kerndat_feed *f)
{
	/* With the file goes its lease. */
	if (f->file >= 0)
		close(f->file);
	if (f->opened >= 0)
		close(f->opened);
	*f = KERNDAT_FEED_NONE;
}
