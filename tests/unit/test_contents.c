/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "explain/entry.h"
#include "explain/picture.h"
#include "image/contents.h"
#include "tests/unit/images.h"

/* The tree of images.h, and what is in files.img and pages-*.img. */

static struct image_contents c;

static void setup(void)
{
	images_open();
}

static void teardown(void)
{
	image_contents_free(&c);
	images_close();
}

static void must_read(void)
{
	int err = image_contents_read(dir, &c, true);

	ck_assert_msg(!err && !c.n_problems, "%d: %s %s", err,
		      c.n_problems ? c.problem[0].file : "",
		      c.n_problems ? c.problem[0].text : "");
}

static bool has_problem(const char *file, const char *text)
{
	for (size_t i = 0; i < c.n_problems; i++)
		if (!strcmp(c.problem[i].file, file) &&
		    strstr(c.problem[i].text, text))
			return true;
	return false;
}

START_TEST(test_whole)
{
	long page = sysconf(_SC_PAGESIZE);

	must_read();
	ck_assert_uint_eq(c.tree.n_tasks, 4);
	ck_assert(c.tree.task[1].zombie);
	ck_assert_uint_eq(c.tree.task[0].n_threads, 2);
	ck_assert_uint_eq(c.tree.task[1].n_threads, 0);
	ck_assert_uint_eq(c.n_files, 3);
	ck_assert_uint_eq(c.process[0].memory, 3 * page);
	ck_assert_uint_eq(c.process[2].memory, page);
	/* 13 has the descriptors of 10, and 14 the memory of 13. */
	ck_assert_uint_eq(c.process[2].shares_files, 0);
	ck_assert_uint_eq(c.process[3].shares_memory, 2);
	ck_assert_uint_eq(c.process[3].shares_files, 3);
	ck_assert_uint_eq(c.process[0].n_fds, 3);
	ck_assert_uint_eq(c.process[2].n_fds, 0);
	ck_assert_uint_eq(c.process[0].n_maps, 1);
	ck_assert_uint_eq(c.process[0].map[0], 1);
	ck_assert_uint_eq(c.process[0].executable, 1);
	ck_assert_uint_eq(c.process[0].cwd, 2);
	ck_assert_ptr_null(c.process[0].title);
}
END_TEST

/* --- files.img ------------------------------------------------------------ */

static void put_text(struct bytes *b, unsigned int field, const char *text,
		     size_t len)
{
	struct bytes inner = {.n = 0};

	put(&inner, text, len);
	put_inner(b, field, &inner);
}

static void put_entry(struct bytes *b, int type, int id, unsigned int field,
		      const struct bytes *inner)
{
	struct bytes record = {.n = 0};

	put_field(&record, 1, (uint64_t)type);
	put_field(&record, 2, (uint64_t)id);
	put_inner(&record, field, inner);
	put_record(b, &record);
}

static void put_regular(struct bytes *b, int id, const char *path, int size)
{
	struct bytes reg = {.n = 0};

	put_field(&reg, 1, (uint64_t)id);
	put_field(&reg, 2, O_RDWR);
	put_field(&reg, 3, 7);
	put_text(&reg, 6, path, strlen(path));
	put_field(&reg, 8, (uint64_t)size);
	put_field(&reg, 10, S_IFREG | 0640);
	put_entry(b, IMAGE_REGULAR, id, 3, &reg);
}

static void put_unix(struct bytes *b, int id, const char *name, size_t len)
{
	struct bytes s = {.n = 0};

	put_field(&s, 2, 500);
	put_field(&s, 3, SOCK_STREAM);
	put_field(&s, 4, IMAGE_LISTENING);
	put_field(&s, 8, 501);
	put_text(&s, 11, name, len);
	put_text(&s, 14, "/run", 4);
	put_entry(b, IMAGE_UNIX, id, 16, &s);
}

