/* SPDX-License-Identifier: MIT */
#include "exec/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "exec/message.h"
#include "explain/log.h"
#include "mount/proc.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* From this level on criu writes time stamps, and the lines have no level. */
#define LEVEL_ALL 3
#define LEVEL_DEFAULT 2

#define TICK_NS 100000000
#define FREE_FROM ((off_t)8 << 20)

/* A pipe takes that much at once when it can be written to. */
#define BATCH 4096

static int read_level(const struct argv *a)
{
	int level = LEVEL_DEFAULT;
	const char *value;
	size_t i;

	for (i = 0; i < a->n_options; i++) {
		if (a->option[i].row->id != OPT_VERBOSITY)
			continue;
		value = a->option[i].value;
		if (!value)
			level++;
		else if (*value == 'v')
			level += (int)strlen(value) + 1;
		else
			level = (int)strtol(value, NULL, 10);
	}
	return level;
}

/* As the user would reach it: relative to the work directory. */
static char *log_path(const struct argv *a)
{
	const char *file = argv_last(a, OPT_LOG_FILE);
	const char *dir = argv_last(a, OPT_WORK_DIR);
	char *path;

	if (!dir)
		dir = argv_last(a, OPT_IMAGES_DIR);
	if (*file == '/' || !dir)
		return strdup(file);
	if (asprintf(&path, "%s/%s", dir, file) < 0)
		return NULL;
	return path;
}

static bool is_regular_or_new(struct capture *c)
{
	struct stat st;

	if (stat(c->name, &st) < 0)
		return true;
	c->before = st.st_mtim;
	return S_ISREG(st.st_mode);
}

/* It may be of an earlier run: criu can fail before it opens its log. */
static bool is_new(const struct capture *c, const struct stat *st)
{
	return S_ISREG(st->st_mode) &&
	       (st->st_mtim.tv_sec != c->before.tv_sec ||
		st->st_mtim.tv_nsec != c->before.tv_nsec);
}

