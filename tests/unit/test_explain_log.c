/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "explain/log.h"
#include "explain/story.h"

static const struct {
	const char *line;
	enum log_level level;
	long pid;
	bool stamped;
	const char *text, *file;
} rows[] = {
	/* 3.17 to 4.2, level 3 and more */
	{"(00.034917)     15: Error (criu/cr-restore.c:1480): Can't fork",
	 LOG_LEVEL_ERROR, 15, true, "Can't fork", "criu/cr-restore.c"},
	{"(00.034917) pie: 15: Error (criu/pie/restorer.c:219): x: y",
	 LOG_LEVEL_ERROR, 15, true, "x: y", "criu/pie/restorer.c"},
	{"(00.034917) Warn  (compel/arch/x86/src/lib/infect.c:419): Will",
	 LOG_LEVEL_WARN, 0, true, "Will", "compel/arch/x86/src/lib/infect.c"},
	{"(00.034917) Version: 4.2 (gitid 0)", LOG_LEVEL_REST, 0, true,
	 "Version: 4.2 (gitid 0)", NULL},
	{"(00.034917) 1234567: x", LOG_LEVEL_REST, 1234567, true, "x", NULL},
	/* more than 99 seconds: 3.17, 4.2, restorer */
	{"(123.456789 Error (a.c:1): x", LOG_LEVEL_ERROR, 0, true, "x", "a.c"},
	{"(123.45678) Error (a.c:1): x", LOG_LEVEL_ERROR, 0, true, "x", "a.c"},
	{"(123.456789) pie: 4: Error (a.c:1): x", LOG_LEVEL_ERROR, 4, true, "x",
	 "a.c"},
	/* up to level 2 */
	{"    15: Error (a.c:1): x", LOG_LEVEL_ERROR, 15, false, "x", "a.c"},
	{"Error (a.c:1): x\r", LOG_LEVEL_ERROR, 0, false, "x", "a.c"},
	{"pie: 15: Warn  (a.c:1): x", LOG_LEVEL_WARN, 15, false, "x", "a.c"},
	{"pie: 15: __fetched msg: 3 0 0", LOG_LEVEL_REST, 15, false,
	 "__fetched msg: 3 0 0", NULL},
	/* what others put before it */
	{"Nov 23 podman[12]: time=x Error (a.c:1): y", LOG_LEVEL_ERROR, 0,
	 false, "y", "a.c"},
	/* no log at all */
	{"sh: 1: iptables: not found", LOG_LEVEL_REST, 0, false,
	 "sh: 1: iptables: not found", NULL},
	{"", LOG_LEVEL_REST, 0, false, "", NULL},
	{"(", LOG_LEVEL_REST, 0, false, "(", NULL},
	{"Error (", LOG_LEVEL_REST, 0, false, "Error (", NULL},
	{"Error (x", LOG_LEVEL_ERROR, 0, false, "(x", NULL},
	{"Error (a.c:1)", LOG_LEVEL_ERROR, 0, false, "", "a.c"},
	{"(00.034917) 15:", LOG_LEVEL_REST, 0, true, "15:", NULL},
};

START_TEST(line_is_split)
{
	struct log_line line;
	char *copy = strdup(rows[_i].line);

	/* On the heap, so that a sanitizer sees what is read behind it. */
	ck_assert_ptr_nonnull(copy);
	log_split(copy, strlen(copy), &line);
	ck_assert_int_eq(line.level, rows[_i].level);
	ck_assert_int_eq(line.pid, rows[_i].pid);
	ck_assert_int_eq(line.stamped, rows[_i].stamped);
	ck_assert_uint_eq(line.len, strlen(rows[_i].text));
	ck_assert(!memcmp(line.text, rows[_i].text, line.len));
	ck_assert_int_eq(line.file != NULL, rows[_i].file != NULL);
	if (line.file) {
		ck_assert_uint_eq(line.file_len, strlen(rows[_i].file));
		ck_assert(!memcmp(line.file, rows[_i].file, line.file_len));
	}
	free(copy);
}
END_TEST

struct seen {
	size_t n, longest;
	char last[32];
};

static void see(void *self, const struct log_line *line, size_t number)
{
	struct seen *s = self;

	ck_assert_uint_eq(number, ++s->n);
	if (line->len > s->longest)
		s->longest = line->len;
	memset(s->last, 0, sizeof(s->last));
	memcpy(s->last, line->text,
	       line->len < sizeof(s->last) ? line->len : sizeof(s->last) - 1);
}

static int memory(void)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void add(int fd, const char *text, size_t len)
{
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
}

START_TEST(all_lines_are_read)
{
	struct seen s = {0};
	int fd = memory(), i;
	char *longest = malloc(3 * LOG_LONGEST);

	ck_assert_ptr_nonnull(longest);
	memset(longest, 'x', 3 * LOG_LONGEST);
	for (i = 0; i < 100000; i++)
		add(fd, "(00.000001) a line\n", 19);
	add(fd, longest, 3 * LOG_LONGEST);
	add(fd, "\nlast", 5);
	lseek(fd, 0, SEEK_SET);
	ck_assert_int_eq(log_each(fd, see, &s), 0);
	ck_assert_uint_ge(s.n, 100002);
	ck_assert_str_eq(s.last, "last");
	free(longest);
	close(fd);
}
END_TEST

START_TEST(what_cannot_be_read)
{
	struct seen s = {0};
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(log_each(fd, see, &s), -EISDIR);
	ck_assert_int_eq(log_each(-1, see, &s), -EBADF);
	close(fd);
}
END_TEST

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of debug lines, and of errors that no rule knows: what a spinning criu logs.
 * CPU time, so that a busy machine is no failure. */
static const char *const lines[] = {
	"(00.034917)     15: Debug: something that happens all the time\n",
	"(00.034917)     15: Error (criu/pagemap.c:400): Can't find a page\n",
	"(00.034917) Error (criu/cr-restore.c:1): Can't fork for 4: File exist "
	"not\n",
	"    15: what is this line about, without a stamp (or not)?\n",
};

START_TEST(hundred_megabytes_in_a_second)
{
	static struct story s;
	size_t len = strlen(lines[_i]), have = 0, i;
	char *block = malloc(1 << 20);
	int fd = memory();
	double start;

	ck_assert_ptr_nonnull(block);
	while (have + len <= 1 << 20) {
		memcpy(block + have, lines[_i], len);
		have += len;
	}
	for (i = 0; i < 100; i++)
		add(fd, block, have);
	lseek(fd, 0, SEEK_SET);
	start = now();
	ck_assert_int_eq(log_each(fd, story_take, &s), 0);
	ck_assert_msg(now() - start < 1, "it took %.2f s", now() - start);
	story_free(&s);
	free(block);
	close(fd);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof(*(table))))

int main(void)
{
	Suite *s = suite_create("explain_log");
	TCase *c = tcase_create("log");
	SRunner *runner;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, line_is_split, 0, ROWS(rows));
	tcase_add_test(c, all_lines_are_read);
	tcase_add_test(c, what_cannot_be_read);
#ifndef __SANITIZE_ADDRESS__
	tcase_add_loop_test(c, hundred_megabytes_in_a_second, 0, ROWS(lines));
#else
	(void)hundred_megabytes_in_a_second;
#endif
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