static void put_inet(struct bytes *b, int id, int state)
{
	struct bytes s = {.n = 0};

	put_field(&s, 2, 600);
	put_field(&s, 3, AF_INET);
	put_field(&s, 4, SOCK_STREAM);
	put_field(&s, 5, IPPROTO_TCP);
	put_field(&s, 6, (uint64_t)state);
	put_field(&s, 7, 80);
	put_field(&s, 8, 4000);
	put_field(&s, 11, htonl(INADDR_LOOPBACK));
	put_field(&s, 12, htonl(0xc0000201));
	put_entry(b, IMAGE_INET, id, 4, &s);
}

static void rich_files(void)
{
	struct bytes b, fifo = {.n = 0};

	start(&b, FILES);
	put_regular(&b, 9, "/tmp/b\nc", 100);
	put_regular(&b, 4, "/dev/fifo", 0);
	put_unix(&b, 11, "server", sizeof("server"));
	put_unix(&b, 12, "\0name", 5);
	put_inet(&b, 13, IMAGE_ESTABLISHED);
	put_inet(&b, 14, IMAGE_LISTENING);
	put_field(&fifo, 2, 77);
	put_field(&fifo, 3, 4);
	put_entry(&b, IMAGE_FIFO, 15, 17, &fifo);
	save_bytes("files.img", &b);

	start(&b, REMAP_FPATH);
	FIELDS(&b, 9, 0x1a, 1);
	FIELDS(&b, 9999, 1, 0);
	save_bytes("remap-fpath.img", &b);
}

static const struct image_file *entry(uint32_t type, uint32_t id)
{
	const struct image_file *f = image_contents_file(&c, type, id);

	ck_assert_msg(f != NULL, "%u %u", type, id);
	return f;
}

static void named(uint32_t type, uint32_t id, const char *name)
{
	char buf[256];

	entry_name(&c, entry(type, id), buf, sizeof(buf));
	ck_assert_str_eq(buf, name);
}

START_TEST(test_files)
{
	const struct image_file *f;

	rich_files();
	must_read();
	f = entry(IMAGE_REGULAR, 9);
	ck_assert_uint_eq(f->size, 100);
	ck_assert_uint_eq(f->pos, 7);
	ck_assert_uint_eq(f->mode, S_IFREG | 0640);
	ck_assert_int_eq(f->remap, REMAP_GHOST);
	ck_assert_int_eq(f->mount, -1);
	ck_assert_ptr_null(image_contents_file(&c, IMAGE_REGULAR, 11));
	named(IMAGE_REGULAR, 9, "/tmp/b\nc (deleted)");
	named(IMAGE_UNIX, 11, "stream 500 -> 501 /run/server listening");
	named(IMAGE_UNIX, 12, "stream 500 -> 501 @name listening");
	named(IMAGE_INET, 13, "127.0.0.1:80 -> 192.0.2.1:4000 established");
	named(IMAGE_FIFO, 15, "/dev/fifo");
	ck_assert(entry_is_connection(entry(IMAGE_INET, 13)));
	ck_assert(!entry_is_connection(entry(IMAGE_INET, 14)));
	ck_assert_str_eq(entry_type(entry(IMAGE_INET, 13)), "tcp");
}
END_TEST

/* --- command lines ----------------------------------------------------------
 */

static void mm_with_title(uint64_t from, uint64_t to)
{
	struct bytes b, record = {.n = 0}, vma = {.n = 0};

	put_field(&vma, 1, 0x400000);
	put_field(&vma, 2, 0x403000);
	put_field(&vma, 4, 1);
	put_field(&vma, 7, FILE_MAPPING);
	put_field(&record, 8, from);
	put_field(&record, 9, to);
	put_field(&record, 12, 1);
	put_inner(&record, 14, &vma);
	start(&b, MM);
	put_record(&b, &record);
	save_bytes("mm-10.img", &b);
}

