/* SPDX-License-Identifier: MIT */
#include "exec/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY NOTE_NAME ".tmp"

int note_write(int dir, const char *text)
{
	time_t now = time(NULL);
	char when[32] = "";
	struct tm tm;
	int fd, err;

	/* What is there may be anything: it is replaced, not opened. */
	if (unlinkat(dir, TEMPORARY, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	if (gmtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	err = dprintf(fd, "%s: %s\n", when, text) < 0 ? -errno : 0;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && renameat(dir, TEMPORARY, dir, NOTE_NAME) < 0)
		err = -errno;
	if (err)
		unlinkat(dir, TEMPORARY, 0);
	return err;
}

int note_remove(int dir)
{
	return unlinkat(dir, NOTE_NAME, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

bool note_read(int dir, char *ret, size_t size)
{
	struct stat note, inventory;
	ssize_t n = -1;
	char *p;
	int fd;

	fd = openat(dir, NOTE_NAME,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &note) == 0 && S_ISREG(note.st_mode) &&
	    (fstatat(dir, "inventory.img", &inventory, 0) < 0 ||
	     !is_older(&note.st_mtim, &inventory.st_mtim)))
		n = read(fd, ret, size - 1);
	close(fd);
	if (n < 0)
		return false;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	for (p = ret; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	return true;
}

bool note_is_there(int dir)
{
	char text[8];

	return note_read(dir, text, sizeof(text));
}
