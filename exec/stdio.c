/* SPDX-License-Identifier: MIT */
#include "exec/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "exec/message.h"
#include "ns/process.h"

static const char *const names[] = {"stdin", "stdout", "stderr"};

static const char *name_of(const struct stdio_fd *f, char buf[24])
{
	if (f->number <= STDERR_FILENO)
		return names[f->number];
	snprintf(buf, 24, "descriptor %d", f->number);
	return buf;
}

/* --- Looking ---------------------------------------------------------------
 */

/* main() has filled what was closed, with /dev/null open the wrong way. */
static bool was_closed(int fd, const struct stat *st)
{
	int wrong = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

	return fd <= STDERR_FILENO && S_ISCHR(st->st_mode) &&
	       st->st_rdev == makedev(1, 3) &&
	       (fcntl(fd, F_GETFL) & O_ACCMODE) == wrong;
}

static int look_path(struct stdio_fd *f, const struct stat *st)
{
	char link[64], path[PATH_MAX], name[24];
	struct stat is;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", f->number);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return message_fail("cannot read '%s': %s", link,
				    strerror(errno));
	path[n] = '\0';
	if (*path != '/' || stat(path, &is) < 0 || is.st_dev != st->st_dev ||
	    is.st_ino != st->st_ino)
		return message_fail("%s is '%s', which no path leads to any "
				    "more: the program could not be restored "
				    "with it (give it another file, such as by "
				    "--stdout FILE)",
				    name_of(f, name), path);
	f->path = strdup(path);
	if (!f->path)
		return message_fail("no memory");
	f->flags = fcntl(f->number, F_GETFL) &
		   (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_SYNC |
		    O_DSYNC | O_NOATIME | O_PATH | O_DIRECTORY);
	f->at = lseek(f->number, 0, SEEK_CUR);
	f->seeks = f->at >= 0 && S_ISREG(st->st_mode);
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	return 0;
}

static bool is_pipe(int fd)
{
	char link[64], text[8] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, text, sizeof(text) - 1) > 0 &&
	       !strncmp(text, "pipe:[", 6);
}

static int look_one(struct stdio_fd *f, bool detached)
{
	char name[24];
	struct stat st;

	if (fstat(f->number, &st) < 0) {
		if (f->number > STDERR_FILENO)
			return message_fail("descriptor %d is not open "
					    "(--keep-fd)",
					    f->number);
		f->kind = STDIO_CLOSED;
		return 0;
	}
	if (was_closed(f->number, &st))
		f->kind = STDIO_CLOSED;
	else if (isatty(f->number))
		f->kind = STDIO_TERMINAL;
	else if (is_pipe(f->number))
		f->kind = STDIO_PIPE;
	else if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode))
		f->kind = STDIO_RELAYED;
	else
		f->kind = STDIO_PATH;
	if (f->kind == STDIO_TERMINAL && f->number > STDERR_FILENO)
		return message_fail("descriptor %d is a terminal, which only "
				    "stdin, stdout and stderr can be",
				    f->number);
	if (f->kind == STDIO_PIPE && detached && f->number <= STDERR_FILENO)
		return message_fail("%s is a pipe, which ends with the caller "
				    "(with -d use --%s FILE)",
				    name_of(f, name), name_of(f, name));
	if (f->kind == STDIO_RELAYED && detached)
		return message_fail("%s is a socket or fifo, and with -d "
				    "nobody carries what goes through it (use "
				    "--stdin, --stdout, --stderr FILE)",
				    name_of(f, name));
	return f->kind == STDIO_PATH ? look_path(f, &st) : 0;
}

/* What is opened by FILE appends: a job that goes on later must not start its
 * output over again. */
static int look_file(struct stdio_fd *f, const char *path)
{
	int flags = f->number == STDIN_FILENO ? O_RDONLY
					      : O_WRONLY | O_CREAT | O_APPEND;
	char real[PATH_MAX];
	struct stat st;
	int fd;

	fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0 || fstat(fd, &st) < 0 || !realpath(path, real))
		return message_fail("cannot open '%s' (--%s): %s", path,
				    names[f->number], strerror(errno));
	close(fd);
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return message_fail("'%s' is no file (--%s)", path,
				    names[f->number]);
	f->kind = STDIO_PATH;
	f->path = strdup(real);
	f->flags = flags & ~O_CREAT;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return f->path ? 0 : message_fail("no memory");
}

