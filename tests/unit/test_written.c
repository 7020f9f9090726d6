/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <check.h>

#include "image/written.h"

/* Which files of an image were being written, and how long they were. */

#define FILE_OF(number, name, how)                                             \
	.id = (number), .type = IMAGE_REGULAR, .path = (name), .flags = (how), \
	.has_mode = true, .mode = S_IFREG | 0644, .mount = -1
#define SIZE(n) .has_size = true, .size = (n)

static struct image_file file[] = {
	{FILE_OF(1, "/c", O_WRONLY), SIZE(7), .pos = 3},
	{FILE_OF(2, "/b", O_RDWR | O_APPEND), SIZE(8)},
	{FILE_OF(3, "/a", O_WRONLY | O_APPEND), .pos = 9},
	{FILE_OF(4, "/read", O_RDONLY), SIZE(1)},
	{FILE_OF(5, "/path", O_RDWR | O_PATH), SIZE(1)},
	{FILE_OF(6, "/deleted", O_RDWR), SIZE(1), .remap = REMAP_GHOST},
	{FILE_OF(7, "/of-proc", O_RDWR), SIZE(1), .remap = REMAP_PROC},
	{FILE_OF(8, "file[1:2]", O_RDWR), .external = true},
	{FILE_OF(9, "/proc/self/oom_score_adj", O_RDWR), SIZE(0)},
	/* Several descriptors: the longest position; a size is better. */
	{FILE_OF(10, "/a", O_WRONLY | O_APPEND), .pos = 12},
	{FILE_OF(11, "/b", O_WRONLY | O_APPEND), .pos = 99},
	{FILE_OF(12, "/map", O_RDONLY), SIZE(4096), .mapped_to_write = true},
	{FILE_OF(13, "/gone", O_WRONLY), SIZE(5), .remap = REMAP_LINK,
	 .remap_id = 14},
	{FILE_OF(14, "/link_remap.14", 0)},
	{FILE_OF(15, "/lost", O_WRONLY), SIZE(5), .remap = REMAP_LINK,
	 .remap_id = 99},
	{FILE_OF(16, "/new-log", O_WRONLY | O_APPEND), .pos = UINT64_MAX},
	{FILE_OF(17, NULL, O_WRONLY), SIZE(1)},
	{.id = 18,
	 .type = IMAGE_REGULAR,
	 .path = "/dev/null",
	 .flags = O_RDWR,
	 .has_mode = true,
	 .mode = S_IFCHR | 0666,
	 .mount = -1},
	{.id = 19,
	 .type = IMAGE_REGULAR,
	 .path = "/old",
	 .flags = O_RDWR,
	 SIZE(2),
	 .mount = -1},
	{.id = 20, .type = IMAGE_PIPE, .flags = O_WRONLY},
};
static struct image_contents contents = {
	.file = file,
	.n_files = sizeof(file) / sizeof(*file),
};

static const struct image_written expected[] = {
	{"/a", 10, 12, false, false},	 {"/b", 2, 8, true, false},
	{"/c", 1, 7, true, false},	 {"/link_remap.14", 13, 5, true, false},
	{"/map", 12, 4096, true, false}, {"/new-log", 16, 0, false, false},
	{"/old", 19, 2, true, false},
};
enum { N_EXPECTED = sizeof(expected) / sizeof(*expected) };

START_TEST(test_list)
{
	struct image_written *list;
	size_t n;

	ck_assert_int_eq(image_written(&contents, &list, &n), 0);
	ck_assert_uint_eq(n, N_EXPECTED);
	for (size_t i = 0; i < n; i++) {
		ck_assert_str_eq(list[i].path, expected[i].path);
		ck_assert_uint_eq(list[i].id, expected[i].id);
		ck_assert_uint_eq(list[i].size, expected[i].size);
		ck_assert_int_eq(list[i].exact, expected[i].exact);
		ck_assert_int_eq(list[i].inside, expected[i].inside);
	}
	free(list);
}
END_TEST

START_TEST(test_nothing)
{
	struct image_contents none = {.n_files = 0};
	struct image_written *list;
	size_t n = 7;

	ck_assert_int_eq(image_written(&none, &list, &n), 0);
	ck_assert_uint_eq(n, 0);
	free(list);
}
END_TEST

START_TEST(test_own_mounts)
{
	struct image_mount mount[] = {{.id = 4, .path = "./"},
				      {.id = 5, .path = "./tmp"}};
	struct image_file own[] = {
		{FILE_OF(1, "/a", O_WRONLY), SIZE(1)},
		{FILE_OF(2, "/tmp/b", O_WRONLY), SIZE(1)},
		{FILE_OF(3, "/c", O_WRONLY), SIZE(1)},
	};
	struct image_contents c = {.file = own,
				   .n_files = 3,
				   .mount = mount,
				   .n_mounts = 2,
				   .tree.namespaces = CLONE_NEWNS};
	struct image_written *list;
	size_t n;

	own[0].mount = 4;
	own[1].mount = 5;
	own[2].mount = 6;
	ck_assert_int_eq(image_written(&c, &list, &n), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert(!list[0].inside && list[1].inside && list[2].inside);
	free(list);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("written");
	TCase *t = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_list);
	tcase_add_test(t, test_nothing);
	tcase_add_test(t, test_own_mounts);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
