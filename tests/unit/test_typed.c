/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "exec/typed.h"

/* Words, blanks between them. */
static int split(const char *text, char **ret, char *copy)
{
	int n = 0;
	char *word;

	strcpy(copy, text);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		ret[n++] = word;
	ret[n] = NULL;
	return n;
}

static const struct {
	const char *typed, *drop, *add, *result;
} rows[] = {
	{"criu-ns dump -t 1 -D img", NULL, "--external unix[7]",
	 "criu-ns dump -t 1 -D img --external unix[7]"},
	/* what is replaced goes, in every spelling */
	{"x dump --ghost-limit 5 -t 1", "ghost-limit", "--ghost-limit 9",
	 "x dump -t 1 --ghost-limit 9"},
	{"x dump --ghost-limit=5 -t 1 --ghost-l=6", "ghost-limit",
	 "--ghost-limit 9", "x dump -t 1 --ghost-limit 9"},
	{"x -t1 --timeout 5 dump", "timeout", "--timeout 60",
	 "x -t1 dump --timeout 60"},
	/* letters among others stay: what is behind them wins */
	{"x restore -dDimg", "images-dir", "-D other",
	 "x restore -dDimg -D other"},
	{"x restore -D img", "images-dir", "-D other", "x restore -D other"},
	/* before what is no option */
	{"x restore --exec-cmd -- prog -a", NULL, "--shell-job",
	 "x restore --exec-cmd --shell-job -- prog -a"},
	/* a value that looks like the end of options is none */
	{"x dump -o -- -t 1", NULL, "--file-locks",
	 "x dump -o -- -t 1 --file-locks"},
	/* nothing to change */
	{"x dump -t 1", NULL, "", NULL},
	{"x dump -t 1 --file-locks", NULL, "--file-locks", NULL},
	{"x dump -t 1 -l", NULL, "--file-locks", NULL},
	{"x dump -t 1 --no-file-locks", NULL, "--file-locks",
	 "x dump -t 1 --no-file-locks --file-locks"},
};

START_TEST(command_is_changed)
{
	char *typed[32], *add[32], *expected[32], copy[3][256];
	char why[ARGV_WHY], **list;
	struct argv a;
	int n, i;

	n = split(rows[_i].typed, typed, copy[0]);
	split(rows[_i].add, add, copy[1]);
	ck_assert_int_eq(argv_parse(&a, n, typed, why), 0);
	list = typed_command(&a, rows[_i].drop, add);
	argv_free(&a);
	ck_assert_int_eq(list == NULL, rows[_i].result == NULL);
	if (!list)
		return;
	n = split(rows[_i].result, expected, copy[2]);
	for (i = 0; i < n && list[i]; i++) {
		ck_assert_str_eq(list[i], expected[i]);
		free(list[i]);
	}
	ck_assert_int_eq(i, n);
	ck_assert_ptr_null(list[i]);
	free(list);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof(*(table))))

int main(void)
{
	Suite *s = suite_create("typed");
	TCase *c = tcase_create("command");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(c, command_is_changed, 0, ROWS(rows));
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