/* 2>&1: two that share one offset must go on doing so. */
static void look_shared(struct stdio *s, size_t at)
{
	struct stdio_fd *f = &s->fd[at];
	pid_t me = getpid();
	size_t i;

	if (f->kind == STDIO_CLOSED || f->kind == STDIO_TERMINAL)
		return;
	/* A pipe of ours goes one way. */
	i = f->kind == STDIO_RELAYED ? STDOUT_FILENO : STDIN_FILENO;
	for (; i < at && f->same_as < 0; i++)
		if (s->fd[i].kind == f->kind &&
		    syscall(SYS_kcmp, me, me, KCMP_FILE, s->fd[i].number,
			    f->number) == 0)
			f->same_as = (int)i;
}

static int look_stdio(struct stdio *s, const struct argv *a, bool detached)
{
	static const enum option_id option[] = {OPT_STDIN, OPT_STDOUT,
						OPT_STDERR};
	const char *path;
	int i, status;

	for (i = 0; i <= STDERR_FILENO; i++) {
		struct stdio_fd *f = &s->fd[s->n++];

		*f = (struct stdio_fd){.number = i,
				       .same_as = -1,
				       .inside = -1,
				       .outside = -1};
		path = argv_last(a, option[i]);
		status = path ? look_file(f, path) : look_one(f, detached);
		if (status)
			return status;
		if (!path)
			look_shared(s, s->n - 1);
		else if (i && s->fd[i - 1].path && s->fd[i - 1].dev == f->dev &&
			 s->fd[i - 1].ino == f->ino &&
			 argv_last(a, option[i - 1]))
			f->same_as = i - 1;
		s->terminal |= f->kind == STDIO_TERMINAL;
	}
	return 0;
}

static int look_kept(struct stdio *s, const char *text, bool detached)
{
	struct stdio_fd *f = &s->fd[s->n];
	char *end;
	long fd;

	errno = 0;
	fd = strtol(text, &end, 10);
	if (errno || *end || end == text || fd <= STDERR_FILENO || fd > INT_MAX)
		return message_fail("'%s' is no descriptor above 2 (--keep-fd "
				    "N)",
				    text);
	if (s->n == STDIO_MAX)
		return message_fail("there are too many --keep-fd");
	*f = (struct stdio_fd){
		.number = (int)fd, .same_as = -1, .inside = -1, .outside = -1};
	s->n++;
	return look_one(f, detached);
}

static int by_number(const void *a, const void *b)
{
	const struct stdio_fd *x = a, *y = b;

	return x->number - y->number;
}

