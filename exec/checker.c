/* SPDX-License-Identifier: MIT */
#include "exec/checker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/capture.h"
#include "exec/config.h"
#include "exec/failure.h"
#include "exec/message.h"
#include "ns/ns.h"

static _Noreturn void become_criu(const struct criu *criu, char **argv,
				  pid_t parent)
{
	int err;

	/* Nobody is left to read its log when we are killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	err = criu_exec(criu, argv);
	message("cannot run criu, '%s': %s", criu->path, strerror(-err));
	_exit(err == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN);
}

static int wait_for(int pidfd, pid_t pid, struct capture *c)
{
	struct pollfd fds[2] = {{.fd = pidfd, .events = POLLIN},
				{.fd = c->timer, .events = POLLIN}};
	int status;

	while (!fds[0].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			capture_step(c);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return message_fail("cannot wait for criu: %s",
					    strerror(errno));
	capture_end(c);
	return message_status(status);
}

static int run(const struct criu *criu, const struct argv *a, struct capture *c)
{
	struct failure f = {
		.argv = a, .capture = c, .what = "check", .pidfd = -1};
	char **argv = argv_build(a, criu->path);
	pid_t self = getpid(), pid;
	int pidfd, status;

	if (!argv)
		return message_fail("no memory");
	pid = ns_spawn(0, &pidfd);
	if (pid == 0)
		become_criu(criu, argv, self);
	argv_build_free(argv);
	if (pid < 0)
		return message_fail("cannot start criu: %s", strerror(-pid));
	status = wait_for(pidfd, pid, c);
	close(pidfd);
	if (status)
		failure_explain(&f);
	return status;
}

int checker_run(const struct criu *criu, struct argv *a)
{
	struct capture c = CAPTURE_NONE;
	char why[ARGV_WHY];
	int status;

	if (config_merge(a, why) < 0)
		return message_fail("%s", why);
	status = capture_open(&c, a, PHASE_CHECK);
	if (!status)
		status = capture_begin(&c);
	if (!status)
		status = run(criu, a, &c);
	capture_close(&c);
	return status;
}
