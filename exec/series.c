/* SPDX-License-Identifier: MIT */
#include "exec/series.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exec/message.h"
#include "exec/note.h"
#include "image/image.h"
#include "image/parts.h"

#define TIME_FORMAT "%Y%m%dT%H%M%SZ"
#define TIME_LENGTH 16

struct member {
	char *name;
	char key[64]; /* greater is newer */
	ino_t inode;
	bool keep;
};

struct series {
	const char *last; /* the last part of the pattern */
	int dir;	  /* where its members are */
	char *path;	  /* of that */
	struct member *member;
	size_t n;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool series_is(const char *pattern)
{
	const char *last = last_part(pattern);

	return strstr(last, "%n") || strstr(last, "%t");
}

/* Whether a name is one of the series; its key is the number or the time. */
static bool matches(const char *pattern, const char *name, char key[64])
{
	size_t len;

	*key = '\0';
	for (; *pattern; pattern++) {
		if (pattern[0] != '%' || !strchr("nt", pattern[1])) {
			if (*pattern != *name++)
				return false;
			continue;
		}
		len = pattern[1] == 't' ? TIME_LENGTH
					: strspn(name, "0123456789");
		if (!len || len > 19 || strlen(name) < len)
			return false;
		/* The number decides, if there are both. */
		if (pattern[1] == 'n')
			snprintf(key, 64, "%020llu", strtoull(name, NULL, 10));
		else if (!*key)
			snprintf(key, 64, "%.*s", (int)len, name);
		name += len;
		pattern++;
	}
	return *name == '\0';
}

static int newer_first(const void *a, const void *b)
{
	return strcmp(((const struct member *)b)->key,
		      ((const struct member *)a)->key);
}

static int add(int dir, const char *name, void *arg)
{
	struct series *s = arg;
	struct member *grown;
	struct stat st;
	char key[64];

	if (!matches(s->last, name, key) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode))
		return 0;
	grown = reallocarray(s->member, s->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->member = grown;
	grown += s->n;
	*grown = (struct member){.name = strdup(name), .inode = st.st_ino};
	if (!grown->name)
		return -ENOMEM;
	memcpy(grown->key, key, sizeof(grown->key));
	s->n++;
	return 0;
}

static void series_free(struct series *s)
{
	while (s->n)
		free(s->member[--s->n].name);
	free(s->member);
	free(s->path);
	if (s->dir >= 0)
		close(s->dir);
}

static int series_read(struct series *s, const char *pattern)
{
	int err;

	*s = (struct series){.last = last_part(pattern), .dir = -1};
	s->path = s->last == pattern
			  ? strdup("./")
			  : strndup(pattern, (size_t)(s->last - pattern));
	if (!s->path)
		return -ENOMEM;
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return -errno;
	err = image_parts_each(s->dir, add, s);
	if (s->n)
		qsort(s->member, s->n, sizeof(*s->member), newer_first);
	return err;
}

static int make_name(const char *pattern, unsigned long long number,
		     time_t when, char *ret, size_t size)
{
	char stamp[TIME_LENGTH + 8];
	struct tm tm;
	size_t len = 0;

	if (!gmtime_r(&when, &tm))
		return -EOVERFLOW;
	strftime(stamp, sizeof(stamp), TIME_FORMAT, &tm);
	for (; *pattern && len < size; pattern++) {
		if (pattern[0] == '%' && pattern[1] == 'n')
			len += (size_t)snprintf(ret + len, size - len, "%llu",
						number);
		else if (pattern[0] == '%' && pattern[1] == 't')
			len += (size_t)snprintf(ret + len, size - len, "%s",
						stamp);
		else
			ret[len++] = *pattern;
		pattern += pattern[0] == '%' && pattern[1] &&
			   strchr("nt", pattern[1]);
	}
	if (len >= size)
		return -ENAMETOOLONG;
	ret[len] = '\0';
	return 0;
}

static int put_path(const struct series *s, const char *name, char *ret)
{
	int n = snprintf(ret, PATH_MAX, "%s%s", s->path, name);

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* A clock that was set back must not put the newest behind the others. */
static time_t later(time_t now, const char *newest)
{
	struct tm tm = {0};
	time_t then;

	if (!strptime(newest, TIME_FORMAT, &tm))
		return now;
	then = timegm(&tm) + 1;
	return then > now ? then : now;
}

int series_next(const char *pattern, char ret[PATH_MAX])
{
	unsigned long long number = 1;
	time_t now = time(NULL);
	struct series s;
	char name[NAME_MAX + 1];
	int err;

	err = series_read(&s, pattern);
	if (!err && s.n && strstr(s.last, "%n"))
		number += strtoull(s.member[0].key, NULL, 10);
	else if (!err && s.n)
		now = later(now, s.member[0].key);
	/* Taken meanwhile, or in the same second: the next one. */
	for (; !err; number++, now++) {
		err = make_name(s.last, number, now, name, sizeof(name));
		if (!err && mkdirat(s.dir, name, 0700) == 0)
			break;
		if (!err && errno != EEXIST)
			err = -errno;
	}
	if (!err)
		err = put_path(&s, name, ret);
	series_free(&s);
	return err;
}

static bool ask(int dir, const char *name, bool (*is)(int fd))
{
	bool answer;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	answer = is(fd);
	close(fd);
	return answer;
}

static bool is_complete(int fd)
{
	return image_complete(fd) && !note_is_there(fd);
}

static bool is_doubtful(int fd)
{
	return image_parts_found(fd) && !image_complete(fd) &&
	       !note_is_there(fd);
}

int series_newest(const char *pattern, char ret[PATH_MAX])
{
	struct series s;
	size_t i = 0;
	int err;

	err = series_read(&s, pattern);
	while (!err && i < s.n && !ask(s.dir, s.member[i].name, is_complete))
		i++;
	if (!err && i == s.n)
		err = -ENOENT;
	if (!err)
		err = put_path(&s, s.member[i].name, ret);
	series_free(&s);
	return err;
}

/* What a kept image builds upon is kept, too, and what that builds upon. */
int series_doubtful(const char *pattern)
{
	struct series s;
	int err, doubtful = 0;
	size_t i;

	err = series_read(&s, pattern);
	for (i = 0; !err && i < s.n && !doubtful; i++)
		doubtful = ask(s.dir, s.member[i].name, is_doubtful);
	series_free(&s);
	return err ? err : doubtful;
}

static void keep_parents(struct series *s, const char *name)
{
	int at, up, depth;
	struct stat st;
	size_t i;

	at = openat(s->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (depth = 0; at >= 0; depth++) {
		up = depth == 128 ? -1
				  : openat(at, "parent",
					   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = up;
		if (at >= 0 && fstat(at, &st) == 0)
			for (i = 0; i < s->n; i++)
				s->member[i].keep |=
					s->member[i].inode == st.st_ino;
	}
}

static int remove_file(int dir, const char *name, void *arg)
{
	const char *log = arg;
	size_t len = strlen(name);

	if (!image_parts_has(name) && strncmp(name, "stats-", 6) != 0 &&
	    !(len > 4 && !strcmp(name + len - 4, ".log")) &&
	    !(log && !strcmp(name, log)))
		return 0;
	return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_one(int dir, const char *name, const char *log)
{
	int fd, err = 0;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Without its inventory it is no image any more. */
	if (unlinkat(fd, "inventory.img", 0) < 0)
		err = -errno;
	if (!err)
		err = image_parts_each(fd, remove_file, (void *)log);
	close(fd);
	if (!err && unlinkat(dir, name, AT_REMOVEDIR) < 0)
		err = -errno;
	return err;
}

void series_keep(const char *pattern, unsigned int keep, const char *newest,
		 const char *log)
{
	struct series s;
	size_t i;
	int err;

	err = series_read(&s, pattern);
	for (i = 0; !err && i < s.n; i++)
		s.member[i].keep = !strcmp(s.member[i].name, last_part(newest));
	keep--;
	for (i = 0; !err && i < s.n; i++) {
		if (s.member[i].keep ||
		    !ask(s.dir, s.member[i].name, is_complete)) {
			s.member[i].keep = true;
		} else if (keep) {
			s.member[i].keep = true;
			keep--;
		}
		if (s.member[i].keep)
			keep_parents(&s, s.member[i].name);
	}
	if (err)
		message("cannot look for old images of '%s': %s", pattern,
			strerror(-err));
	for (i = 0; !err && i < s.n; i++) {
		if (s.member[i].keep)
			continue;
		err = remove_one(s.dir, s.member[i].name, log);
		if (err == -ENOTEMPTY)
			message("old image '%s%s' is removed, but its "
				"directory holds other files",
				s.path, s.member[i].name);
		else if (err)
			message("cannot remove old image '%s%s': %s", s.path,
				s.member[i].name, strerror(-err));
		err = 0;
	}
	series_free(&s);
}