int stdio_pipe(struct stdio_fd *f)
{
	int ends[2], in = f->number == STDIN_FILENO;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	f->inside = ends[!in];
	f->outside = ends[in];
	/* We must not wait for the program. */
	return fcntl(f->outside, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int stdio_look(struct stdio *s, const struct argv *a, bool detached)
{
	size_t i;
	int status;

	s->n = 0;
	status = look_stdio(s, a, detached);
	for (i = 0; i < a->n_options && !status; i++)
		if (a->option[i].row->id == OPT_KEEP_FD)
			status = look_kept(s, a->option[i].value, detached);
	qsort(s->fd, s->n, sizeof(*s->fd), by_number);
	for (i = 3; i < s->n && !status; i++) {
		if (s->fd[i].number == s->fd[i - 1].number)
			return message_fail("--keep-fd %d is given twice",
					    s->fd[i].number);
		look_shared(s, i);
	}
	return status;
}

int stdio_make_pipes(struct stdio *s)
{
	size_t i;
	int err = 0;

	for (i = 0; i < s->n && !err; i++) {
		if (s->fd[i].kind != STDIO_RELAYED || s->fd[i].same_as >= 0)
			continue;
		if (s->fd[i].number > STDERR_FILENO) /* goes one way only */
			return message_fail("descriptor %d is a socket or "
					    "fifo, which can't be kept "
					    "(--keep-fd)",
					    s->fd[i].number);
		err = stdio_pipe(&s->fd[i]);
	}
	return err ? message_fail("cannot make a pipe: %s", strerror(-err)) : 0;
}

/* --- Opening ---------------------------------------------------------------
 */

/* A copy with a number above all that the command shall have. */
static int above(const struct stdio *s, int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, s->fd[s->n - 1].number + 1);
}

static int open_path(const struct stdio *s, const struct stdio_fd *f)
{
	struct stat st;
	int fd, high, err = 0;

	fd = open(f->path, f->flags | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || (f->seeks && lseek(fd, f->at, SEEK_SET) < 0))
		err = -errno;
	else if (st.st_dev != f->dev || st.st_ino != f->ino)
		err = -ESTALE;
	high = above(s, fd);
	if (high < 0 && !err)
		err = -errno;
	close(fd);
	if (err && high >= 0)
		close(high);
	return err ? err : high;
}

static int open_one(const struct stdio *s, const struct stdio_fd *f, int slave,
		    const int *opened)
{
	int fd = -1;

	if (f->same_as >= 0)
		fd = opened[f->same_as];
	else if (f->kind == STDIO_PATH)
		return open_path(s, f);
	else if (f->kind == STDIO_TERMINAL)
		fd = slave;
	else if (f->kind == STDIO_PIPE)
		fd = f->number;
	else if (f->kind == STDIO_RELAYED)
		fd = f->inside;
	fd = above(s, fd);
	return fd < 0 ? -errno : fd;
}

/* All that were opened have greater numbers than those that they shall get. */
static int put_in_place(const struct stdio *s, int *opened, int keep)
{
	int from = 0, to, err = 0;
	size_t i;

	for (i = 0; i < s->n && !err; i++) {
		if (s->fd[i].kind == STDIO_CLOSED)
			continue;
		to = s->fd[i].number;
		if (to > from)
			err = ns_close_range((unsigned int)from,
					     (unsigned int)to - 1);
		if (!err && dup2(opened[i], to) < 0)
			err = -errno;
		from = to + 1;
	}
	if (!err && keep > from)
		err = ns_close_range((unsigned int)from,
				     (unsigned int)keep - 1);
	return err ? err : ns_close_range((unsigned int)keep + 1, ~0U);
}

int stdio_open(const struct stdio *s, int slave, int *keep,
	       struct stdio_error *ret)
{
	int opened[STDIO_MAX], err = 0;
	size_t i;

	*ret = (struct stdio_error){.number = -1};
	*keep = above(s, *keep);
	if (*keep < 0)
		return ret->err = -errno;
	for (i = 0; i < s->n && !err; i++) {
		if (s->fd[i].kind == STDIO_CLOSED)
			continue;
		opened[i] = open_one(s, &s->fd[i], slave, opened);
		if (opened[i] < 0) {
			err = opened[i];
			ret->number = s->fd[i].number;
		}
	}
	if (!err)
		err = put_in_place(s, opened, *keep);
	return ret->err = err;
}

int stdio_share(const struct stdio *s)
{
	size_t i;

	for (i = 0; s && i < s->n; i++)
		if (s->fd[i].inside >= 0 &&
		    fcntl(s->fd[i].inside, F_SETFD, 0) < 0)
			return -errno;
	return 0;
}

/* --- Afterwards ------------------------------------------------------------
 */

void stdio_started(struct stdio *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->fd[i].inside >= 0)
			close(s->fd[i].inside);
		s->fd[i].inside = -1;
	}
}

void stdio_finish(const struct stdio *s)
{
	const struct stdio_fd *f;

	for (f = s->fd; f < s->fd + s->n; f++)
		if (f->kind == STDIO_PATH && f->seeks && f->same_as < 0 &&
		    (f->flags & O_ACCMODE) != O_RDONLY &&
		    !(f->flags & O_APPEND) &&
		    lseek(f->number, 0, SEEK_CUR) == f->at)
			lseek(f->number, 0, SEEK_END);
}

void stdio_free(struct stdio *s)
{
	size_t i;

	stdio_started(s);
	for (i = 0; i < s->n; i++) {
		free(s->fd[i].path);
		if (s->fd[i].outside >= 0)
			close(s->fd[i].outside);
	}
	s->n = 0;
}
