/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "exec/option.h"

/* CRIU's short options, 3.17 to 4.2, as getopt(3) takes them. */
#define LETTERS "dSsRt:hD:o:v::x::Vr:jJ:lW:L:M:"
#define N_CRIU_NAMES 112 /* with the --no- forms, CRIU 4.2 */
#define MAX_NAMES 256

/* A name that CRIU takes: what getopt_long(3) knows, and whose it is. */
static struct option known[MAX_NAMES];
static struct {
	const struct option_row *row;
	bool negated;
} owner[MAX_NAMES];
static char spelling[MAX_NAMES][64];
static int n_known;

static void know(const struct option_row *row, int negated)
{
	bool same = row->id == OPT_DETACH;

	strcpy(spelling[n_known], negated ? "no-" : "");
	strcat(spelling[n_known], row->name);
	owner[n_known].row = row;
	owner[n_known].negated = negated;
	known[n_known].name = spelling[n_known];
	known[n_known].has_arg = row->arg;
	known[n_known].val = same ? 1000 + negated : 2000 + n_known;
	n_known++;
}

static void know_all(void)
{
	for (const struct option_row *r = option_table; r->name; r++) {
		if (r->ours)
			continue;
		know(r, 0);
		if (r->negatable)
			know(r, 1);
	}
}

START_TEST(name_finds_its_row)
{
	const char *name = known[_i].name;
	bool negated = !owner[_i].negated;

	ck_assert_ptr_eq(option_by_name(name, strlen(name), &negated),
			 owner[_i].row);
	ck_assert_int_eq(negated, owner[_i].negated);
}
END_TEST

/* Returns the index in known[], or -1 when getopt_long refuses. */
static int ask_getopt(const char *name, size_t len)
{
	char word[64], *argv[] = {"criu", word, "value", NULL};
	int index = -1;

	ck_assert_uint_lt(len + 3, sizeof(word));
	strcpy(word, "--");
	strncat(word, name, len);
	optind = 0;
	opterr = 0;
	return getopt_long(3, argv, "", known, &index) == '?' ? -1 : index;
}

static int count_fits(const char *name, size_t len)
{
	int n = 0;

	for (int i = 0; i < n_known; i++)
		n += option_fits(owner[i].row, owner[i].negated, name, len);
	return n;
}

START_TEST(beginnings_as_in_getopt)
{
	const char *name = known[_i].name;

	for (size_t len = 1; len <= strlen(name); len++) {
		const struct option_row *row;
		bool negated;
		int want = ask_getopt(name, len);

		errno = 0;
		row = option_by_name(name, len, &negated);
		if (want < 0) {
			ck_assert_ptr_null(row);
			ck_assert_int_eq(errno, EEXIST);
			ck_assert_int_gt(count_fits(name, len), 1);
		} else {
			ck_assert_ptr_eq(row, owner[want].row);
			ck_assert_int_eq(negated, owner[want].negated);
		}
	}
}
END_TEST

START_TEST(longer_than_the_name)
{
	char name[80];
	bool negated;

	strcpy(name, known[_i].name);
	strcat(name, "~");
	ck_assert_ptr_null(option_by_name(name, strlen(name), &negated));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(count_fits(name, strlen(name)), 0);
}
END_TEST

/* Found out with criu 4.2.1 itself. */
static const struct {
	const char *typed, *name;
	bool negated;
	int err;
} abbreviations[] = {
	{"restore-d", "restore-detached", false, 0},
	{"no-restore-d", "restore-detached", true, 0},
	{"restore", NULL, false, EEXIST},
	{"dae", "daemon", false, 0},
	{"no-dae", "daemon", true, 0},
	{"d", NULL, false, EEXIST},
	{"t", NULL, false, EEXIST},
	{"tr", NULL, false, EEXIST},
	{"tre", "tree", false, 0},
	{"tl", NULL, false, EEXIST},
	{"tls", "tls", false, 0},
	{"tls-c", NULL, false, EEXIST},
	{"tls-no", "tls-no-cn-verify", false, 0},
	{"external", "external", false, 0},
	{"exte", "external", false, 0},
	{"ext", NULL, false, EEXIST},
	{"cgroup-props", "cgroup-props", false, 0},
	{"cgroup-prop", NULL, false, EEXIST},
	{"al", NULL, false, EEXIST},
	{"all", "all", false, 0},
	{"conf", "config", false, 0},
	{"no-def", "no-default-config", false, 0},
	{"no-de", NULL, false, EEXIST},
	{"no-", NULL, false, EEXIST},
	{"no", NULL, false, EEXIST},
	{"", NULL, false, EEXIST},
	{"no-tree", NULL, false, ENOENT},
	{"no-images", NULL, false, ENOENT},
	{"no-no-daemon", NULL, false, ENOENT},
	{"-tree", NULL, false, ENOENT},
	{"Tree", NULL, false, ENOENT},
	{"images_dir", NULL, false, ENOENT},
	/* ours: in full only, and no candidates of an abbreviation */
	{"criu-binary", "criu-binary", false, 0},
	{"criu-binar", NULL, false, ENOENT},
	{"cr", NULL, false, ENOENT},
	{"no-criu-binary", NULL, false, ENOENT},
	{"mounts", "mounts", false, 0},
	{"mount", NULL, false, ENOENT},
	{"mo", NULL, false, ENOENT},
	{"m", NULL, false, EEXIST},
	{"mn", "mntns-compat-mode", false, 0},
	{"cp", "cpu-cap", false, 0},
	{"no-image-check", "no-image-check", false, 0},
	{"no-image-chec", NULL, false, ENOENT},
	{"image-check", NULL, false, ENOENT},
	{"no-i", NULL, false, ENOENT},
};

