/* SPDX-License-Identifier: MIT */
/*
 * A program of CRIU's library dumps and restores through criu-ns: the line
 * with the service binary is all that is ours.
 *
 *   cc -o checkpoint checkpoint.c $(pkg-config --cflags --libs criu)
 *   ./checkpoint dump PID DIR
 *   ./checkpoint restore DIR       prints the PID of the restored process
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criu/criu.h>

int main(int argc, char **argv)
{
	int ret, fd = argc > 2 ? open(argv[argc - 1], O_DIRECTORY) : -1;

	if (fd < 0 || criu_init_opts() < 0) {
		fprintf(stderr, "usage: checkpoint dump PID DIR | "
				"restore DIR\n");
		return 2;
	}
	criu_set_service_binary("criu-ns");
	criu_set_images_dir_fd(fd);
	criu_set_log_level(4);
	if (!strcmp(argv[1], "dump")) {
		criu_set_log_file("dump.log");
		criu_set_pid(atoi(argv[2]));
		ret = criu_dump();
	} else {
		criu_set_log_file("restore.log");
		ret = criu_restore();
		if (ret > 0)
			printf("%d\n", ret);
	}
	if (ret < 0)
		fprintf(stderr, "checkpoint: failed: %s\n", strerror(-ret));
	return ret < 0;
}
