/* SPDX-License-Identifier: MIT */
/*
 * pack DIR - write an image directory to stdout as fuzz_image(.c) reads it.
 */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST 0xffffff

static char data[LONGEST];

static void pack(const char *name)
{
	FILE *f = fopen(name, "r");
	struct stat st;
	size_t n;

	if (!f || fstat(fileno(f), &st) < 0)
		err(1, "%s", name);
	if (!strncmp(name, "pages-", strlen("pages-"))) {
		uint32_t size = (uint32_t)st.st_size;

		memcpy(data, &size, sizeof(size));
		n = sizeof(size);
	} else {
		n = fread(data, 1, sizeof(data), f);
	}
	fclose(f);
	putchar((int)strlen(name));
	fputs(name, stdout);
	for (int shift = 0; shift < 24; shift += 8)
		putchar((int)(n >> shift & 0xff));
	fwrite(data, 1, n, stdout);
}

int main(int argc, char **argv)
{
	struct dirent *entry;
	DIR *dir;

	if (argc != 2 || chdir(argv[1]) < 0 || !(dir = opendir(".")))
		err(1, "%s", argc == 2 ? argv[1] : "pack DIR");
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len > 4 && !strcmp(entry->d_name + len - 4, ".img"))
			pack(entry->d_name);
	}
	return fflush(stdout) ? 1 : 0;
}
