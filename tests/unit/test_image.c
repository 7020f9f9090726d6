/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "image/image.h"
#include "tests/unit/images.h"

static struct image_tree tree;
static struct image_problem problem;

static void setup(void)
{
	images_open();
}

static void teardown(void)
{
	image_free(&tree);
	images_close();
}

static int read_it(void)
{
	return image_read(dir, &tree, &problem);
}

static void must_read(void)
{
	int err = read_it();

	ck_assert_msg(!err, "%d: %s %s", err, problem.file, problem.text);
}

static void must_fail(int err, const char *file, const char *text)
{
	struct image_tree before = tree;
	int got = read_it();

	ck_assert_msg(got == -err, "%d, not %d: %s %s", got, -err, problem.file,
		      problem.text);
	ck_assert_str_eq(problem.file, file);
	ck_assert_msg(!!strstr(problem.text, text), "\"%s\" is not in \"%s\"",
		      text, problem.text);
	ck_assert_mem_eq(&tree, &before, sizeof(tree));
}

/* --- what is in there --------------------------------------------------- */

START_TEST(a_whole_tree)
{
	must_read();
	ck_assert_uint_eq(tree.n_tasks, 4);
	ck_assert_int_eq(tree.task[0].pid, 10);
	ck_assert_int_eq(tree.task[0].ppid, 0);
	ck_assert_int_eq(tree.task[0].sid, 9);
	ck_assert_uint_eq(tree.task[0].n_threads, 2);
	ck_assert_int_eq(tree.task[0].thread[1], 12);
	ck_assert_int_eq(tree.task[2].pgid, 20);
	ck_assert_int_eq(tree.pdeath_sig, 9);
	ck_assert_uint_eq(tree.namespaces, CLONE_NEWUTS);
	ck_assert(!tree.lazy);
}
END_TEST

START_TEST(a_zombie_has_a_core_and_no_more)
{
	must_read();
	ck_assert(tree.task[1].zombie);
	ck_assert_uint_eq(tree.task[1].n_threads, 0);
	ck_assert(!tree.task[0].zombie && !tree.task[3].zombie);
}
END_TEST

START_TEST(a_directory_that_cant_be_written)
{
	int path = openat(dir, ".", O_PATH | O_CLOEXEC);

	ck_assert_int_eq(fchmod(dir, 0500), 0);
	ck_assert_int_eq(image_read(path, &tree, &problem), 0);
	close(path);
}
END_TEST

START_TEST(version_1_has_no_common_magic)
{
	unsigned char data[4096];

	inventory(1);
	for (size_t i = 1; i < N_EVERY; i++) {
		size_t n = load(every[i].name, data, sizeof(data));
		uint32_t magic;

		memcpy(&magic, data, sizeof(magic));
		if (magic == COMMON)
			save(every[i].name, data + 4, n - 4);
	}
	must_read();
}
END_TEST

START_TEST(namespaces_are_compared_with_criu_s_own)
{
	struct bytes b;

	start(&b, IDS);
	FIELDS(&b, 1, 2, 9, 9, 50, 51, 7, 8, 9, 10, 99, 12);
	save_bytes("ids-10.img", &b);
	must_read();
	/* Not the cgroup namespace: CRIU doesn't either. */
	ck_assert_uint_eq(tree.namespaces, CLONE_NEWPID | CLONE_NEWNET);
}
END_TEST

START_TEST(pages_that_stayed_behind)
{
	pagemap("pagemap-13.img", 2, 1000, LAZY);
	must_read();
	ck_assert(tree.lazy);
}
END_TEST

START_TEST(a_program_without_descriptors)
{
	unlinkat(dir, "fdinfo-2.img", 0);
	unlinkat(dir, "fdinfo-3.img", 0);
	must_fail(ENOENT, "fdinfo-2.img", "is missing");
	files(2);
	must_read();
}
END_TEST

/* --- incremental dumps --------------------------------------------------- */