static int make_memory(void)
{
	int fd = memfd_create("criu-ns-log", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	/* Linux before 6.3 doesn't know the second one. */
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("criu-ns-log", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int make_timer(void)
{
	struct itimerspec tick = {{0, TICK_NS}, {0, TICK_NS}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, 0, &tick, NULL);
	return fd;
}

/* What is there is cut when criu has opened its log: see start(). */
static int open_out(struct capture *c)
{
	if (c->to_file)
		c->out = open(c->name,
			      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	else
		c->out = fcntl(c->to_stdout ? STDOUT_FILENO : STDERR_FILENO,
			       F_DUPFD_CLOEXEC, 3);
	if (c->out >= 0)
		return 0;
	return message_fail("cannot write log file '%s': %s",
			    c->name ? c->name : "-", strerror(errno));
}

/* Level 4 is twice the lines of 3; what they tell is needed of a dump only. */
static const char *our_level(const struct capture *c)
{
	return c->story.phase == PHASE_DUMP ? "4" : "3";
}

static int redirect(struct capture *c, struct argv *a)
{
	char path[64];
	int err = 0;

	/* By our number: nobody inherits it, and world_...() finds it. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), c->fd);
	argv_drop(a, OPT_LOG_FILE);
	if (c->level < LEVEL_ALL) {
		argv_drop(a, OPT_VERBOSITY);
		err = argv_append(a, "verbosity", false, our_level(c));
	}
	if (!err)
		err = argv_append(a, "log-file", false, path);
	return err ? message_fail("cannot build criu's command line: %s",
				  strerror(-err))
		   : 0;
}

int capture_open(struct capture *c, struct argv *a, enum rule_phase phase)
{
	const char *file = argv_last(a, OPT_LOG_FILE);

	*c = (struct capture)CAPTURE_NONE;
	c->story.phase = phase;
	c->level = read_level(a);
	c->to_file = file && strcmp(file, "-") != 0;
	if (c->to_file)
		c->name = log_path(a);
	if (argv_flag(a, OPT_NO_EXPLAIN) || argv_flag(a, OPT_LOG_PID))
		return 0;
	if (c->to_file && !c->name)
		return message_fail("no memory");
	if (c->to_file && c->level >= LEVEL_ALL && is_regular_or_new(c))
		return 0;
	/* Without memory, or a /proc to reach it by, criu logs as it would. */
	if (mount_proc_is_own() != 1)
		return 0;
	c->fd = make_memory();
	if (c->fd < 0) {
		c->fd = -1;
		return 0;
	}
	c->to_stdout = file && !c->to_file;
	return redirect(c, a);
}

int capture_begin(struct capture *c)
{
	if (c->fd < 0)
		return 0;
	c->timer = make_timer();
	return open_out(c);
}

/* The two messages of levels 3 and 4 that have more than one line. */
static bool goes_on(const struct log_line *line)
{
	static const char start_args[] = "task_args: ";
	static const char end_stack[] = "has stack:";
	size_t n = sizeof(start_args) - 1, m = sizeof(end_stack) - 1;

	return (line->len >= n && !memcmp(line->text, start_args, n)) ||
	       (line->len >= m &&
		!memcmp(line->text + line->len - m, end_stack, m));
}

/* Code of criu's inside of a task to be dumped writes no time stamps. */
static bool is_parasite(const struct log_line *line)
{
	static const char start[] = "pie: ";
	size_t len = (size_t)(line->text - line->message);

	return len >= sizeof(start) - 1 &&
	       !memcmp(line->message, start, sizeof(start) - 1);
}

/*
 * Lines without a time stamp: those before the log was open, what programs
 * that criu runs have printed, and what belongs to the line before.
 */
static bool is_for_user(struct capture *c, const struct log_line *line)
{
	if (c->level >= LEVEL_ALL)
		return true;
	if (line->level != LOG_LEVEL_REST)
		c->inside = false;
	else if (line->stamped)
		c->inside = goes_on(line);
	if (line->level != LOG_LEVEL_REST)
		return (int)line->level <= c->level;
	return !line->stamped && !c->inside && !is_parasite(line);
}

struct batch {
	char text[BATCH];
	size_t len;
	int fd;
};

/* A log that can't be written is no reason to stop: so it is for criu. */
static void write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

static void batch_flush(struct batch *b)
{
	write_all(b->fd, b->text, b->len);
	b->len = 0;
}

static void batch_add(struct batch *b, const char *text, size_t len)
{
	if (b->len + len > sizeof(b->text))
		batch_flush(b);
	if (len > sizeof(b->text)) {
		write_all(b->fd, text, len);
		return;
	}
	memcpy(b->text + b->len, text, len);
	b->len += len;
}

static void start(struct capture *c)
{
	struct stat st;

	if (c->started)
		return;
	c->started = true;
	if (c->to_file && fstat(c->out, &st) == 0 && S_ISREG(st.st_mode) &&
	    ftruncate(c->out, 0) < 0)
		return;
}

/* @len: with its line end, if it has one. */
static void take_line(struct capture *c, struct batch *b, const char *at,
		      size_t len)
{
	struct log_line line;
	size_t number = 0;
	bool shown;

	log_split(at, len - (at[len - 1] == '\n'), &line);
	shown = is_for_user(c, &line);
	if (shown) {
		c->shown++;
		if (c->level < LEVEL_ALL && line.stamped)
			batch_add(b, line.message,
				  len - (size_t)(line.message - at));
		else
			batch_add(b, at, len);
		if (c->to_file)
			number = c->shown;
	}
	story_take(&c->story, &line, number);
}

static bool can_write(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) != 0;
}

/* Takes lines from a block; returns how much of it. */
static size_t take_block(struct capture *c, char *block, size_t len, bool final)
{
	struct batch b = {.fd = c->out};
	char *at = block, *end;
	size_t left = len;

	while (left) {
		end = memchr(at, '\n', left);
		/* A line without an end waits for it, unless there is none. */
		if (!end && !final && left < LOG_LONGEST)
			break;
		/* Who reads slowly must not keep us from signals. */
		if (!final && !b.len && !can_write(c->out))
			break;
		len = end ? (size_t)(end - at) + 1 : left;
		take_line(c, &b, at, len);
		at += len;
		left -= len;
	}
	batch_flush(&b);
	return (size_t)(at - block);
}

static void give_back(struct capture *c)
{
	off_t end = c->at & ~(off_t)4095;

	if (end - c->freed < FREE_FROM)
		return;
	/* If that fails, the log takes more memory. */
	if (fallocate(c->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      c->freed, end - c->freed) == 0)
		c->freed = end;
}

static void pass_on(struct capture *c, bool final)
{
	static char block[4 * LOG_LONGEST];
	size_t taken;
	ssize_t n;

	do {
		n = pread(c->fd, block, sizeof(block), c->at);
		if (n <= 0)
			return;
		start(c);
		taken = take_block(c, block, (size_t)n, false);
		if (final && !taken)
			taken = take_block(c, block, (size_t)n, true);
		c->at += (off_t)taken;
		give_back(c);
	} while (taken);
}

void capture_step(struct capture *c)
{
	unsigned long long ticks;

	if (c->timer >= 0 && read(c->timer, &ticks, sizeof(ticks)) < 0 &&
	    errno != EAGAIN)
		return;
	if (c->fd >= 0)
		pass_on(c, false);
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void capture_end(struct capture *c)
{
	if (c->fd >= 0)
		pass_on(c, true);
	drop(&c->fd);
	drop(&c->out);
	drop(&c->timer);
}

const struct story *capture_story(struct capture *c)
{
	struct stat st;
	int fd;

	if (c->story.n_seen || !c->name)
		return &c->story;
	fd = open(c->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return &c->story;
	/* An error while reading leaves what was read so far. */
	if (fstat(fd, &st) == 0 && is_new(c, &st))
		log_each(fd, story_take, &c->story);
	close(fd);
	return &c->story;
}

void capture_close(struct capture *c)
{
	capture_end(c);
	story_free(&c->story);
	free(c->name);
	c->name = NULL;
}
