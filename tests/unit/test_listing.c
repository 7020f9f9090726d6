/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exec/listing.h"

static char first_command[] = "./simulate input.dat";
static char second_command[] = "sh -c 'a\nb\033[2J\"'";

static struct census_tree trees[] = {
	{
		.init = 100,
		.root = 4242,
		.uid = 0,
		.since = 1795471200,
		.title = {.dir = "/ckpt", .root = 7, .started = true},
		.n_processes = 3,
		.memory = 3 << 20,
		.command = first_command,
	},
	{
		.init = 101,
		.root = 99,
		.uid = 3999999999,
		.since = 1795471201,
		.title = {.dir = "/a b\t\303\266",
			  .root = 99,
			  .generation = 12,
			  .checkpoint = 1795474801},
		.n_processes = 1,
		.memory = 812 << 10,
		.shared_twice = true,
		.command = second_command,
	},
	{
		.init = 102,
		.uid = 0,
		.since = 1795471201,
		.title = {.root = 300},
		.n_processes = 1,
		.command = first_command,
	},
};

static char *as_text(size_t n, size_t width, bool json)
{
	const struct census all = {.list = trees, .n = n};
	struct screen to = {.width = width};
	char *text = NULL;
	size_t size = 0;

	to.out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(to.out);
	if (json)
		listing_json(to.out, &all);
	else
		ck_assert_int_eq(listing_text(&to, &all), 0);
	ck_assert_int_eq(fclose(to.out), 0);
	return text;
}

#define HEAD                                                \
	" PID  USER        HOW       SINCE                " \
	"GENERATION  CHECKPOINT           MEMORY  DIRECTORY  COMMAND"

static const struct {
	size_t n, width;
	bool json;
	const char *expected;
} rows[] = {
	{0, 0, false,
	 "PID  USER  HOW  SINCE  GENERATION  CHECKPOINT  MEMORY  DIRECTORY  "
	 "COMMAND\n"},
	{0, 10, false, "PID  USER \n"},
	{3, 0, false,
	 HEAD "\n"
	      "4242  root        started   2026-11-23T22:00:00           0  "
	      "-                      3.0M  /ckpt      ./simulate input.dat\n"
	      "  99  3999999999  restored  2026-11-23T22:00:01          12  "
	      "2026-11-23T23:00:01   <812K  /a b?\303\266     "
	      "sh -c 'a?b?[2J\"'\n"
	      "   -  root        restored  2026-11-23T22:00:01           0  "
	      "-                        0B  -          ./simulate input.dat\n"},
	{2, 112, false,
	 HEAD "\n"
	      "4242  root        started   2026-11-23T22:00:00           0  "
	      "-                      3.0M  /ckpt      ./simulate \n"
	      "  99  3999999999  restored  2026-11-23T22:00:01          12  "
	      "2026-11-23T23:00:01   <812K  /a b?\303\266     "
	      "sh -c 'a?b?\n"},
	{0, 0, true, "{\"trees\":[]}\n"},
	{3, 0, true,
	 "{\"trees\":[{\"init\":100,\"pid\":4242,\"inner_pid\":7,\"uid\":0,"
	 "\"user\":\"root\",\"how\":\"started\",\"since\":1795471200,"
	 "\"directory\":\"/ckpt\",\"generation\":0,\"checkpoint\":null,"
	 "\"processes\":3,\"memory\":3145728,\"memory_is\":\"pss\","
	 "\"command\":\"./simulate input.dat\"},"
	 "{\"init\":101,\"pid\":99,\"inner_pid\":99,\"uid\":3999999999,"
	 "\"user\":\"3999999999\",\"how\":\"restored\",\"since\":1795471201,"
	 "\"directory\":\"/a b\\u0009\303\266\",\"generation\":12,"
	 "\"checkpoint\":1795474801,\"processes\":1,\"memory\":831488,"
	 "\"memory_is\":\"rss\","
	 "\"command\":\"sh -c 'a\\u000ab\\u001b[2J\\\"'\"},"
	 "{\"init\":102,\"pid\":null,\"inner_pid\":300,\"uid\":0,"
	 "\"user\":\"root\",\"how\":\"restored\",\"since\":1795471201,"
	 "\"directory\":null,\"generation\":0,\"checkpoint\":null,"
	 "\"processes\":1,\"memory\":0,\"memory_is\":\"pss\","
	 "\"command\":\"./simulate input.dat\"}]}\n"},
};

START_TEST(listing_is_as_expected)
{
	char *text;

	setenv("TZ", "UTC", 1);
	tzset();
	text = as_text(rows[_i].n, rows[_i].width, rows[_i].json);
	ck_assert_str_eq(text, rows[_i].expected);
	free(text);
}
END_TEST

START_TEST(times_are_local)
{
	char *text;

	setenv("TZ", "XYZ-2", 1);
	tzset();
	text = as_text(1, 0, false);
	ck_assert_ptr_nonnull(strstr(text, "2026-11-24T00:00:00"));
	free(text);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof(*(table))))

int main(void)
{
	Suite *s = suite_create("listing");
	TCase *c = tcase_create("listing");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(c, listing_is_as_expected, 0, ROWS(rows));
	tcase_add_test(c, times_are_local);
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
