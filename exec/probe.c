/* SPDX-License-Identifier: MIT */
#include "exec/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/kerndat.h"
#include "mount/cover.h"
#include "mount/proc.h"
#include "ns/caps.h"
#include "ns/ns.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static int read_boot_id(char *ret, size_t size)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, ret, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

/* Unlike an inode, it is never used again. */
static int netns_cookie(uint64_t *ret)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*ret);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &size) < 0)
		err = -errno;
	close(fd);
	return err;
}

static unsigned long long nanoseconds(const struct timespec *t)
{
	return (unsigned long long)t->tv_sec * 1000000000ULL +
	       (unsigned long long)t->tv_nsec;
}

int probe_key(const struct criu *criu, char *ret, size_t size)
{
	struct stat file, user;
	struct utsname kernel;
	uint64_t caps, net;
	char boot[64];
	int err, n;

	if (fstat(criu->fd, &file) < 0 || uname(&kernel) < 0 ||
	    stat("/proc/self/ns/user", &user) < 0)
		return -errno;
	err = read_boot_id(boot, sizeof(boot));
	if (!err)
		err = netns_cookie(&net);
	if (!err)
		err = ns_caps_effective(&caps);
	if (err)
		return err;
	n = snprintf(ret, size,
		     "boot %s kernel %s %.65s criu %llx:%llu %llu %llu %llu "
		     "caps %llx seccomp %d user %llx:%llu net %llu",
		     boot, kernel.release, kernel.version,
		     (unsigned long long)file.st_dev,
		     (unsigned long long)file.st_ino,
		     (unsigned long long)file.st_size,
		     nanoseconds(&file.st_mtim), nanoseconds(&file.st_ctim),
		     (unsigned long long)caps, prctl(PR_GET_SECCOMP),
		     (unsigned long long)user.st_dev,
		     (unsigned long long)user.st_ino, (unsigned long long)net);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static _Noreturn void become_criu(const struct criu *criu)
{
	char program[] = "criu", check[] = "check";
	char option[] = "--no-default-config";
	char *argv[] = {program, check, option, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0)
		criu_exec(criu, argv);
	_exit(127);
}

/* Copies what was written; a failure is seen by the status. */
static _Noreturn void deliver(int status, int out)
{
	char data[SHELF_DATA];
	ssize_t n;
	int fd = open(KERNDAT_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		_exit(errno != ENOENT || status != 0);
	n = read(fd, data, sizeof(data));
	_exit(n <= 0 || write(out, data, (size_t)n) != n);
}

/*
 * Should: leave nothing behind, wherever it is killed.  criu makes directories
 * in /tmp for a moment, too; one that lives there itself is run without that
 * cover.
 */
static _Noreturn void be_init(const struct criu *criu, int out)
{
	int status;
	pid_t pid;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || chdir("/") < 0 ||
	    setsid() < 0 || mount_detach() < 0 || mount_proc() < 0 ||
	    mount_cover(KERNDAT_DIR) < 0)
		_exit(1);
	if (strncmp(criu->path, "/tmp/", 5) != 0 && mount_cover("/tmp") < 0)
		_exit(1);
	pid = fork();
	if (pid == 0)
		become_criu(criu);
	if (pid < 0)
		_exit(1);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(1);
	deliver(status, out);
}

/* A hundred times what it takes: a criu that hangs must not keep us. */
#define PATIENCE_MS 2000

static ssize_t fetch(pid_t pid, int in, void *ret, size_t size)
{
	struct pollfd end = {.fd = in, .events = POLLIN};
	ssize_t n;
	int status;

	if (poll(&end, 1, PATIENCE_MS) == 0)
		kill(pid, SIGKILL);
	/* One write at most, of less than a pipe takes at once. */
	do
		n = read(in, ret, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		n = -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -ECANCELED : n;
}

ssize_t probe_run(const struct criu *criu, void *ret, size_t size)
{
	int out[2], pidfd;
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	pid = ns_spawn(CLONE_NEWPID | CLONE_NEWNS, &pidfd);
	if (pid == 0) {
		close(out[0]);
		be_init(criu, out[1]);
	}
	close(out[1]);
	n = pid;
	if (pid > 0) {
		n = fetch(pid, out[0], ret, size);
		close(pidfd);
	}
	close(out[0]);
	return n;
}
