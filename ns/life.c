/* SPDX-License-Identifier: MIT */
#include "ns/life.h"
#include "ns/process.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void hold(int pidfd)
{
	struct pollfd end = {.fd = 0, .events = POLLIN};

	/* The caller's terminal, pipes and directories are not ours to hold. */
	setsid();
	if (dup2(pidfd, 0) < 0 || close_range(1, ~0U, 0) < 0 || chdir("/") < 0)
		_exit(1);
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	_exit(0);
}

int ns_hold(int pidfd)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		/* Its child is left to the namespace's init. */
		pid = fork();
		if (pid == 0)
			hold(pidfd);
		_exit(pid < 0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EAGAIN;
}

/*
 * Returns 1 after waiting for a process to end, 0 when it had ended already: a
 * zombie whose parent is outside stays in /proc, but needs no namespace.
 */
static int wait_for_end(pid_t pid)
{
	struct pollfd end = {.events = POLLIN};
	int n, waited = 0;

	end.fd = ns_pidfd_open(pid);
	if (end.fd == -ESRCH)
		return 0;
	if (end.fd < 0)
		return end.fd;
	n = poll(&end, 1, 0);
	if (n == 0) {
		waited = 1;
		while (poll(&end, 1, -1) < 0 && errno == EINTR)
			;
	}
	close(end.fd);
	return waited;
}

/* Returns how many processes had to be waited for, or -errno. */
static int wait_for_others(void)
{
	struct dirent *de;
	int n = 0, err = 0;
	pid_t pid;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return -errno;
	while (err >= 0 && (de = readdir(dir))) {
		pid = atoi(de->d_name);
		if (pid <= 0 || pid == getpid())
			continue;
		err = wait_for_end(pid);
		n += err > 0;
	}
	closedir(dir);
	return err < 0 ? err : n;
}

int ns_wait_empty(void)
{
	int n;

	do {
		while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
			;
		n = wait_for_others();
	} while (n > 0);
	return n;
}
