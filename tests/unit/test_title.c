/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exec/title.h"

#define REST "\0root=4242\0how=restored\0generation=3\0checkpoint=----------"

/* As /proc/PID/cmdline has it. */
static size_t as_text(char *const *argv, char *buf)
{
	size_t size = 0;

	for (; *argv; argv++) {
		memcpy(buf + size, *argv, strlen(*argv) + 1);
		size += strlen(*argv) + 1;
	}
	return size;
}

static const char *const dirs[] = {
	"/ckpt",       "",
	"/with blank", "/a\nroot=1\n/\033[2J",
	" ",	       "/root=7 how=started",
	"\xff\xfe",
};

START_TEST(title_comes_back)
{
	static const struct title facts = {
		.root = 4242, .started = true, .generation = 17};
	struct title t = facts, back;
	struct title_words w;
	char text[sizeof(w)];
	size_t size;

	strcpy(t.dir, dirs[_i]);
	title_write(&t, &w);
	ck_assert_ptr_null(w.argv[TITLE_WORDS]);
	size = as_text(w.argv, text);
	ck_assert_int_eq(title_parse(text, size, &back), 0);
	ck_assert_str_eq(back.dir, dirs[_i]);
	ck_assert_int_eq(back.root, 4242);
	ck_assert(back.started);
	ck_assert_uint_eq(back.generation, 17);
	ck_assert_int_eq(back.checkpoint, 0);
}
END_TEST

START_TEST(longest_directory)
{
	struct title t = {.root = 1}, back;
	struct title_words w;
	char text[sizeof(w)];

	memset(t.dir, 'x', sizeof(t.dir) - 1);
	title_write(&t, &w);
	ck_assert_int_eq(title_parse(text, as_text(w.argv, text), &back), 0);
	ck_assert_str_eq(back.dir, t.dir);
	ck_assert(!back.started);
}
END_TEST

START_TEST(stamp_is_written_in_place)
{
	struct title t = {.dir = "/d", .root = 1}, back;
	int64_t before = time(NULL);
	struct title_words w;
	char text[sizeof(w)];
	size_t size;

	title_write(&t, &w);
	size = as_text(w.argv, text);
	title_stamp(w.argv);
	ck_assert_uint_eq(as_text(w.argv, text), size);
	ck_assert_int_eq(title_parse(text, size, &back), 0);
	ck_assert_int_ge(back.checkpoint, before);
	ck_assert_int_le(back.checkpoint, time(NULL));
	/* Once more, over the first. */
	title_stamp(w.argv);
	ck_assert_int_eq(title_parse(text, as_text(w.argv, text), &back), 0);
	ck_assert_int_ge(back.checkpoint, before);
	/* One that knows its checkpoint writes it as long. */
	title_write(&back, &w);
	ck_assert_uint_eq(as_text(w.argv, text), size);
}
END_TEST

START_TEST(other_command_lines_are_not_stamped)
{
	char first[] = "criu-ns: init /d", short_one[] = "checkpoint=-";
	char *argv[] = {first, first, first, first, short_one, NULL};

	title_stamp(argv);
	ck_assert_str_eq(short_one, "checkpoint=-");
	argv[1] = NULL;
	title_stamp(argv);
	ck_assert_str_eq(first, "criu-ns: init /d");
}
END_TEST

#define LINE(text)                 \
	{                          \
		text, sizeof(text) \
	}

static const struct {
	const char *text;
	size_t size;
} wrong[] = {
	LINE(""),
	{"", 0},
	LINE("criu-ns: init /d"),
	LINE("criu-ns: init" REST),
	LINE("xcriu-ns: init /d" REST),
	LINE("criu-ns: init /d" REST "\0more"),
	LINE("criu-ns: init /d" REST "\0"),
	/* without the last NUL */
	{"criu-ns: init /d" REST, sizeof("criu-ns: init /d" REST) - 1},
	LINE("criu-ns: init /d\0root=\0how=restored\0generation=3\0"
	     "checkpoint=----------"),
	LINE("criu-ns: init /d\0root=0\0how=restored\0generation=3\0"
	     "checkpoint=----------"),
	LINE("criu-ns: init /d\0root=-1\0how=restored\0generation=3\0"
	     "checkpoint=----------"),
	LINE("criu-ns: init /d\0root=12x\0how=restored\0generation=3\0"
	     "checkpoint=----------"),
	LINE("criu-ns: init /d\0root=9999999999\0how=restored\0generation=3\0"
	     "checkpoint=----------"),
	LINE("criu-ns: init /d\0root=1\0how=\0generation=3\0"
	     "checkpoint=----------"),
	LINE("criu-ns: init /d\0root=1\0how=started\0generation=+3\0"
	     "checkpoint=----------"),
	LINE("criu-ns: init /d\0root=1\0how=started\0generation="
	     "99999999999999999999999\0checkpoint=----------"),
	LINE("criu-ns: init /d\0root=1\0how=started\0generation=3\0"
	     "checkpoint=1795------"),
	LINE("criu-ns: init /d\0root=1\0how=started\0generation=3\0"
	     "checkpoint="),
	LINE("criu-ns: init /d\0how=started\0root=1\0generation=3\0"
	     "checkpoint=----------"),
};

START_TEST(what_is_no_title)
{
	struct title t = {.dir = "as it was"};

	ck_assert_int_eq(title_parse(wrong[_i].text, wrong[_i].size, &t),
			 -EBADMSG);
	ck_assert_str_eq(t.dir, "as it was");
}
END_TEST

START_TEST(nobody_is_believed_who_is_not_pid_1)
{
	struct title t;

	ck_assert_int_lt(title_read(getpid(), &t), 0);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof(*(table))))

int main(void)
{
	Suite *s = suite_create("title");
	TCase *c = tcase_create("title");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(c, title_comes_back, 0, ROWS(dirs));
	tcase_add_test(c, longest_directory);
	tcase_add_test(c, stamp_is_written_in_place);
	tcase_add_test(c, other_command_lines_are_not_stamped);
	tcase_add_loop_test(c, what_is_no_title, 0, ROWS(wrong));
	tcase_add_test(c, nobody_is_believed_who_is_not_pid_1);
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
