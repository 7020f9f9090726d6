/* SPDX-License-Identifier: MIT */
#include "exec/notice.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/message.h"
#include "ns/ns.h"

static void set_number(const char *name, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	setenv(name, text, 1);
}

static _Noreturn void become(const struct notice *n)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	sigemptyset(&none);
	/* Ctrl-C is for the program. */
	if (setpgid(0, 0) < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(message_fail("cannot start %s: %s", n->option,
				   strerror(errno)));
	set_number("CRIU_NS_PID", n->root);
	set_number("CRIU_NS_GENERATION", n->generation);
	setenv("CRIU_NS_DIR", n->dir, 1);
	execl("/bin/sh", "sh", "-c", n->command, NULL);
	_exit(message_fail("cannot run '/bin/sh' (%s): %s", n->option,
			   strerror(errno)));
}

pid_t notice_start(const struct notice *n, int *ret_pidfd)
{
	pid_t pid = ns_spawn(0, ret_pidfd);

	if (pid == 0)
		become(n);
	return pid;
}

int notice_ended(const struct notice *n, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	if (!status)
		return 1;
	if (WIFSIGNALED(status))
		message("%s '%s' was killed by SIG%s", n->option, n->command,
			message_signal(WTERMSIG(status)));
	else
		message("%s '%s' failed with status %d", n->option, n->command,
			WEXITSTATUS(status));
	return 0;
}
