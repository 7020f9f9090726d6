/* SPDX-License-Identifier: MIT */
#include "ns/ns.h"
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t ns_spawn(unsigned long flags, int *ret_pidfd)
{
	int pidfd = -1;
	/* With CLONE_PARENT the signal is the one that our end sends. */
	int exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD;
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = (unsigned int)exit_signal,
	};
	long pid;

	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0 && errno == ENOSYS)
		pid = syscall(SYS_clone,
			      flags | CLONE_PIDFD | (unsigned int)exit_signal,
			      0, &pidfd, 0, 0);
	if (pid < 0)
		return -errno;
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

int ns_open_own(const char *kind)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int ns_open(pid_t pid, int pidfd, const char *kind)
{
	char path[64];
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	err = ns_pidfd_signal(pidfd, 0);
	if (err < 0) {
		close(fd);
		return err;
	}
	return fd;
}

int ns_parent(int pidns)
{
	int fd = ioctl(pidns, NS_GET_PARENT);

	return fd < 0 ? -errno : fd;
}

int ns_equal(int a, int b)
{
	struct stat sa, sb;

	if (fstat(a, &sa) < 0 || fstat(b, &sb) < 0)
		return -errno;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int ns_join(int fd, int type)
{
	return setns(fd, type) < 0 ? -errno : 0;
}

int ns_set_last_pid(pid_t pid)
{
	char text[16];
	int fd, n, err = 0;

	fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = snprintf(text, sizeof(text), "%d", pid);
	if (write(fd, text, (size_t)n) != n)
		err = -errno;
	close(fd);
	return err;
}

pid_t ns_pid_max(void)
{
	char text[16];
	ssize_t n;
	int fd, err = 0;

	fd = open("/proc/sys/kernel/pid_max", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		err = -errno;
	close(fd);
	if (err)
		return err;
	text[n] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}
