/* SPDX-License-Identifier: MIT */
#include "exec/litter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".criu."
#define PATIENCE 50 /* ms */

/* A directory's status changes with what is made in it; criu makes nothing. */
static bool is_new(int dir, const char *name, const struct timespec *since)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return st.st_ctim.tv_sec > since->tv_sec ||
	       (st.st_ctim.tv_sec == since->tv_sec &&
		st.st_ctim.tv_nsec >= since->tv_nsec);
}

static bool has_new(const struct timespec *since)
{
	DIR *dir = opendir("/tmp");
	struct dirent *de;
	bool found = false;

	while (dir && !found && (de = readdir(dir)))
		found = !strncmp(de->d_name, PREFIX, strlen(PREFIX)) &&
			is_new(dirfd(dir), de->d_name, since);
	if (dir)
		closedir(dir);
	return found;
}

static long left_of(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return PATIENCE - (now.tv_sec - start->tv_sec) * 1000 -
	       (now.tv_nsec - start->tv_nsec) / 1000000;
}

void litter_wait(const struct timespec *since)
{
	char events[4096];
	struct timespec start;
	struct pollfd changes = {.events = POLLIN};
	long ms = PATIENCE;

	/* Watch first, look then: nothing goes unseen. */
	changes.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (changes.fd < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (inotify_add_watch(changes.fd, "/tmp", IN_DELETE) < 0)
		ms = 0;
	while (ms > 0 && has_new(since)) {
		if (poll(&changes, 1, (int)ms) > 0 &&
		    read(changes.fd, events, sizeof(events)) < 0)
			break;
		ms = left_of(&start);
	}
	close(changes.fd);
}

static void remove_mounted(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *de;
	char name[PATH_MAX];

	while (dir && (de = readdir(dir))) {
		if (strncmp(de->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, de->d_name);
		if (umount2(name, MNT_DETACH) == 0)
			rmdir(name);
	}
	if (dir)
		closedir(dir);
}

void litter_remove(const char *work_dir)
{
	remove_mounted("/tmp");
	remove_mounted(work_dir);
}