static void in_parent(int (*write_parent)(void))
{
	int child = dir;

	pagemap("pagemap-13.img", 2, 5, PARENT);
	ck_assert_int_eq(mkdirat(dir, "first", 0700), 0);
	ck_assert_int_eq(symlinkat("first", dir, "parent"), 0);
	dir = openat(child, "first", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_parent();
	close(dir);
	dir = child;
}

static int whole_parent(void)
{
	pagemap("pagemap-13.img", 1, 5, PRESENT);
	pages("pages-1.img", 5);
	return 0;
}

static int short_parent(void)
{
	pagemap("pagemap-13.img", 1, 5, PRESENT);
	pages("pages-1.img", 4);
	return 0;
}

static int no_parent_pages(void)
{
	return 0;
}

static int deep_parent(void)
{
	pagemap("pagemap-13.img", 1, 5, PARENT);
	return 0;
}

static int circular_parent(void)
{
	pagemap("pagemap-13.img", 1, 5, PARENT);
	return symlinkat(".", dir, "parent");
}

static const struct {
	int (*parent)(void);
	int err;
	const char *file, *text;
} chains[] = {
	{short_parent, EBADMSG, "parent/pages-1.img", "4 of 5 pages"},
	{no_parent_pages, ENOENT, "parent/pagemap-13.img", "is missing"},
	{deep_parent, ENOENT, "parent/parent", "is missing"},
	{circular_parent, ELOOP, "parent/parent", "circle"},
};

START_TEST(an_incremental_dump)
{
	in_parent(whole_parent);
	must_read();
}
END_TEST

START_TEST(an_incremental_dump_with_gaps)
{
	in_parent(chains[_i].parent);
	must_fail(chains[_i].err, chains[_i].file, chains[_i].text);
}
END_TEST

START_TEST(an_incremental_dump_alone)
{
	pagemap("pagemap-13.img", 2, 5, PARENT);
	must_fail(ENOENT, "parent", "is missing");
}
END_TEST

START_TEST(an_old_incremental_dump)
{
	struct bytes b;

	in_parent(whole_parent);
	start(&b, PAGEMAP);
	FIELDS(&b, 2);
	FIELDS(&b, 0x400000, 5, 1);
	save_bytes("pagemap-13.img", &b);
	must_read();
	unlinkat(dir, "parent", 0);
	must_fail(ENOENT, "parent", "is missing");
}
END_TEST

/* --- damage to any file -------------------------------------------------- */

START_TEST(each_file_is_missed)
{
	ck_assert_int_eq(unlinkat(dir, every[_i].name, 0), 0);
	if (every[_i].needed)
		must_fail(ENOENT, every[_i].name, "is missing");
	else
		must_read();
}
END_TEST

START_TEST(each_empty_file_is_seen)
{
	save(every[_i].name, "", 0);
	must_fail(EBADMSG, every[_i].name, "is empty");
}
END_TEST

START_TEST(each_file_one_byte_short_is_seen)
{
	struct stat st;
	int fd = openat(dir, every[_i].name, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(ftruncate(fd, st.st_size - 1), 0);
	close(fd);
	must_fail(EBADMSG, every[_i].name, "ends after");
}
END_TEST

START_TEST(each_fifo_is_seen_and_does_not_block)
{
	ck_assert_int_eq(unlinkat(dir, every[_i].name, 0), 0);
	ck_assert_int_eq(mkfifoat(dir, every[_i].name, 0600), 0);
	must_fail(EBADMSG, every[_i].name, "is not a regular file");
}
END_TEST

static bool has_magic(const char *name)
{
	return strncmp(name, "pages-", 6);
}

START_TEST(each_wrong_magic_is_seen)
{
	unsigned char data[4096];
	size_t n = load(every[_i].name, data, sizeof(data));

	if (!has_magic(every[_i].name))
		return;
	data[_i ? 4 : 0] ^= 1;
	save(every[_i].name, data, n);
	must_fail(EBADMSG, every[_i].name, "is no");
}
END_TEST

START_TEST(each_swapped_file_is_seen)
{
	unsigned char data[4096];
	size_t n = load("utsns-30.img", data, sizeof(data));

	if (!has_magic(every[_i].name) ||
	    !strcmp(every[_i].name, "utsns-30.img"))
		return;
	save(every[_i].name, data, n);
	/* An inventory starts otherwise: its magic is where the common is. */
	must_fail(EBADMSG, every[_i].name, _i ? "but a utsns" : "is no");
}
END_TEST

START_TEST(each_length_is_checked_against_the_file)
{
	static const uint32_t lengths[] = {UINT32_MAX, INT32_MAX, 5000};
	unsigned char data[4096];
	size_t n = load(every[_i].name, data, sizeof(data));

	if (!has_magic(every[_i].name))
		return;
	for (size_t i = 0; i < 3; i++) {
		memcpy(data + (_i ? 8 : 4), &lengths[i], 4);
		save(every[_i].name, data, n);
		must_fail(EBADMSG, every[_i].name, "ends after");
	}
}
END_TEST

/* --- damage of a certain kind --------------------------------------------- */

static void garbage(void)
{
	struct bytes b;

	start(&b, CORE);
	put_u32(&b, 4);
	put(&b, "\x1a\xff\xff\xff", 4);
	save_bytes("core-13.img", &b);
}

static void magic_only(void)
{
	struct bytes b;

	start(&b, FDINFO);
	save_bytes("fdinfo-2.img", &b);
}

static void no_tasks(void)
{
	struct bytes b;

	start(&b, PSTREE);
	save_bytes("pstree.img", &b);
}

static void two_roots(void)
{
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, 10, 0, 10, 10, 10);
	TASK(&b, 13, 0, 13, 13, 13);
	save_bytes("pstree.img", &b);
}

static void lost_parent(void)
{
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, 10, 0, 10, 10, 10);
	TASK(&b, 13, 12, 13, 13, 13);
	save_bytes("pstree.img", &b);
}

