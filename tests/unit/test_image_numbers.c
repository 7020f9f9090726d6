/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdlib.h>

#include <check.h>

#include "image/image.h"

static pid_t threads[] = {40, 41};
static struct image_task some[] = {
	{40, 0, 40, 35, threads, 2, false},
	{300, 40, 301, 35, NULL, 0, false},
	{305, 40, 305, 35, NULL, 0, true},
};
static const struct image_tree numbers = {.task = some, .n_tasks = 3};

START_TEST(names_of_tasks_threads_groups_and_sessions)
{
	static const pid_t in[] = {35, 40, 41, 300, 301, 305};

	for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++)
		ck_assert(image_names(&numbers, in[i]));
	ck_assert(!image_names(&numbers, 0));
	ck_assert(!image_names(&numbers, 42));
	ck_assert(!image_names(&numbers, 306));
	ck_assert_int_eq(image_highest(&numbers), 305);
}
END_TEST

static const struct {
	pid_t width, limit, gap;
} gaps[] = {
	{1, 32768, 306}, {3, 32768, 306}, {3, 309, 306}, {1, 307, 306},
	{3, 308, 302},	 {1, 306, 302},	  {3, 305, 302}, {4, 309, 0},
	{1, 303, 302},	 {1, 302, 0},	  {0, 32768, 0}, {-1, 32768, 0},
	{1, 0, 0},
};

START_TEST(a_gap)
{
	ck_assert_int_eq(image_gap(&numbers, gaps[_i].width, gaps[_i].limit),
			 gaps[_i].gap);
}
END_TEST

START_TEST(a_gap_above_small_numbers)
{
	struct image_task task = {2, 0, 2, 2, NULL, 0, false};
	struct image_tree small = {.task = &task, .n_tasks = 1};

	ck_assert_int_eq(image_gap(&small, 3, 32768), 3);
	task.pid = INT_MAX;
	ck_assert_int_eq(image_gap(&small, 3, 32768), 300);
	ck_assert_int_eq(image_gap(&small, 3, INT_MAX), 300);
}
END_TEST

/* 50 was started by 40, which is gone: CRIU forks a helper for its session. */
START_TEST(a_gap_leaves_criu_its_helpers)
{
	struct image_task task[] = {
		{1, 0, 1, 1, NULL, 0, false},
		{40, 1, 40, 40, NULL, 0, false},
		{50, 1, 40, 40, NULL, 0, false},
	};
	struct image_tree small = {.task = task, .n_tasks = 3};

	ck_assert_int_eq(image_gap(&small, 1, 32768), 302);
	task[2].pid = 400;
	ck_assert_int_eq(image_gap(&small, 1, 32768), 402);
	ck_assert_int_eq(image_gap(&small, 1, 400), 301);
}
END_TEST

START_TEST(nothing_to_free)
{
	struct image_tree empty = {0};

	image_free(NULL);
	image_free(&empty);
	image_free(&empty);
}
END_TEST

static TCase *gaps_and_names(void)
{
	TCase *tc = tcase_create("numbers");

	tcase_add_test(tc, names_of_tasks_threads_groups_and_sessions);
	tcase_add_loop_test(tc, a_gap, 0, sizeof(gaps) / sizeof(*gaps));
	tcase_add_test(tc, a_gap_above_small_numbers);
	tcase_add_test(tc, a_gap_leaves_criu_its_helpers);
	tcase_add_test(tc, nothing_to_free);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("image_numbers");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, gaps_and_names());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
