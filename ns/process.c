/* SPDX-License-Identifier: MIT */
#include "ns/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000 /* include/linux/sched.h, in proc_pid_stat(5) */

static int read_file(const char *path, char *buf, size_t size)
{
	ssize_t n;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		err = -errno;
	close(fd);
	if (err)
		return err;
	buf[n] = '\0';
	return (int)n;
}

static const char *field(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, name, len))
			return text + len + strspn(text + len, " \t");
	}
	return NULL;
}

static long field_number(const char *text, const char *name)
{
	const char *at = field(text, name);

	return at ? strtol(at, NULL, 10) : -1;
}

static uint64_t field_mask(const char *text, const char *name)
{
	const char *at = field(text, name);

	return at ? strtoull(at, NULL, 16) : 0;
}

static int numbers(const char *text, pid_t *ret)
{
	const char *at = field(text, "NSpid:");
	char *end;
	int n = 0;

	while (at && *at != '\n' && *at != '\0' && n < NS_PROCESS_LEVELS) {
		ret[n] = (pid_t)strtol(at, &end, 10);
		if (end == at)
			break;
		n++;
		at = end + strspn(end, " \t");
	}
	return n;
}

int ns_process_numbers(pid_t pid, pid_t *ret)
{
	char text[8192];
	int n = ns_process_file(pid, "status", text, sizeof(text));

	if (n < 0)
		return n;
	n = numbers(text, ret);
	return n ? n : -EBADMSG;
}

/* The ninth field of stat; comm, the second, may hold blanks and brackets. */
static int read_flags(pid_t pid, unsigned long *ret)
{
	char path[64], text[1024];
	const char *at;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return n;
	at = strrchr(text, ')');
	if (!at || sscanf(at, ") %*c %*d %*d %*d %*d %*d %lu", ret) != 1)
		return -EBADMSG;
	return 0;
}

static int read_kthread(pid_t pid, bool *ret)
{
	unsigned long flags;
	int err = read_flags(pid, &flags);

	if (!err)
		*ret = flags & PF_KTHREAD;
	return err;
}

/* A mask of signals in /proc/PID/status. */
static bool has_signal(const char *text, const char *name, int sig)
{
	const char *at = field(text, name);

	return at && strtoull(at, NULL, 16) >> (sig - 1) & 1;
}

bool ns_process_is_dying(pid_t pid)
{
	char path[64], text[8192];
	unsigned long flags = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_file(path, text, sizeof(text)) < 0 ||
	    read_flags(pid, &flags) < 0)
		return true;
	return flags & PF_EXITING || has_signal(text, "SigPnd:", SIGKILL) ||
	       has_signal(text, "ShdPnd:", SIGKILL);
}

int ns_process_read(pid_t pid, struct ns_process *ret)
{
	struct ns_process p = {.pid = pid};
	pid_t number[NS_PROCESS_LEVELS];
	char path[64], text[8192];
	const char *at;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return n;
	p.tgid = (pid_t)field_number(text, "Tgid:");
	p.ppid = (pid_t)field_number(text, "PPid:");
	p.tracer = (pid_t)field_number(text, "TracerPid:");
	n = numbers(text, number);
	p.inner = n ? number[n - 1] : -1;
	at = field(text, "State:");
	p.state = at ? *at : '?';
	at = field(text, "Name:");
	if (at)
		snprintf(p.name, sizeof(p.name), "%.*s", (int)strcspn(at, "\n"),
			 at);
	p.handled = field_mask(text, "SigCgt:") | field_mask(text, "SigIgn:");
	n = read_kthread(pid, &p.kthread);
	if (n < 0)
		return n;
	*ret = p;
	return 0;
}

int ns_process_title(pid_t pid, char *buf, size_t size)
{
	char path[64];
	int i, n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	n = read_file(path, buf, size);
	if (n < 0)
		return n;
	while (n > 0 && buf[n - 1] == '\0')
		n--;
	for (i = 0; i < n; i++)
		if (buf[i] == '\0')
			buf[i] = ' ';
	return 0;
}

int ns_process_children(pid_t pid, pid_t *ret, int max)
{
	char path[64], text[4096], *at = text, *end;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return n;
	for (n = 0; n < max; n++) {
		ret[n] = (pid_t)strtol(at, &end, 10);
		if (end == at)
			break;
		at = end;
	}
	return n;
}

static pid_t find_below(pid_t pid, int level, pid_t number)
{
	pid_t child[256], at[NS_PROCESS_LEVELS], found = -ESRCH;
	int i, n;

	n = ns_process_children(pid, child, 256);
	for (i = 0; i < n && found < 0; i++) {
		if (ns_process_numbers(child[i], at) > level &&
		    at[level] == number)
			return child[i];
		found = find_below(child[i], level, number);
	}
	return found;
}

pid_t ns_process_below(pid_t init, pid_t number)
{
	pid_t at[NS_PROCESS_LEVELS];
	int n = ns_process_numbers(init, at);

	if (n <= 0)
		return n;
	return number == 1 ? init : find_below(init, n - 1, number);
}

void ns_process_signal_descendants(pid_t pid, int sig)
{
	pid_t child[64];
	int i, n;

	n = ns_process_children(pid, child, 64);
	for (i = 0; i < n; i++) {
		ns_process_signal_descendants(child[i], sig);
		kill(child[i], sig);
	}
}

int ns_process_is_ancestor(pid_t pid)
{
	struct ns_process p;
	pid_t at = getpid();
	int err;

	while (at > 0) {
		if (at == pid)
			return 1;
		err = ns_process_read(at, &p);
		if (err < 0)
			return err;
		at = p.ppid;
	}
	return 0;
}

int ns_pidfd_open(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

int ns_pidfd_signal(int pidfd, int sig)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0)
		return -errno;
	return 0;
}

bool ns_pidfd_ended(int pidfd)
{
	struct pollfd end = {.fd = pidfd, .events = POLLIN};

	return poll(&end, 1, 0) > 0;
}

int ns_close_range(unsigned int first, unsigned int last)
{
	return syscall(SYS_close_range, first, last, 0) < 0 ? -errno : 0;
}

pid_t ns_pidfd_number(int pidfd)
{
	char path[64], text[1024];
	long pid;
	int n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	n = read_file(path, text, sizeof(text));
	if (n < 0)
		return n;
	pid = field_number(text, "Pid:");
	return pid > 0 ? (pid_t)pid : -ESRCH;
}

int ns_process_file(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return read_file(path, buf, size);
}