static void same_task(void)
{
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, 10, 0, 10, 10, 10);
	TASK(&b, 10, 10, 10, 10, 10);
	save_bytes("pstree.img", &b);
}

static void same_thread(void)
{
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, 10, 0, 10, 10, 10, 12);
	TASK(&b, 13, 10, 10, 10, 13, 12);
	save_bytes("pstree.img", &b);
}

static void huge_pid(void)
{
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, -1, 0, 10, 10, 10);
	save_bytes("pstree.img", &b);
}

static void no_state(void)
{
	core("core-13.img", 77, 0);
}

static void dead_root(void)
{
	core("core-10.img", DEAD, 0);
}

static void thread_as_leader(void)
{
	core("core-10.img", 0, 0);
}

static void newer(void)
{
	inventory(3);
}

static void pre_dump(void)
{
	struct bytes b;

	start(&b, INVENTORY);
	FIELDS(&b, 0, -1, -1, -1, -1, -1, -1, 5, 1);
	save_bytes("inventory.img", &b);
	unlinkat(dir, "pstree.img", 0);
}

static void old_pre_dump(void)
{
	struct bytes b;

	start(&b, INVENTORY);
	FIELDS(&b, 0);
	save_bytes("inventory.img", &b);
}

static void ancient(void)
{
	struct bytes b;

	start(&b, INVENTORY);
	FIELDS(&b, 1, 0);
	save_bytes("inventory.img", &b);
}