static void write_page(int at, const char *name, long offset, const void *data,
		       size_t n)
{
	int fd = openat(at, name, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(pwrite(fd, data, n, offset), (ssize_t)n);
	close(fd);
}

/* Over the edge of the second page, with the words' NULs and one more. */
START_TEST(test_title)
{
	long page = sysconf(_SC_PAGESIZE);
	uint64_t from = 0x400000 + (uint64_t)page - 3;

	mm_with_title(from, from + 11);
	write_page(dir, "pages-1.img", page - 3, "cat\0-n\0x\0", 10);
	must_read();
	ck_assert_str_eq(c.process[0].title, "cat -n x");
}
END_TEST

START_TEST(test_title_in_parent)
{
	int top = dir;

	mm_with_title(0x400010, 0x400014);
	pagemap("pagemap-10.img", 1, 3, PARENT);
	ck_assert_int_eq(mkdirat(dir, "parent", 0700), 0);
	dir = openat(top, "parent", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pagemap("pagemap-10.img", 5, 3, PRESENT);
	pages("pages-5.img", 3);
	write_page(dir, "pages-5.img", 0x10, "old", 4);
	close(dir);
	dir = top;
	must_read();
	ck_assert_str_eq(c.process[0].title, "old");
	ck_assert_uint_eq(c.process[0].memory, 0);
	ck_assert_uint_eq(c.process[0].parent_memory,
			  3 * sysconf(_SC_PAGESIZE));
}
END_TEST

/* A directory that is its own parent. */
START_TEST(test_title_in_a_circle)
{
	mm_with_title(0x400010, 0x400014);
	pagemap("pagemap-10.img", 1, 3, PARENT);
	ck_assert_int_eq(symlinkat(".", dir, "parent"), 0);
	must_read();
	ck_assert_ptr_null(c.process[0].title);
}
END_TEST

START_TEST(test_title_is_not_there)
{
	static const struct {
		uint64_t from, to;
	} row[] = {
		{0, 0},
		{0x400014, 0x400010},
		{0x900000, 0x900010},
		{UINT64_MAX - 5, UINT64_MAX},
		{0x400010, UINT64_MAX},
	};

	mm_with_title(row[_i].from, row[_i].to);
	must_read();
	ck_assert_ptr_null(c.process[0].title);
}
END_TEST

/* --- damage ------------------------------------------------------------------
 */

/* Whatever is missing, the others are read. */
START_TEST(test_missing)
{
	const char *name = every[_i].name;
	int err;

	unlinkat(dir, name, 0);
	err = image_contents_read(dir, &c, true);
	ck_assert(!err || err == -EBADMSG);
	ck_assert_int_eq(err != 0, c.n_problems != 0);
	if (strcmp(name, "pstree.img") != 0)
		ck_assert_uint_eq(c.tree.n_tasks, 4);
	if (err)
		ck_assert(has_problem(name, "is missing"));
	if (!strncmp(name, "core-1", 6) && strcmp(name, "core-12.img") != 0)
		ck_assert_int_eq(err, -EBADMSG);
}
END_TEST

/* Cut anywhere, it is read without harm; a problem has a sentence. */
START_TEST(test_truncated)
{
	const char *name = every[_i].name;
	char data[4096];
	size_t n;

	if (!strncmp(name, "pages-", 6))
		return;
	n = load(name, data, sizeof(data));
	for (size_t len = 0; len < n; len++) {
		int err;

		save(name, data, len);
		err = image_contents_read(dir, &c, true);
		ck_assert(!err || err == -EBADMSG);
		for (size_t i = 0; i < c.n_problems; i++)
			ck_assert(c.problem[i].text[0]);
		image_contents_free(&c);
	}
}
END_TEST

/* --- drawing
 * ------------------------------------------------------------------ */

static char *drawn(size_t width)
{
	static const struct obstacles none;
	struct picture p = {.dir = "img", .image = &c, .taken = &none};
	struct screen to = {.width = width};
	char *text;
	size_t size;

	to.out = open_memstream(&text, &size);
	picture_text(&to, &p);
	fclose(to.out);
	return text;
}

START_TEST(test_drawing)
{
	char *text;

	rich_files();
	must_read();
	text = drawn(0);
	ck_assert_ptr_nonnull(strstr(text, "dumped   at an unknown time"));
	ck_assert_ptr_nonnull(strstr(text, "4 processes, 4 threads"));
	ck_assert_ptr_nonnull(strstr(text, "zombie"));
	ck_assert_ptr_nonnull(strstr(text, "     14 "));
	free(text);
	text = drawn(30);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_uint_le(strlen(line), 30);
	free(text);
}
END_TEST

/* A chain that is deeper than what is drawn of it. */
START_TEST(test_deep_tree)
{
	struct bytes b, record;
	char *text;
	int fd;

	start(&b, PSTREE);
	fd = openat(dir, "pstree.img", O_WRONLY | O_TRUNC | O_CLOEXEC);
	ck_assert_int_eq(write(fd, b.at, b.n), (ssize_t)b.n);
	for (unsigned int pid = 1000; pid < 21000; pid++) {
		record.n = b.n = 0;
		put_field(&record, 1, pid);
		put_field(&record, 2, pid == 1000 ? 0 : pid - 1);
		put_field(&record, 3, pid);
		put_field(&record, 4, pid);
		put_record(&b, &record);
		ck_assert_int_eq(write(fd, b.at, b.n), (ssize_t)b.n);
	}
	close(fd);
	ck_assert_int_eq(image_contents_read(dir, &c, true), -EBADMSG);
	ck_assert_uint_eq(c.tree.n_tasks, 20000);
	ck_assert_uint_le(c.n_problems, 200);
	text = drawn(80);
	ck_assert_ptr_nonnull(strstr(text, "\n  20999 "));
	free(text);
}
END_TEST

START_TEST(test_branches)
{
	char *text;
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, 10, 0, 10, 9, 10);
	TASK(&b, 13, 10, 20, 9, 13);
	TASK(&b, 14, 10, 10, 9, 14);
	TASK(&b, 11, 13, 10, 9, 11);
	save_bytes("pstree.img", &b);
	must_read();
	text = drawn(0);
	ck_assert_ptr_nonnull(strstr(text, " \\_ [?]\n     11 "));
	ck_assert_ptr_nonnull(strstr(text, " |   \\_ [?] <defunct>\n     14 "));
	ck_assert_ptr_null(strstr(text, " |   \\_ [?]\n"));
	free(text);
}
END_TEST

START_TEST(test_size)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} row[] = {
		{0, "0B"},
		{1023, "1023B"},
		{1024, "1K"},
		{10240, "10K"},
		{(3 << 20) + (1 << 19), "3.5M"},
		{12 << 20, "12M"},
		{UINT64_MAX, "16383P"},
	};
	char buf[16];

	picture_size(row[_i].bytes, buf, sizeof(buf));
	ck_assert_str_eq(buf, row[_i].text);
}
END_TEST

