/* SPDX-License-Identifier: MIT */
/*
 * nsrun [-1] [-g] [-p] [-l N] [-t DIR] [-r DIR | -R DIR] COMMAND [ARG...]
 *
 * Run a command in a new pid and mount namespace, the way a careful container
 * manager would: /dev/null opened in there for stdin, stdout and stderr, no
 * other descriptor, an init that reaps.  The namespace ends with nsrun and
 * nsrun with its last process; the exit status is the command's.
 *
 *   -1      the command is PID 1 itself; it outlives nsrun
 *   -g      the command stays in the session and group of init, number 1
 *   -p      no mount namespace: /proc stays the caller's
 *   -l N    the command gets PID N + 1
 *   -t DIR  a tmpfs on DIR, with a file "own" in it
 *   -r DIR  chroot to DIR
 *   -R DIR  pivot_root to DIR; its file system tree is all there is
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct settings {
	bool is_init, same_mounts, same_group;
	const char *last_pid, *tmpfs, *chroot, *pivot;
	char **command;
};

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		err(125, "%s", path);
}

static void change_root(const struct settings *s)
{
	if (s->chroot && (chroot(s->chroot) < 0 || chdir("/") < 0))
		err(125, "chroot %s", s->chroot);
	if (!s->pivot)
		return;
	if (chdir(s->pivot) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		err(125, "pivot_root %s", s->pivot);
}

static void make_mounts(const struct settings *s)
{
	char own[4096], proc[4096];

	if (s->same_mounts)
		return;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(125, "cut propagation");
	if (s->tmpfs) {
		if (mount("own", s->tmpfs, "tmpfs", 0, NULL) < 0)
			err(125, "tmpfs on %s", s->tmpfs);
		snprintf(own, sizeof(own), "%s/own", s->tmpfs);
		write_file(own, "mine\n");
	}
	if (s->pivot &&
	    mount(s->pivot, s->pivot, NULL, MS_BIND | MS_REC, NULL) < 0)
		err(125, "bind %s", s->pivot);
	snprintf(proc, sizeof(proc), "%s/proc", s->pivot ? s->pivot : "");
	if (mount("proc", proc, "proc", 0, NULL) < 0)
		err(125, "proc on %s", proc);
}

static void clean_descriptors(void)
{
	close_range(0, ~0U, 0);
	if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2)
		_exit(125);
}

static _Noreturn void run(const struct settings *s)
{
	if (!s->same_group)
		setsid();
	execvp(s->command[0], s->command);
	_exit(errno == ENOENT ? 127 : 126);
}

static int reap(pid_t command)
{
	int status, ret = 0;
	pid_t pid;

	while ((pid = wait(&status)) > 0 || errno == EINTR)
		if (pid == command)
			ret = status_of(status);
	return ret;
}

static _Noreturn void be_init(const struct settings *s)
{
	pid_t command;

	make_mounts(s);
	if (s->last_pid)
		write_file("/proc/sys/kernel/ns_last_pid", s->last_pid);
	change_root(s);
	clean_descriptors();
	if (s->is_init)
		run(s);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	command = fork();
	if (command == 0)
		run(s);
	_exit(command < 0 ? 125 : reap(command));
}

int main(int argc, char **argv)
{
	struct settings s = {0};
	int opt;
	pid_t init;

	while ((opt = getopt(argc, argv, "+1gpl:t:r:R:")) != -1) {
		switch (opt) {
		case '1':
			s.is_init = true;
			break;
		case 'g':
			s.same_group = true;
			break;
		case 'p':
			s.same_mounts = true;
			break;
		case 'l':
			s.last_pid = optarg;
			break;
		case 't':
			s.tmpfs = optarg;
			break;
		case 'r':
			s.chroot = optarg;
			break;
		case 'R':
			s.pivot = optarg;
			break;
		default:
			return 125;
		}
	}
	s.command = argv + optind;
	if (!*s.command)
		errx(125, "a command is missing");
	if (unshare(CLONE_NEWPID | (s.same_mounts ? 0 : CLONE_NEWNS)) < 0)
		err(125, "unshare");
	init = fork();
	if (init < 0)
		err(125, "fork");
	if (init == 0)
		be_init(&s);
	clean_descriptors();
	return reap(init);
}