START_TEST(abbreviation)
{
	const char *typed = abbreviations[_i].typed;
	const struct option_row *row;
	bool negated;

	errno = 0;
	row = option_by_name(typed, strlen(typed), &negated);
	if (abbreviations[_i].err) {
		ck_assert_ptr_null(row);
		ck_assert_int_eq(errno, abbreviations[_i].err);
	} else {
		ck_assert_ptr_nonnull(row);
		ck_assert_str_eq(row->name, abbreviations[_i].name);
		ck_assert_int_eq(negated, abbreviations[_i].negated);
	}
}
END_TEST

START_TEST(only_len_characters_count)
{
	bool negated;
	const struct option_row *row =
		option_by_name("tree=5", strlen("tree"), &negated);

	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(row->name, "tree");
	ck_assert(!negated);
}
END_TEST

START_TEST(letters_and_their_arguments)
{
	int n = 0;

	for (const char *p = LETTERS; *p;) {
		const struct option_row *row = option_by_letter(*p++);
		size_t colons = strspn(p, ":");

		ck_assert_ptr_nonnull(row);
		ck_assert_int_eq(row->arg, colons);
		p += colons;
		n++;
	}
	for (const struct option_row *r = option_table; r->name; r++) {
		n -= r->letter && !r->ours;
		if (r->letter)
			ck_assert_ptr_eq(option_by_letter(r->letter), r);
	}
	ck_assert_int_eq(n, 0);
}
END_TEST

static const struct {
	char letter;
	const char *name;
} letters[] = {
	{'d', "restore-detached"},
	{'S', "restore-sibling"},
	{'s', "leave-stopped"},
	{'R', "leave-running"},
	{'t', "tree"},
	{'h', "help"},
	{'D', "images-dir"},
	{'o', "log-file"},
	{'v', "verbosity"},
	{'x', "ext-unix-sk"},
	{'V', "version"},
	{'r', "root"},
	{'j', "shell-job"},
	{'J', "join-ns"},
	{'l', "file-locks"},
	{'W', "work-dir"},
	{'L', "libdir"},
	{'M', "ext-mount-map"},
	{'q', "quiet"},
	{'n', "generations"},
};

START_TEST(letter_means_name)
{
	ck_assert_str_eq(option_by_letter(letters[_i].letter)->name,
			 letters[_i].name);
}
END_TEST

START_TEST(other_letters)
{
	for (int c = 0; c < 256; c++)
		if (c == 0 || c == ':' || !strchr(LETTERS "nq", c))
			ck_assert_ptr_null(option_by_letter((char)c));
}
END_TEST

START_TEST(table_is_sound)
{
	const struct option_row *r, *other;

	ck_assert_int_eq(n_known, N_CRIU_NAMES);
	for (r = option_table; r->name; r++) {
		for (other = option_table; other != r; other++)
			ck_assert_str_ne(r->name, other->name);
		ck_assert(!r->negatable || r->arg == ARG_NONE);
		ck_assert_int_eq(r->metavar != NULL, r->arg != ARG_NONE);
		ck_assert_int_eq(r->help != NULL, r->ours);
		ck_assert_int_eq(r->ours, r->id >= OPT_CRIU_BINARY);
		ck_assert(!r->ours || !r->negatable);
	}
}
END_TEST

/* Each id that we act on has one row; detaching has two names. */
START_TEST(id_has_a_row)
{
	int n = 0;

	for (const struct option_row *r = option_table; r->name; r++)
		n += r->id == (enum option_id)_i;
	ck_assert_int_eq(n, _i == OPT_DETACH ? 2 : 1);
}
END_TEST

static Suite *option_suite(void)
{
	int n_abbreviations = sizeof(abbreviations) / sizeof(*abbreviations);
	Suite *s = suite_create("option");
	TCase *t = tcase_create("option");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, name_finds_its_row, 0, n_known);
	tcase_add_loop_test(t, beginnings_as_in_getopt, 0, n_known);
	tcase_add_loop_test(t, longer_than_the_name, 0, n_known);
	tcase_add_loop_test(t, abbreviation, 0, n_abbreviations);
	tcase_add_test(t, only_len_characters_count);
	tcase_add_test(t, letters_and_their_arguments);
	tcase_add_loop_test(t, letter_means_name, 0,
			    sizeof(letters) / sizeof(*letters));
	tcase_add_test(t, other_letters);
	tcase_add_test(t, table_is_sound);
	tcase_add_loop_test(t, id_has_a_row, OPT_PASS + 1, OPT_MOUNTS + 1);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *runner;
	int failed;

	know_all();
	runner = srunner_create(option_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
