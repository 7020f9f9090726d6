/* SPDX-License-Identifier: MIT */
/*
 * pair ROUNDS BEFORE AFTER -- COMMAND... [-- COMMAND...]...
 *
 * Times commands in turn, so that whatever else the machine does hits them all
 * alike.  BEFORE and AFTER are shell commands that are run around each and not
 * timed; "" for none.  Prints the median of each in milliseconds, a line each.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 8
#define MAX_ROUNDS 10000

static double sample[MAX_COMMANDS][MAX_ROUNDS];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void shell(const char *text)
{
	if (*text && system(text) != 0) {
		fprintf(stderr, "pair: '%s' failed\n", text);
		exit(1);
	}
}

static double run(char **argv)
{
	posix_spawn_file_actions_t quiet;
	double start;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&quiet, 0, 1);
	posix_spawn_file_actions_adddup2(&quiet, 0, 2);
	start = now();
	if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) != 0) {
		fprintf(stderr, "pair: cannot run '%s'\n", argv[0]);
		exit(1);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	start = now() - start;
	posix_spawn_file_actions_destroy(&quiet);
	return start;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char **command[MAX_COMMANDS];
	int rounds, n = 0, i, k;

	if (argc < 6)
		return 1;
	rounds = atoi(argv[1]);
	for (i = 4; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		argv[i] = NULL;
		if (n < MAX_COMMANDS)
			command[n++] = argv + i + 1;
	}
	if (rounds < 1 || rounds > MAX_ROUNDS)
		return 1;
	for (i = 0; i < rounds; i++) {
		for (k = 0; k < n; k++) {
			shell(argv[2]);
			sample[k][i] = run(command[k]);
			shell(argv[3]);
		}
	}
	for (k = 0; k < n; k++) {
		qsort(sample[k], (size_t)rounds, sizeof(double), ascending);
		printf("%.3f\n", sample[k][rounds / 2]);
	}
	return 0;
}
