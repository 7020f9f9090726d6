/* SPDX-License-Identifier: MIT */
#include "ns/life.h"
#include "ns/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLDER "criu-ns: holder"

/*
 * With the other end of @done closed and nothing said, who started us was
 * killed; the process may go on, and is waited for.
 */
static _Noreturn void hold(int pidfd, int done)
{
	struct pollfd end = {.fd = 0, .events = POLLIN};
	char byte;

	/* The caller's terminal, pipes and directories are not ours to hold. */
	setsid();
	prctl(PR_SET_NAME, HOLDER);
	if (pidfd == 1)
		pidfd = dup(pidfd);
	if (dup2(done, 1) < 0 || dup2(pidfd, 0) < 0 ||
	    ns_close_range(2, ~0U) < 0 || chdir("/") < 0)
		_exit(NS_HOLDER_FAILED);
	if (read(1, &byte, 1) == 1)
		_exit(byte == NS_HOLDER_LEFT ? NS_HOLDER_LEFT
					     : NS_HOLDER_ENDED);
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	_exit(NS_HOLDER_FAILED);
}

/* Its child is left to the namespace's init. */
static _Noreturn void leave_holder(int pidfd, int done)
{
	pid_t pid = fork();

	if (pid == 0)
		hold(pidfd, done);
	_exit(pid < 0);
}

int ns_hold(int pidfd, int *ret_done)
{
	int done[2], status;
	pid_t pid;

	if (pipe2(done, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(done[1]);
		leave_holder(pidfd, done[0]);
	}
	status = pid < 0 ? errno : 0;
	close(done[0]);
	*ret_done = done[1];
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	if (!status)
		return 0;
	close(done[1]);
	return -EAGAIN;
}

int ns_hold_tell(int done, bool left)
{
	char byte = left ? NS_HOLDER_LEFT : NS_HOLDER_ENDED;

	return write(done, &byte, 1) == 1 ? 0 : -errno;
}

bool ns_is_holder(pid_t pid)
{
	char name[32];

	return ns_process_file(pid, "comm", name, sizeof(name)) >= 0 &&
	       !strcmp(name, HOLDER "\n");
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
