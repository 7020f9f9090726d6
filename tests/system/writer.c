/* SPDX-License-Identifier: MIT */
/*
 * writer FILE... : a program whose output grows.  Every 10 ms it writes the
 * next number and a newline to each FILE, in the way that its name begins with:
 *
 *   append  O_APPEND, as a log
 *   both    O_RDWR | O_APPEND
 *   read    not at all: it has it open to be read
 *   map     a mapping of one page, shared, without a descriptor; the number
 *           stands at its start
 *   gone    at the offset; the name is removed
 *   *       at the offset where it is
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX 64
#define PAGE 4096

static struct {
	int fd; /* -1: nothing to be written */
	char *map;
} file[MAX];

static int begins(const char *path, const char *start)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return !strncmp(name, start, strlen(start));
}

static void open_one(int i, const char *path)
{
	int flags = begins(path, "append") ? O_WRONLY | O_APPEND
		    : begins(path, "both") ? O_RDWR | O_APPEND
		    : begins(path, "read") ? O_RDONLY
		    : begins(path, "map")  ? O_RDWR
					   : O_WRONLY;
	int fd = open(path, flags | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		err(2, "%s", path);
	file[i].fd = begins(path, "read") || begins(path, "map") ? -1 : fd;
	if (begins(path, "map")) {
		if (ftruncate(fd, PAGE) < 0)
			err(2, "%s", path);
		file[i].map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, fd, 0);
		if (file[i].map == MAP_FAILED)
			err(2, "%s", path);
		close(fd);
	}
	if (begins(path, "gone") && unlink(path) < 0)
		err(2, "%s", path);
}

int main(int argc, char **argv)
{
	unsigned int n;
	char text[16];
	int i, len;

	if (argc < 2 || argc > MAX)
		errx(2, "usage: writer FILE...");
	for (i = 1; i < argc; i++)
		open_one(i, argv[i]);
	for (n = 1;; n++) {
		len = snprintf(text, sizeof(text), "%u\n", n);
		for (i = 1; i < argc; i++) {
			if (file[i].map)
				memcpy(file[i].map, text, (size_t)len);
			else if (file[i].fd >= 0 &&
				 write(file[i].fd, text, (size_t)len) != len)
				err(9, "%s", argv[i]);
		}
		usleep(10000);
	}
}