static void page_short(void)
{
	long page = sysconf(_SC_PAGESIZE);
	int fd = openat(dir, "pages-1.img", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(ftruncate(fd, 3 * page - 1), 0);
	close(fd);
}

static void same_pages(void)
{
	pagemap("pagemap-13.img", 1, 1, PRESENT);
}

static void many_pages(void)
{
	struct bytes b;

	start(&b, PAGEMAP);
	FIELDS(&b, 1);
	FIELDS(&b, 0, 0, -1, PRESENT, INT64_MAX);
	FIELDS(&b, 0, 0, -1, PRESENT, INT64_MAX);
	FIELDS(&b, 0, 0, -1, PRESENT, 5);
	save_bytes("pagemap-10.img", &b);
}

static void no_pages_id(void)
{
	struct bytes b;

	start(&b, PAGEMAP);
	save_bytes("pagemap-10.img", &b);
}

static void directory(void)
{
	unlinkat(dir, "mm-13.img", 0);
	mkdirat(dir, "mm-13.img", 0700);
}

static void dangling(void)
{
	unlinkat(dir, "mm-13.img", 0);
	ck_assert_int_eq(symlinkat("nowhere", dir, "mm-13.img"), 0);
}

static void criu_itself(void)
{
	ids("ids-10.img", 1, 100, 30);
	fdinfo("fdinfo-100.img", 1);
}

static void unfinished(void)
{
	unlinkat(dir, "inventory.img", 0);
}

static void only_pages(void)
{
	for (size_t i = 0; i < N_EVERY; i++)
		if (!strstr(every[i].name, "page"))
			unlinkat(dir, every[i].name, 0);
}

static void nothing(void)
{
	for (size_t i = 0; i < N_EVERY; i++)
		unlinkat(dir, every[i].name, 0);
}

static void empty_messages(void)
{
	struct bytes b;

	start(&b, 0x55453737);
	FIELDS(&b, -1, 0, 4000000000);
	save_bytes("ipcns-msg-3.img", &b);
}

static void long_chunk(void)
{
	struct bytes b;

	start(&b, GHOST);
	FIELDS(&b, 0, 0, 0, -1, -1, -1, -1, -1, 1, 4);
	FIELDS(&b, INT64_MAX, 0);
	save_bytes("ghost-file-2.img", &b);
}

static const struct {
	void (*damage)(void);
	int err;
	const char *file, *text;
} damages[] = {
	{garbage, EBADMSG, "core-13.img", "damaged record at byte 8"},
	{magic_only, EBADMSG, "fdinfo-2.img", "holds no record"},
	{no_tasks, EBADMSG, "pstree.img", "holds no task"},
	{two_roots, EBADMSG, "pstree.img", "second root: 13"},
	{lost_parent, EBADMSG, "pstree.img", "12, the parent of 13"},
	{same_task, EBADMSG, "pstree.img", "names 10 twice"},
	{same_thread, EBADMSG, "pstree.img", "names 12 twice"},
	{huge_pid, EBADMSG, "pstree.img", "damaged task"},
	{no_state, EBADMSG, "core-13.img", "lacks"},
	{dead_root, EBADMSG, "core-10.img", "lacks"},
	{thread_as_leader, EBADMSG, "core-10.img", "lacks"},
	{newer, ENOTSUP, "inventory.img", "version 3"},
	{pre_dump, EBADMSG, "", "holds a pre-dump"},
	{old_pre_dump, EBADMSG, "", "holds a pre-dump"},
	{ancient, ENOTSUP, "inventory.img", "too old"},
	{page_short, EBADMSG, "pages-1.img", "ends after 2 of 3 pages"},
	{same_pages, EBADMSG, "pagemap-13.img", "pages-1.img"},
	{many_pages, EBADMSG, "pagemap-10.img", "has an entry of 5 pages"},
	{no_pages_id, EBADMSG, "pagemap-10.img", "where its pages are"},
	{directory, EBADMSG, "mm-13.img", "is not a regular file"},
	{dangling, ENOENT, "mm-13.img", "is missing"},
	{criu_itself, EBADMSG, "inventory.img", "takes CRIU for"},
	{unfinished, ENOENT, "inventory.img", "dump was not finished"},
	{only_pages, ENOENT, "inventory.img", "only pages"},
	{nothing, ENOENT, "inventory.img", "no image directory"},
	{empty_messages, EBADMSG, "ipcns-msg-3.img", "messages early"},
	{long_chunk, EBADMSG, "ghost-file-2.img", "cut short"},
};
enum { N_DAMAGES = sizeof(damages) / sizeof(*damages) };

START_TEST(damage_is_named)
{
	damages[_i].damage();
	must_fail(damages[_i].err, damages[_i].file, damages[_i].text);
}
END_TEST

START_TEST(a_record_that_is_long_and_hollow)
{
	int fd = openat(dir, "mm-13.img", O_WRONLY | O_CLOEXEC);
	uint32_t len = 3u << 30;

	ck_assert_int_eq(pwrite(fd, &len, sizeof(len), 8), sizeof(len));
	ck_assert_int_eq(ftruncate(fd, 12 + (off_t)len), 0);
	close(fd);
	must_fail(EBADMSG, "mm-13.img", "has a record of");
}
END_TEST

/* Whatever is read, it comes to an end and leaves no memory behind. */
START_TEST(random_damage)
{
	enum { ROUNDS = 6000 };
	unsigned char was[4096], data[4096];

	srand(20240229);
	for (int round = 0; round < ROUNDS; round++) {
		const char *name = every[rand() % N_EVERY].name;
		size_t n, flips = 1 + (size_t)rand() % 4;

		if (!has_magic(name))
			continue;
		n = load(name, was, sizeof(was));
		memcpy(data, was, n);
		while (flips--)
			data[(size_t)rand() % n] ^=
				(unsigned char)(1 << rand() % 8);
		save(name, data, rand() % 4 ? n : (size_t)rand() % n);
		if (!read_it())
			image_free(&tree);
		else
			ck_assert_uint_gt(strlen(problem.text), 0);
		save(name, was, n);
	}
	must_read();
}
END_TEST

static void add_rows(TCase *tc)
{
	const int n = N_EVERY;

	tcase_add_loop_test(tc, each_file_is_missed, 0, n);
	tcase_add_loop_test(tc, each_empty_file_is_seen, 0, n);
	tcase_add_loop_test(tc, each_file_one_byte_short_is_seen, 0, n);
	tcase_add_loop_test(tc, each_fifo_is_seen_and_does_not_block, 0, n);
	tcase_add_loop_test(tc, each_wrong_magic_is_seen, 0, n);
	tcase_add_loop_test(tc, each_swapped_file_is_seen, 0, n);
	tcase_add_loop_test(tc, each_length_is_checked_against_the_file, 0, n);
	tcase_add_loop_test(tc, damage_is_named, 0, N_DAMAGES);
	tcase_add_test(tc, a_record_that_is_long_and_hollow);
}

static TCase *images(void)
{
	TCase *tc = tcase_create("images");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_whole_tree);
	tcase_add_test(tc, a_zombie_has_a_core_and_no_more);
	tcase_add_test(tc, a_directory_that_cant_be_written);
	tcase_add_test(tc, version_1_has_no_common_magic);
	tcase_add_test(tc, namespaces_are_compared_with_criu_s_own);
	tcase_add_test(tc, pages_that_stayed_behind);
	tcase_add_test(tc, a_program_without_descriptors);
	tcase_add_test(tc, an_incremental_dump);
	tcase_add_loop_test(tc, an_incremental_dump_with_gaps, 0,
			    sizeof(chains) / sizeof(*chains));
	tcase_add_test(tc, an_incremental_dump_alone);
	tcase_add_test(tc, an_old_incremental_dump);
	add_rows(tc);
	tcase_add_test(tc, random_damage);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("image");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, images());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
