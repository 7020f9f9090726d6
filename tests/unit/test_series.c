/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/record.h"
#include "exec/series.h"
#include "image/parts.h"

static char dir[64];

static void set_up(void)
{
	strcpy(dir, "/tmp/test_series.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void tear_down(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void put(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, name, strlen(name)), (int)strlen(name));
	close(fd);
}

static bool there(const char *name)
{
	return access(name, F_OK) == 0;
}

/* --- Names -----------------------------------------------------------------
 */

static const struct {
	const char *path;
	bool is;
} names[] = {
	{"img", false},	    {"%n", true},      {"ckpt/%n", true},
	{"a-%t.img", true}, {"%n/img", false}, {"%d", false},
	{"100%", false},    {"%", false},      {"", false},
	{"%n/%t", true},
};

START_TEST(is_series)
{
	ck_assert_int_eq(series_is(names[_i].path), names[_i].is);
}
END_TEST

static const struct {
	const char *there[5];
	const char *pattern, *next;
} numbers[] = {
	{{NULL}, "%n", "./1"},
	{{"1", "2"}, "%n", "./3"},
	{{"9", "10"}, "%n", "./11"},
	{{"007"}, "%n", "./8"},
	{{"img-3", "img-x", "img-", "5"}, "img-%n", "./img-4"},
	{{"3.img", "9.txt"}, "%n.img", "./4.img"},
	{{"18446744073709551615"}, "%n", "./1"}, /* too long to be a number */
};

START_TEST(next_number)
{
	char path[PATH_MAX];
	struct stat s;
	int i;

	for (i = 0; i < 5 && numbers[_i].there[i]; i++)
		ck_assert_int_eq(mkdir(numbers[_i].there[i], 0700), 0);
	ck_assert_int_eq(series_next(numbers[_i].pattern, path), 0);
	ck_assert_str_eq(path, numbers[_i].next);
	ck_assert_int_eq(stat(path, &s), 0);
	ck_assert_int_eq(s.st_mode & 07777, 0700);
	ck_assert(S_ISDIR(s.st_mode));
}
END_TEST

/* A file is no image directory, but its name is taken. */
START_TEST(next_number_taken_by_a_file)
{
	char path[PATH_MAX];

	put("1");
	ck_assert_int_eq(series_next("%n", path), 0);
	ck_assert_str_eq(path, "./2");
}
END_TEST

START_TEST(next_without_directory)
{
	char path[PATH_MAX];

	ck_assert_int_eq(series_next("no/%n", path), -ENOENT);
	ck_assert_int_eq(series_newest("no/%n", path), -ENOENT);
	ck_assert_int_eq(series_newest("%n", path), -ENOENT);
}
END_TEST

START_TEST(name_too_long)
{
	char pattern[300], path[PATH_MAX];

	memset(pattern, 'x', sizeof(pattern));
	memcpy(pattern + 280, "%n", 3);
	ck_assert_int_eq(series_next(pattern, path), -ENAMETOOLONG);
}
END_TEST

/* --- Parts of an image
 * -------------------------------------------------------- */

static const struct {
	const char *name;
	bool is;
} parts[] = {
	{"core-1.img", true},
	{"pages-1.img", true},
	{"parent", true},
	{"criu-ns.conf", true},
	{"criu-ns.incomplete", true},
	{"criu-ns.old", false},
	{".img", false},
	{"img", false},
	{"dump.log", false},
	{"stats-dump", false},
	{"parents", false},
	{"x.img.gz", false},
};

START_TEST(is_part)
{
	ck_assert_int_eq(image_parts_has(parts[_i].name), parts[_i].is);
}
END_TEST

static int open_dir(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(parts_move_and_go)
{
	int a, b;

	ck_assert_int_eq(mkdir("a", 0700) | mkdir("b", 0700), 0);
	put("a/core-1.img");
	put("a/criu-ns.conf");
	put("a/dump.log");
	put("a/mine");
	put("b/dump.log");
	a = open_dir("a");
	b = open_dir("b");
	ck_assert(image_parts_found(a));
	ck_assert(!image_parts_found(b));
	ck_assert_int_eq(image_parts_move(a, b), 0);
	ck_assert(there("b/core-1.img") && there("b/criu-ns.conf"));
	ck_assert(!there("a/core-1.img") && there("a/mine"));
	/* The log that is there stays, the other one goes. */
	ck_assert_int_eq(image_parts_move_rest(a, b, false), 0);
	ck_assert(there("b/mine") && !there("a/dump.log"));
	ck_assert_int_eq(image_parts_remove(b), 0);
	ck_assert(!there("b/core-1.img") && there("b/mine"));
	put("a/dump.log");
	ck_assert_int_eq(image_parts_move_rest(a, b, true), 0);
	ck_assert(!there("a/dump.log"));
	close(a);
	close(b);
}
END_TEST

static int fail_at_once(int at, const char *name, void *arg)
{
	(void)at;
	(void)name;
	++*(int *)arg;
	return -EUCLEAN;
}

START_TEST(each_ends_with_an_error)
{
	int calls = 0, a = open_dir(".");

	put("x");
	put("y");
	ck_assert_int_eq(image_parts_each(a, fail_at_once, &calls), -EUCLEAN);
	ck_assert_int_eq(calls, 1);
	close(a);
	ck_assert_int_eq(image_parts_each(a, fail_at_once, &calls), -EBADF);
}
END_TEST

/* --- What restore is told about a resource -----------------------------------
 */

static const struct {
	const char *option, *value, *turned;
} resources[] = {
	{"external", "mnt[/a]:key", "mnt[key]:/a"},
	{"external", "mnt[key]:/a", "mnt[/a]:key"},
	{"external", "mnt[]", "mnt[]"},
	{"external", "mnt[]:sm", "mnt[]:sm"},
	{"external", "mnt[/a:b]:c", "mnt[c]:/a:b"},
	{"external", "mnt[/a]:/b", "mnt[/b]:/b"},
	{"external", "mnt[/a]", NULL},
	{"external", "mnt[/a]:", NULL},
	{"external", "mnt[/a", NULL},
	{"external", "unix[12]", NULL},
	{"external", "file[1:2]", NULL},
	{"ext-mount-map", "/a:key", "key:/a"},
	{"ext-mount-map", "auto", "auto"},
};

START_TEST(turned)
{
	struct argv a = {0};
	char *text = NULL;
	int err;

	ck_assert_int_eq(argv_append(&a, resources[_i].option, false,
				     resources[_i].value),
			 0);
	err = record_turn(&a.option[0], &text);
	if (resources[_i].turned) {
		ck_assert_int_eq(err, 0);
		ck_assert_str_eq(text, resources[_i].turned);
	} else {
		ck_assert_int_eq(err, -ENOENT);
	}
	free(text);
	argv_free(&a);
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

int main(void)
{
	Suite *s = suite_create("series");
	TCase *t = tcase_create("series");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	tcase_add_loop_test(t, is_series, 0, COUNT(names));
	tcase_add_loop_test(t, next_number, 0, COUNT(numbers));
	tcase_add_test(t, next_number_taken_by_a_file);
	tcase_add_test(t, next_without_directory);
	tcase_add_test(t, name_too_long);
	tcase_add_loop_test(t, is_part, 0, COUNT(parts));
	tcase_add_test(t, parts_move_and_go);
	tcase_add_test(t, each_ends_with_an_error);
	tcase_add_loop_test(t, turned, 0, COUNT(resources));
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
