/* SPDX-License-Identifier: MIT */
/*
 * A libFuzzer target: an image directory is made from the fuzzer's bytes, and
 * everything that reads one reads it.
 *
 * The bytes are files, one after the other, as pack(.c) writes them: the length
 * of the name (1 byte), the name, the length of the contents (3 bytes, lowest
 * first), the contents.  Of pages-*.img the contents are their size.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/picture.h"
#include "explain/report.h"
#include "explain/still.h"
#include "image/written.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/dev/shm/criu-ns-fuzz.XXXXXX";
static int dir = -1;

static void empty(void)
{
	DIR *list = opendir(path);
	struct dirent *entry;

	while (list && (entry = readdir(list)))
		unlinkat(dir, entry->d_name, 0);
	if (list)
		closedir(list);
}

static void clean(void)
{
	empty();
	rmdir(path);
}

static void prepare(void)
{
	if (dir >= 0)
		return;
	if (!mkdtemp(path))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	atexit(clean);
}

static void make_file(const char *name, const uint8_t *data, size_t size)
{
	uint64_t length = 0;
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);

	if (fd < 0)
		return;
	if (strncmp(name, "pages-", strlen("pages-"))) {
		if (write(fd, data, size) < 0)
			abort();
	} else {
		memcpy(&length, data, size < 4 ? size : 4);
		if (ftruncate(fd, (off_t)length) < 0)
			abort();
	}
	close(fd);
}

static void make_all(const uint8_t *data, size_t size)
{
	while (size > 1) {
		size_t n_name = data[0], n;
		char name[256];

		if (!n_name || size < n_name + 4)
			return;
		memcpy(name, data + 1, n_name);
		name[n_name] = '\0';
		data += 1 + n_name;
		n = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
		data += 3;
		size -= n_name + 4;
		n = n < size ? n : size;
		if (!strchr(name, '/'))
			make_file(name, data, n);
		data += n;
		size -= n;
	}
}

static void draw(const struct image_contents *c)
{
	static const struct obstacles none;
	static FILE *out;
	struct picture picture = {.dir = path, .image = c, .taken = &none};
	struct screen to = {.width = 80};

	if (!out)
		out = fopen("/dev/null", "w");
	if (!out)
		abort();
	to.out = out;
	picture_text(&to, &picture);
	picture_json(out, &picture);
}

static void judge(void)
{
	struct still how = {.dir = path};
	struct findings all = {0};
	static FILE *out;

	if (!out)
		out = fopen("/dev/null", "w");
	if (!out || explain_image(&all, dir, &how))
		abort();
	report_json(out, &all, &(struct report){.prefix = ""});
	finding_free(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_problem problem;
	struct image_contents c;
	struct image_written *written;
	size_t n_written;
	struct image_tree tree;
	int err;

	prepare();
	make_all(data, size);
	err = image_read(dir, &tree, &problem);
	if (err && (!problem.text[0] || strchr(problem.text, '\n')))
		abort();
	if (!err)
		image_free(&tree);
	if (image_contents_read(dir, &c, true) && !c.n_problems)
		abort();
	draw(&c);
	if (!image_written(&c, &written, &n_written))
		free(written);
	image_contents_free(&c);
	judge();
	empty();
	return 0;
}
