/* SPDX-License-Identifier: MIT */
/*
 * costs COMMAND [ARG...]: run it, and print how many ms it took, and how many
 * ms of CPU time it and all that it has left behind took, which is ended then.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* With an init its namespace ends: what it has used is init's. */
static void end_children(void)
{
	FILE *in = fopen("/proc/thread-self/children", "re");
	int pid;

	if (!in)
		err(1, "/proc/thread-self/children");
	while (fscanf(in, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(in);
}

int main(int argc, char **argv)
{
	double start = now(), wall;
	struct rusage use;
	int status;
	pid_t pid;

	if (argc < 2)
		errx(1, "usage: costs COMMAND [ARG...]");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		err(1, "prctl");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null < 0 || dup2(null, STDOUT_FILENO) < 0 ||
		    dup2(null, STDERR_FILENO) < 0)
			_exit(126);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	wall = now() - start;
	if (status)
		errx(1, "%s has failed, wait status %d", argv[1], status);
	do
		end_children();
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
	if (getrusage(RUSAGE_CHILDREN, &use) < 0)
		err(1, "getrusage");
	printf("%.1f %.1f\n", wall,
	       (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
		       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) /
			       1e3);
	return 0;
}
