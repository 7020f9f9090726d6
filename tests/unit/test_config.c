/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/config.h"

#define MAX_TEXT 4096

/* A directory for each test: global.conf, env.conf, .criu/default.conf ... */
static char dir[PATH_MAX];

static char *in_dir(const char *name)
{
	static char path[2][PATH_MAX + 64];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void write_bytes(const char *name, const char *bytes, size_t n)
{
	FILE *file = fopen(in_dir(name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
	ck_assert_int_eq(fclose(file), 0);
}

static void write_file(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static void set_up(void)
{
	const char *tmp = getenv("TMPDIR");
	static char global[PATH_MAX + 64];

	snprintf(dir, sizeof(dir), "%s/test_config.XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(mkdir(in_dir(".criu"), 0700), 0);
	strcpy(global, in_dir("global.conf"));
	config_global = global;
	setenv("HOME", dir, 1);
	unsetenv("CRIU_CONFIG_FILE");
	unsetenv("POSIXLY_CORRECT");
}

static void tear_down(void)
{
	static const char *const names[] = {"global.conf", "env.conf",
					    "my.conf", ".criu/default.conf"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(in_dir(names[i]));
	rmdir(in_dir(".criu"));
	ck_assert_int_eq(rmdir(dir), 0);
}

/* Compares with words that are separated by '|'. */
static void options_are(const struct argv *a, const char *want)
{
	char **v = argv_build(a, "criu"), text[MAX_TEXT] = "";

	ck_assert_ptr_nonnull(v);
	for (int i = 1; v[i]; i++) {
		ck_assert_uint_lt(strlen(text) + strlen(v[i]) + 2, MAX_TEXT);
		if (i > 1)
			strcat(text, "|");
		strcat(text, v[i]);
	}
	ck_assert_str_eq(text, want);
	argv_build_free(v);
}

/*
 * One file.
 */

static const struct {
	const char *text, *options;
} good[] = {
	{"", ""},
	{"\n", ""},
	{" \t \n\n", ""},
	{"   ", ""},
	{"\r\n", ""},
	{"# comment\n", ""},
	{"  # comment", ""},
	{"#", ""},
	{"tcp-close", "--tcp-close"},
	{"tcp-close\n", "--tcp-close"},
	{"\t tcp-close\n", "--tcp-close"},
	{"tcp-close \n", "--tcp-close"},
	{"tcp-close\t\n", "--tcp-close"},
	{"tcp-close #comment\n", "--tcp-close"},
	/* what getopt takes for operands */
	{"tcp-close yes\n", "--tcp-close"},
	{"verbosity 4\n", "--verbosity"},
	{"manage-cgroups \"ignore\"\n", "--manage-cgroups"},
	{"tcp-close   # a comment\n", "--tcp-close"},
	{"tcp-close\t#comment\n", "--tcp-close"},
	{"no-restore-sibling   # comment\n", "--no-restore-sibling"},
	{"tcp-c\nno-restore-d\n", "--tcp-close|--no-restore-detached"},
	{"verbosity\nverb\n", "--verbosity|--verbosity"},
	{"exec-cmd\n", "--exec-cmd"},
	{"tree 5\n", "--tree=5"},
	{"tree    5  \n", "--tree=5"},
	{"tree\t5\n", "--tree=5"},
	{"tree\t\t5\n", "--tree=5"},
	{"tree 5", "--tree=5"},
	{"tree 5#comment\n", "--tree=5"},
	{"tree 5 #comment\n", "--tree=5"},
	{"tree 5  # a comment\n", "--tree=5"},
	{"work-dir --tree\n", "--work-dir=--tree"},
	{"work-dir a=b\n", "--work-dir=a=b"},
	/* quotes */
	{"work-dir \"/tmp\"\n", "--work-dir=/tmp"},
	{"work-dir \"/tmp\"", "--work-dir=/tmp"},
	{"work-dir\t\"/tmp\"\n", "--work-dir=/tmp"},
	{"work-dir \"/a b\"\n", "--work-dir=/a b"},
	{"work-dir \"/a\tb\" \t\n", "--work-dir=/a\tb"},
	{"work-dir \"/a b\"# comment\n", "--work-dir=/a b"},
	{"work-dir \"/a b\"  # comment\n", "--work-dir=/a b"},
	{"work-dir \" \"\n", "--work-dir= "},
	{"lsm-profile \"\"\n", "--lsm-profile="},
	{"lsm-profile \"\" # comments\n", "--lsm-profile="},
	{"work-dir \"\\\"\"\n", "--work-dir=\""},
	{"work-dir \"\\\"a\"\n", "--work-dir=\"a"},
	{"work-dir \"a\\\"b\\\" c\"\n", "--work-dir=a\"b\" c"},
	{"work-dir \"a\\nb\\\\c\"\n", "--work-dir=a\\nb\\\\c"},
	{"work-dir /a\\\"b\n", "--work-dir=/a\"b"},
	{"work-dir /a\"b\n", "--work-dir=/a\"b"},
	{"work-dir /a\\\\\"b\n", "--work-dir=/a\\\"b"},
	{"work-dir /a\\\n", "--work-dir=/a\\"},
	/* as one word */
	{"work-dir=/a\n", "--work-dir=/a"},
	{"work-dir=\n", "--work-dir="},
	{"work-dir=/a  # comment\n", "--work-dir=/a"},
	{"work-dir=/a#b\n", "--work-dir=/a#b"},
	{"verbosity=4\ncpu-cap=\n", "--verbosity=4|--cpu-cap="},
	/* criu(8) */
	{"tcp-established\n"
	 "work-dir \"/home/USERNAME/criu/my \\\"work\\\" directory\"\n"
	 "#this is a comment\n"
	 "no-restore-sibling   # this is another comment\n",
	 "--tcp-established|"
	 "--work-dir=/home/USERNAME/criu/my \"work\" directory|"
	 "--no-restore-sibling"},
};

START_TEST(good_file)
{
	struct argv a = {0};
	char why[ARGV_WHY];

	write_file("my.conf", good[_i].text);
	ck_assert_int_eq(config_parse(&a, in_dir("my.conf"), why), 0);
	options_are(&a, good[_i].options);
	argv_free(&a);
}
END_TEST

#define STRAY_BLANK "a tab or carriage return would become part of the value"
#define AFTER_EQUALS "a value after '=' can't have quotes or blanks"
#define HASH "CRIU takes '#' inside quotes for a comment"
#define OPEN_QUOTE "the closing quote is missing"

static const struct {
	const char *text;
	unsigned int line;
	const char *sentence;
} bad[] = {
	{"nonesuch\n", 1, "option 'nonesuch' is unknown"},
	{"nonesuch=5\n", 1, "option 'nonesuch' is unknown"},
	{"\n#\n\tnonesuch 5\n", 3, "option 'nonesuch' is unknown"},
	{"--tcp-close\n", 1, "option '--tcp-close' is unknown"},
	{"-d\n", 1, "option '-d' is unknown"},
	{"d\n", 1, "option 'd' is ambiguous"},
	{"restore\n", 1, "option 'restore' is ambiguous"},
	{"tcp-close#c\n", 1, "option 'tcp-close#c' is unknown"},
	{"tcp-close\r\n", 1, "option 'tcp-close\r' is unknown"},
	{"tree\t5 \n", 1, "option 'tree\t5' is unknown"},
	{"=5\n", 1, "option '' is ambiguous"},
	{"tcp-close=yes\n", 1, "option 'tcp-close' takes no value"},
	{"work-dir\ntree 5\n", 1, "option 'work-dir' needs a value"},
	{"tree 5\nwork-dir \n", 2, "option 'work-dir' needs a value"},
	{"work-dir # /a\n", 1, "option 'work-dir' needs a value"},
	{"work-dir /a b\n", 1, "'b' follows the value"},
	{"work-dir /a b # c\n", 1, "'b # c' follows the value"},
	{"work-dir \"/a\"b\n", 1, "'b' follows the value"},
	{"work-dir \"/a\" b\n", 1, "'b' follows the value"},
	{"work-dir \"\" b\n", 1, "'b' follows the value"},
	{"work-dir = /a\n", 1, "'/a' follows the value"},
	{"work-dir= /a\n", 1, AFTER_EQUALS},
	{"work-dir=/a b\n", 1, AFTER_EQUALS},
	{"work-dir=\"/a\"\n", 1, AFTER_EQUALS},
	{"work-dir \"/a#b\"\n", 1, HASH},
	{"work-dir \"\n", 1, OPEN_QUOTE},
	{"work-dir \"/a\n", 1, OPEN_QUOTE},
	{"work-dir \"/a\\\"\n", 1, OPEN_QUOTE},
	{"work-dir /a\t\n", 1, STRAY_BLANK},
	{"work-dir /a\tb\n", 1, STRAY_BLANK},
	{"work-dir /a\t# b\n", 1, STRAY_BLANK},
	{"work-dir /a\r\n", 1, STRAY_BLANK},
	{"criu-binary /a\n", 1,
	 "option 'criu-binary' belongs on the command line"},
	{"mounts leave\n", 1, "option 'mounts' belongs on the command line"},
	{"no-image-check\n", 1,
	 "option 'no-image-check' belongs on the command line"},
	{"config /a\n", 1, "option 'config' belongs on the command line"},
	{"no-default-config\n", 1,
	 "option 'no-default-config' belongs on the command line"},
};

static void refused(const char *name, unsigned int line, const char *sentence)
{
	struct argv a = {0};
	char why[ARGV_WHY] = "", want[PATH_MAX + ARGV_WHY];

	ck_assert_int_eq(config_parse(&a, in_dir(name), why), -EINVAL);
	snprintf(want, sizeof(want), "%s:%u: %s", in_dir(name), line, sentence);
	ck_assert_str_eq(why, want);
	argv_free(&a);
}

START_TEST(bad_file)
{
	write_file("my.conf", bad[_i].text);
	refused("my.conf", bad[_i].line, bad[_i].sentence);
}
END_TEST

START_TEST(zero_byte)
{
	write_bytes("my.conf", "tree 5\0 6\n", 10);
	refused("my.conf", 1, "there is a NUL byte in this line");
}
END_TEST

START_TEST(long_line)
{
	char text[MAX_TEXT + 32] = "nonesuch-", why[ARGV_WHY];
	struct argv a = {0};

	memset(text + strlen(text), 'x', MAX_TEXT);
	write_file("my.conf", text);
	ck_assert_int_eq(config_parse(&a, in_dir("my.conf"), why), -EINVAL);
	ck_assert_uint_lt(strlen(why), ARGV_WHY);
	argv_free(&a);
}
END_TEST

START_TEST(options_are_appended)
{
	struct argv a = {0};
	char why[ARGV_WHY];

	ck_assert_int_eq(argv_append(&a, "tree", false, "1"), 0);
	write_file("my.conf", "tree 2\n");
	ck_assert_int_eq(config_parse(&a, in_dir("my.conf"), why), 0);
	options_are(&a, "--tree=1|--tree=2");
	argv_free(&a);
}
END_TEST

static void unreadable(const char *path, int err)
{
	char why[ARGV_WHY], want[PATH_MAX + ARGV_WHY];
	struct argv a = {0};

	ck_assert_int_eq(config_parse(&a, path, why), -err);
	snprintf(want, sizeof(want), "can't read '%s': %s", path,
		 strerror(err));
	ck_assert_str_eq(why, want);
	argv_free(&a);
}

START_TEST(no_file)
{
	unreadable(in_dir("my.conf"), ENOENT);
	unreadable(in_dir(".criu"), EISDIR);
	unreadable("/dev/null/x", ENOTDIR);
}
END_TEST

/*
 * All files.
 */

static int merge(struct argv *a, const char *config_option, char *why)
{
	char *words[] = {"criu", "restore", "-Dtyped", (char *)config_option};

	ck_assert_int_eq(argv_parse(a, config_option ? 4 : 3, words, why), 0);
	return config_merge(a, why);
}

static void merged_is(const char *config_option, const char *want)
{
	char why[ARGV_WHY] = "";
	struct argv a;
	int r = merge(&a, config_option, why);

	ck_assert_msg(r == 0, "%s", why);
	options_are(&a, want);
	argv_free(&a);
}

static void write_all(void)
{
	write_file("global.conf", "images-dir global\n");
	write_file(".criu/default.conf", "images-dir user\n");
	write_file("env.conf", "images-dir env\n");
	write_file("my.conf", "images-dir mine\n");
}

START_TEST(no_files)
{
	merged_is(NULL, "restore|--images-dir=typed|--no-default-config");
}
END_TEST

START_TEST(default_files)
{
	write_all();
	merged_is(NULL, "restore|--images-dir=global|--images-dir=user|"
			"--images-dir=typed|--no-default-config");
}
END_TEST

START_TEST(file_of_the_environment)
{
	write_all();
	setenv("CRIU_CONFIG_FILE", in_dir("env.conf"), 1);
	merged_is(NULL, "restore|--images-dir=global|--images-dir=user|"
			"--images-dir=env|--images-dir=typed|"
			"--no-default-config");
	merged_is("--no-default-config",
		  "restore|--images-dir=env|--images-dir=typed|"
		  "--no-default-config");
}
END_TEST

START_TEST(no_default_config)
{
	write_all();
	merged_is("--no-default-config",
		  "restore|--images-dir=typed|--no-default-config");
	merged_is("--no-def", "restore|--images-dir=typed|--no-default-config");
}
END_TEST

START_TEST(named_file)
{
	char option[PATH_MAX + 128];

	write_all();
	snprintf(option, sizeof(option), "--config=%s", in_dir("my.conf"));
	merged_is(option, "restore|--images-dir=mine|--images-dir=typed|"
			  "--no-default-config");
	setenv("CRIU_CONFIG_FILE", in_dir("env.conf"), 1);
	merged_is(option, "restore|--images-dir=env|--images-dir=mine|"
			  "--images-dir=typed|--no-default-config");
}
END_TEST

START_TEST(last_named_file)
{
	char other[PATH_MAX + 64], mine[PATH_MAX + 64], why[ARGV_WHY];
	char *words[] = {"criu", "check",    "--config", other,
			 "-d",	 "--config", mine};
	struct argv a;

	write_all();
	strcpy(other, in_dir("env.conf"));
	strcpy(mine, in_dir("my.conf"));
	ck_assert_int_eq(argv_parse(&a, 7, words, why), 0);
	ck_assert_int_eq(config_merge(&a, why), 0);
	options_are(&a, "check|--images-dir=mine|--restore-detached|"
			"--no-default-config");
	argv_free(&a);
}
END_TEST

START_TEST(operands_stay)
{
	char *words[] = {"criu", "restore",  "--exec-cmd", "--",
			 "cmd",	 "--config", "x"};
	char why[ARGV_WHY];
	struct argv a;

	write_file("global.conf", "tree 5\n");
	ck_assert_int_eq(argv_parse(&a, 7, words, why), 0);
	ck_assert_int_eq(config_merge(&a, why), 0);
	options_are(&a, "restore|--tree=5|--exec-cmd|--no-default-config|"
			"--|cmd|--config|x");
	argv_free(&a);
}
END_TEST

START_TEST(what_was_typed_wins)
{
	char *words[] = {"criu", "restore", "--no-daemon"};
	char why[ARGV_WHY];
	struct argv a;

	write_file("global.conf", "restore-detached\nshell-job\n");
	ck_assert_int_eq(argv_parse(&a, 3, words, why), 0);
	ck_assert_int_eq(config_merge(&a, why), 0);
	ck_assert(!argv_flag(&a, OPT_DETACH));
	ck_assert(argv_flag(&a, OPT_SHELL_JOB));
	argv_free(&a);
}
END_TEST

START_TEST(missing_files)
{
	char option[PATH_MAX + 128], why[ARGV_WHY] = "";
	struct argv a;

	setenv("CRIU_CONFIG_FILE", in_dir("env.conf"), 1);
	merged_is(NULL, "restore|--images-dir=typed|--no-default-config");
	snprintf(option, sizeof(option), "--config=%s", in_dir("my.conf"));
	ck_assert_int_eq(merge(&a, option, why), -ENOENT);
	ck_assert_ptr_nonnull(strstr(why, "/my.conf': "));
	argv_free(&a);
}
END_TEST

START_TEST(homes_without_files)
{
	unsetenv("HOME");
	merged_is(NULL, "restore|--images-dir=typed|--no-default-config");
	setenv("HOME", "/dev/null", 1);
	merged_is(NULL, "restore|--images-dir=typed|--no-default-config");
}
END_TEST

static const char *const places[] = {"global.conf", ".criu/default.conf",
				     "env.conf", "my.conf"};

START_TEST(mistake_in_any_file)
{
	char option[PATH_MAX + 128], why[ARGV_WHY] = "";
	char want[PATH_MAX + ARGV_WHY];
	bool named = !strcmp(places[_i], "my.conf");
	struct argv a;

	write_all();
	write_file(places[_i], "\nnonesuch\n");
	setenv("CRIU_CONFIG_FILE", in_dir("env.conf"), 1);
	snprintf(option, sizeof(option), "--config=%s", in_dir("my.conf"));
	ck_assert_int_eq(merge(&a, named ? option : NULL, why), -EINVAL);
	snprintf(want, sizeof(want), "%s:2: option 'nonesuch' is unknown",
		 in_dir(places[_i]));
	ck_assert_str_eq(why, want);
	argv_free(&a);
}
END_TEST

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

static TCase *add_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return t;
}

static Suite *config_suite(void)
{
	Suite *s = suite_create("config");
	TCase *t = add_case(s, "file");

	tcase_add_loop_test(t, good_file, 0, COUNT(good));
	tcase_add_loop_test(t, bad_file, 0, COUNT(bad));
	tcase_add_test(t, zero_byte);
	tcase_add_test(t, long_line);
	tcase_add_test(t, options_are_appended);
	tcase_add_test(t, no_file);

	t = add_case(s, "merge");
	tcase_add_test(t, no_files);
	tcase_add_test(t, default_files);
	tcase_add_test(t, file_of_the_environment);
	tcase_add_test(t, no_default_config);
	tcase_add_test(t, named_file);
	tcase_add_test(t, last_named_file);
	tcase_add_test(t, operands_stay);
	tcase_add_test(t, what_was_typed_wins);
	tcase_add_test(t, missing_files);
	tcase_add_test(t, homes_without_files);
	tcase_add_loop_test(t, mistake_in_any_file, 0, COUNT(places));
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(config_suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
