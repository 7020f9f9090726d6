/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for criu: writes its descriptors and where they lead to $FDS_FILE,
 * one a line, and fails.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *file = getenv("FDS_FILE");
	char path[64], link[4096], text[65536];
	size_t len = 0;
	FILE *out;
	ssize_t n;
	int fd;

	/* When it fails it may be asked for its version. */
	if (argc < 2 || strcmp(argv[1], "restore") != 0)
		return 1;
	if (!file)
		errx(2, "no $FDS_FILE");
	for (fd = 0; fd < 1024 && len < sizeof(text); fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = '\0';
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%d %s\n", fd, link);
	}
	out = fopen(file, "w");
	if (!out || fputs(text, out) < 0 || fclose(out) < 0)
		err(2, "%s", file);
	return 33;
}
