/* SPDX-License-Identifier: MIT */
/*
 * floor COMMAND [ARG...]: run it in a new pid and mount namespace with a /proc,
 * and do nothing else: the least that a launch can cost.
 */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **argv)
{
	int status;
	pid_t pid;

	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		return 1;
	return posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) ||
	       waitpid(pid, &status, 0) < 0 || status;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 2)
		return 1;
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0,
			     0, 0, 0);
	if (pid == 0)
		_exit(run(argv + 1));
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status;
}