START_TEST(test_harmless)
{
	char text[] = "a\033[2J\xc2\x9b\x7f\xc3\xa4";
	struct screen to = {.width = 3};
	size_t size;
	char *out;

	screen_harmless(text);
	ck_assert_str_eq(text, "a?[2J???\xc3\xa4");
	to.out = open_memstream(&out, &size);
	screen_line(&to, true, "\xc3\xa4\xc3\xa4\xc3\xa4%s", "\xc3\xa4");
	fclose(to.out);
	ck_assert_str_eq(out, "\xc3\xa4\xc3\xa4\xc3\xa4\n");
	free(out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("contents");
	TCase *files = tcase_create("files");
	TCase *words = tcase_create("words");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_set_timeout(files, 60);
	tcase_add_test(files, test_whole);
	tcase_add_test(files, test_files);
	tcase_add_test(files, test_title);
	tcase_add_test(files, test_title_in_parent);
	tcase_add_test(files, test_title_in_a_circle);
	tcase_add_loop_test(files, test_title_is_not_there, 0, 5);
	tcase_add_loop_test(files, test_missing, 0, N_EVERY);
	tcase_add_loop_test(files, test_truncated, 0, N_EVERY);
	tcase_add_test(files, test_drawing);
	tcase_add_test(files, test_deep_tree);
	tcase_add_test(files, test_branches);
	tcase_add_loop_test(words, test_size, 0, 7);
	tcase_add_test(words, test_harmless);
	suite_add_tcase(suite, files);
	suite_add_tcase(suite, words);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
