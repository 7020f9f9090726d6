/* SPDX-License-Identifier: MIT */
#include "exec/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/message.h"
#include "exec/note.h"
#include "exec/series.h"
#include "exec/store.h"
#include "image/parts.h"

static int make(const char *path)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return message_fail("cannot make image directory '%s': %s", path,
			    strerror(errno));
}

int place_make(const char *pattern)
{
	char *slash, *path;
	int status, fd;

	path = strdup(pattern);
	if (!path)
		return message_fail("no memory");
	if (series_is(pattern)) {
		slash = strrchr(path, '/');
		if (slash == path)
			slash++;
		if (slash)
			*slash = '\0';
		else
			memcpy(path, ".", 2);
	}
	status = make(path);
	if (!status)
		status = before_directory(path, "image", &fd);
	if (!status)
		close(fd);
	free(path);
	return status;
}

/* A dump into it was begun and not completed, and there was none before. */
static bool is_unfinished(const char *pattern, int dir)
{
	char text[512];

	if (!note_read(dir, text, sizeof(text)) ||
	    faccessat(dir, IMAGE_OLD, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	message("'%s' holds no complete image (%s): the command is started",
		pattern, text);
	return true;
}

int place_look(const char *pattern, bool *ret_image)
{
	char path[PATH_MAX];
	struct store store;
	int dir, status, err;

	*ret_image = false;
	if (series_is(pattern)) {
		err = series_newest(pattern, path);
		if (err == -ENOENT)
			err = series_doubtful(pattern);
		else if (!err)
			err = 1;
		*ret_image = err > 0;
		if (err >= 0)
			return 0;
		return message_fail("cannot look for images '%s': %s", pattern,
				    strerror(-err));
	}
	status = store_open(&store, pattern, STORE_STAGED);
	store_close(&store);
	if (!status)
		status = before_directory(pattern, "image", &dir);
	if (status)
		return status;
	*ret_image = image_parts_found(dir) && !is_unfinished(pattern, dir);
	close(dir);
	return 0;
}

static int keep_one(const char *path)
{
	char name[PATH_MAX + 16];
	unsigned int n;

	for (n = 1; n < 100000; n++) {
		snprintf(name, sizeof(name), "%s.old.%u", path, n);
		if (access(name, F_OK) == 0)
			continue;
		if (rename(path, name) < 0)
			return message_fail("cannot rename '%s' to '%s': %s",
					    path, name, strerror(errno));
		message("the image in '%s' is kept as '%s'", path, name);
		return 0;
	}
	return message_fail("cannot keep the image in '%s': there are too many "
			    "'%s.old.N'",
			    path, path);
}

/* The program, which has our working directory, would move along. */
static bool is_ours(const char *path)
{
	char cwd[PATH_MAX];
	size_t len = strlen(path);

	return getcwd(cwd, sizeof(cwd)) && !strncmp(cwd, path, len) &&
	       (cwd[len] == '/' || !cwd[len]);
}

int place_clear(const char *pattern)
{
	char path[PATH_MAX];
	int status = 0;

	if (series_is(pattern)) {
		while (!status && series_newest(pattern, path) == 0)
			status = keep_one(path);
		return status;
	}
	/* Of a symbolic link, the directory is meant. */
	if (!realpath(pattern, path))
		return message_fail("cannot keep '%s': %s", pattern,
				    strerror(errno));
	if (is_ours(path))
		return message_fail("cannot keep the image in '%s': the "
				    "working directory is in there (start it "
				    "from elsewhere)",
				    path);
	status = keep_one(path);
	return status ? status : make(path);
}
