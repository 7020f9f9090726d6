/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "image/parts.h"

/* As many as CRIU follows; a ring of links ends here. */
#define DEPTH_MAX 128

struct syncing {
	bool wait;
	struct image_problem *problem;
};

static int sync_problem(struct image_problem *problem, const char *name,
			int err)
{
	snprintf(problem->file, sizeof(problem->file), "%s", name);
	snprintf(problem->text, sizeof(problem->text), "%s", strerror(err));
	return -err;
}

/* What is no regular file holds nothing that could be lost. */
static int sync_file(int dir, const char *name, void *arg)
{
	struct syncing *syncing = arg;
	struct stat s;
	int fd, err = 0;

	if (fstatat(dir, name, &s, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(s.st_mode))
		return 0;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return sync_problem(syncing->problem, name, errno);
	/* To start the first is only for speed: fsync() tells what is wrong. */
	if (!syncing->wait)
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	else if (fsync(fd) < 0)
		err = errno;
	close(fd);
	return err ? sync_problem(syncing->problem, name, err) : 0;
}

static int sync_files(int dir, bool wait, struct image_problem *problem)
{
	struct syncing syncing = {.wait = wait, .problem = problem};
	int fd, err;

	err = image_parts_each(dir, sync_file, &syncing);
	if (err && !problem->text[0])
		return sync_problem(problem, "", -err);
	if (err || !wait)
		return err;
	/* The caller's descriptor may be one that is good for names only. */
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		err = sync_problem(problem, "", errno);
	if (fd >= 0)
		close(fd);
	return err;
}

/* All writes are started before the first is waited for. */
int image_sync(int dir, struct image_problem *problem)
{
	int at = dir, up, depth, err;

	*problem = (struct image_problem){0};
	for (depth = 0;; depth++) {
		err = sync_files(at, false, problem);
		if (!err)
			err = sync_files(at, true, problem);
		up = err || depth == DEPTH_MAX
			     ? -1
			     : openat(at, "parent",
				      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (at != dir)
			close(at);
		if (up < 0)
			return err;
		at = up;
	}
}
