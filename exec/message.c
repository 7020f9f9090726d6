/* SPDX-License-Identifier: MIT */
#include "exec/message.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char prefix[32] = "criu-ns: ";
static char last[512];

const char *message_name(void)
{
	return prefix;
}

void message_copy(unsigned int number)
{
	snprintf(prefix, sizeof(prefix), "criu-ns: copy %u: ", number);
}

/* In one write, so that lines of several processes do not mix. */
__attribute__((format(printf, 1, 0))) static void print(const char *fmt,
							va_list ap)
{
	char text[4096];
	size_t len = strlen(prefix);

	memcpy(text, prefix, len);
	vsnprintf(text + len, sizeof(text) - len - 1, fmt, ap);
	snprintf(last, sizeof(last), "%s", text + len);
	len = strlen(text);
	text[len++] = '\n';
	/* If nobody can read it, there is nobody to tell. */
	if (write(STDERR_FILENO, text, len) < 0)
		return;
}

void message(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(fmt, ap);
	va_end(ap);
}

int message_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(fmt, ap);
	va_end(ap);
	return STATUS_OURS;
}

const char *message_last(void)
{
	return last;
}

int message_flush(void)
{
	/* A line that musl could not write itself has left its mark only. */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return message_fail("cannot write to stdout: %s", strerror(errno));
}

const char *message_advice(int err)
{
	switch (err) {
	case -EPERM:
		return " (needs CAP_SYS_ADMIN; run as root, and where that was "
		       "root: a seccomp filter or a container forbids it)";
	case -EACCES:
		return " (a security module such as AppArmor or SELinux "
		       "forbids it)";
	case -ENOSPC:
		return " (see /proc/sys/user/max_pid_namespaces, "
		       "max_mnt_namespaces and the others there)";
	case -ENOSYS:
	case -EINVAL:
		return " (the kernel was built without namespaces, or a "
		       "seccomp filter hides them)";
	case -EAGAIN:
	case -ENOMEM:
		return " (too many processes, or no memory: see ulimit -u "
		       "and pids.max of the cgroup)";
	default:
		return "";
	}
}

const char *message_signal(int sig)
{
	static const char *const name[] = {
		[SIGHUP] = "HUP",   [SIGINT] = "INT",
		[SIGQUIT] = "QUIT", [SIGILL] = "ILL",
		[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",
		[SIGBUS] = "BUS",   [SIGFPE] = "FPE",
		[SIGKILL] = "KILL", [SIGUSR1] = "USR1",
		[SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
		[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",
		[SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
		[SIGCHLD] = "CHLD", [SIGCONT] = "CONT",
		[SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
		[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",
		[SIGURG] = "URG",   [SIGXCPU] = "XCPU",
		[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM",
		[SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
		[SIGIO] = "IO",	    [SIGPWR] = "PWR",
		[SIGSYS] = "SYS",
	};
	static char number[16];

	if (sig > 0 && (size_t)sig < sizeof(name) / sizeof(*name) && name[sig])
		return name[sig];
	snprintf(number, sizeof(number), "%d", sig);
	return number;
}

int message_status(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return STATUS_SIGNAL + WTERMSIG(status);
}
