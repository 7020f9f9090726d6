/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "explain/still.h"
#include "tests/unit/images.h"

/* Images that no criu here would write, and what is said about them. */

static struct findings all;
static struct still how = {.dir = "img"};

static void setup(void)
{
	images_open();
}

static void teardown(void)
{
	finding_free(&all);
	images_close();
}

static const struct finding *find(const char *id)
{
	for (size_t i = 0; i < all.n; i++)
		if (!strcmp(all.list[i].id, id))
			return &all.list[i];
	return NULL;
}

static const struct finding *must_find(const char *id)
{
	const struct finding *f;

	ck_assert_int_eq(explain_image(&all, dir, &how), 0);
	f = find(id);
	ck_assert_msg(f != NULL, "%s is not among %zu", id, all.n);
	ck_assert_ptr_nonnull(f->cause);
	ck_assert_ptr_nonnull(f->cure);
	return f;
}

static void must_not_find(const char *id)
{
	ck_assert_int_eq(explain_image(&all, dir, &how), 0);
	ck_assert_ptr_null(find(id));
}

static bool has_word(const struct finding *f, const char *word)
{
	for (char **w = f->argv; w && *w; w++)
		if (!strcmp(*w, word))
			return true;
	return false;
}

START_TEST(test_nothing)
{
	must_not_find("image-damaged");
	ck_assert_uint_eq(all.n, 0);
}
END_TEST

START_TEST(test_damaged)
{
	unlinkat(dir, "core-12.img", 0);
	unlinkat(dir, "mm-13.img", 0);
	ck_assert_ptr_nonnull(strstr(must_find("image-incomplete")->cause,
				     "core-12.img is missing"));
	ck_assert_ptr_nonnull(
		strstr(must_find("image-damaged")->cause, "mm-13.img"));
}
END_TEST

START_TEST(test_unknown_version)
{
	inventory(77);
	must_find("image-unknown-version");
}
END_TEST

START_TEST(test_lazy)
{
	char *given[] = {"--lazy-pages", NULL};

	pagemap("pagemap-10.img", 1, 3, LAZY);
	must_find("pages-elsewhere");
	finding_free(&all);
	how.given = given;
	must_not_find("pages-elsewhere");
	how.given = NULL;
}
END_TEST

static void external_file(void)
{
	static const char name[] = "file[b0:a782]";
	struct bytes b, record = {.n = 0}, reg = {.n = 0}, text = {.n = 0};

	put(&text, name, strlen(name));
	put_inner(&reg, 6, &text);
	put_field(&reg, 9, 1);
	put_field(&record, 1, 1);
	put_field(&record, 2, 9);
	put_inner(&record, 3, &reg);
	start(&b, FILES);
	put_record(&b, &record);
	save_bytes("files.img", &b);
}

START_TEST(test_external_file)
{
	char *given[] = {"--inherit-fd=fd[7]:file[b0:a782]", NULL};

	external_file();
	ck_assert_ptr_nonnull(
		strstr(must_find("outside-file")->cure, "fd[N]:file[b0:a782]"));
	finding_free(&all);
	how.given = given;
	must_not_find("outside-file");
	how.given = NULL;
}
END_TEST

/* An entry of tty-info.img: 5 is one that was left out, 1 a pty. */
static void terminal(int type, int rdev)
{
	struct bytes b, record = {.n = 0}, modes = {.n = 0}, pty = {.n = 0};

	put_field(&record, 1, 1);
	put_field(&record, 2, (uint64_t)type);
	put_field(&record, 8, (uint64_t)rdev);
	put_inner(&record, 9, &modes);
	put_field(&pty, 1, 3);
	put_inner(&record, 12, &pty);
	put_field(&record, 13, 0x18);
	start(&b, 0x59453036);
	put_record(&b, &record);
	save_bytes("tty-info.img", &b);
}

START_TEST(test_terminals)
{
	char *given[] = {"--tcp-close", NULL};
	const struct finding *f;

	terminal(5, 0x8803);
	ck_assert_ptr_nonnull(
		strstr(must_find("outside-file")->cause, "tty[8803:18]"));
	finding_free(&all);
	terminal(1, 136 << 8 | 3);
	how.given = given;
	f = must_find("shell-job");
	ck_assert_str_eq(f->argv[0], "criu-ns");
	ck_assert_str_eq(f->argv[3], "img");
	/* What was given is repeated, so that it works as it is. */
	ck_assert(has_word(f, "--shell-job") && has_word(f, "--tcp-close"));
	how.given = NULL;
}
END_TEST

static void with_security(int module)
{
	struct bytes b, record = {.n = 0}, ids = {.n = 0}, tc = {.n = 0};
	struct bytes thread = {.n = 0}, creds = {.n = 0}, text = {.n = 0};

	for (unsigned int i = 1; i <= 12; i++)
		put_field(&ids, i, i < 5 ? 100 : i);
	put_field(&record, 1, 2);
	put_field(&record, 2, 1);
	put_inner(&record, 3, &ids);
	put_field(&record, 6, (uint64_t)module);
	start(&b, INVENTORY);
	put_record(&b, &record);
	save_bytes("inventory.img", &b);

	record.n = 0;
	put_field(&tc, 1, ALIVE);
	put(&text, "tight", 5);
	put_field(&creds, 1, 0);
	put_inner(&creds, 15, &text);
	put_inner(&thread, 10, &creds);
	put_inner(&record, 3, &tc);
	put_inner(&record, 5, &thread);
	start(&b, CORE);
	put_record(&b, &record);
	save_bytes("core-10.img", &b);
}

START_TEST(test_security_module)
{
	with_security(_i);
	if (!_i)
		must_not_find("security-module");
	else if (access(_i == 1 ? "/sys/fs/selinux/enforce"
				: "/sys/module/apparmor/parameters/enabled",
			F_OK) < 0)
		ck_assert_ptr_nonnull(
			strstr(must_find("security-module")->cause, "'tight'"));
}
END_TEST

START_TEST(test_root_is_1)
{
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, 1, 0, 1, 1, 1);
	save_bytes("pstree.img", &b);
	core("core-1.img", ALIVE, 0);
	ids("ids-1.img", 1, 2, 30);
	mm("mm-1.img", 77);
	fs("fs-1.img");
	ck_assert_int_eq(linkat(dir, "pagemap-10.img", dir, "pagemap-1.img", 0),
			 0);
	must_find("root-is-pid-1");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("still");
	TCase *t = tcase_create("images");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_nothing);
	tcase_add_test(t, test_damaged);
	tcase_add_test(t, test_unknown_version);
	tcase_add_test(t, test_lazy);
	tcase_add_test(t, test_external_file);
	tcase_add_test(t, test_terminals);
	tcase_add_loop_test(t, test_security_module, 0, 3);
	tcase_add_test(t, test_root_is_1);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
