/* SPDX-License-Identifier: MIT */
#include "exec/victim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/forward.h"
#include "exec/message.h"
#include "exec/title.h"
#include "ns/process.h"

/* What is asked to end has so much time, in milliseconds. */
enum { PATIENCE = 5000 };

int victim_open(struct victim *v)
{
	v->signals = forward_open(&v->mask);
	if (v->signals < 0)
		return message_fail("cannot take over the signals: %s",
				    strerror(-v->signals));
	return 0;
}

void victim_close(struct victim *v)
{
	if (v->pidfd >= 0)
		close(v->pidfd);
	if (v->signals >= 0)
		close(v->signals);
	*v = VICTIM_NONE;
}

int victim_restored(struct victim *v, pid_t pid)
{
	int fd = ns_pidfd_open(pid);

	if (fd < 0)
		return fd;
	v->pid = pid;
	v->pidfd = fd;
	v->child = false;
	return 0;
}

int victim_find(struct victim *v, pid_t pid)
{
	int err = victim_restored(v, pid);

	return err ? message_fail("there is no process %d: %s", pid,
				  strerror(-err))
		   : 0;
}

/* CRIU can dump what this leaves open. */
static void become(char *const *command, const char *dir, int report,
		   const sigset_t *mask)
{
	char path[PATH_MAX + 16];
	int in, out;

	snprintf(path, sizeof(path), "%s/output", dir);
	in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (in < 0 || out < 0 || setsid() < 0 || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0 ||
	    (report != 3 && dup3(report, 3, O_CLOEXEC) < 0) ||
	    ns_close_range(4, ~0U) < 0 ||
	    sigprocmask(SIG_SETMASK, mask, NULL) < 0)
		return;
	execvp(command[0], command);
}

int victim_start(struct victim *v, char *const *command, const char *dir)
{
	int report[2], err = 0;
	ssize_t n;

	if (pipe2(report, O_CLOEXEC) < 0)
		return message_fail("cannot make a pipe: %s", strerror(errno));
	v->pid = fork();
	if (v->pid == 0) {
		become(command, dir, report[1], &v->mask);
		err = errno;
		_exit(write(3, &err, sizeof(err)) == sizeof(err) ? 1 : 2);
	}
	err = v->pid < 0 ? errno : 0;
	close(report[1]);
	n = err ? 0 : read(report[0], &err, sizeof(err));
	close(report[0]);
	v->ours = v->child = v->pid > 0;
	if (!err && n == 0)
		v->pidfd = ns_pidfd_open(v->pid);
	if (!err && v->pidfd >= 0)
		return 0;
	if (v->pid > 0)
		waitpid(v->pid, NULL, 0);
	message("cannot run '%s': %s", command[0],
		strerror(err ? err : -v->pidfd));
	return err == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

bool victim_runs(const struct victim *v)
{
	return v->pidfd >= 0 && !ns_pidfd_ended(v->pidfd);
}

void victim_gone(struct victim *v)
{
	close(v->pidfd);
	v->pidfd = -1;
	if (v->child)
		waitpid(v->pid, NULL, 0);
	v->child = false;
}

/* Returns whether @fd became readable. */
static bool wait_for(struct victim *v, int fd, int other, int pass)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = v->signals, .events = POLLIN},
		{.fd = other, .events = POLLIN},
	};
	struct forward_signal s;

	if (poll(fds, 3, -1) < 0)
		return errno != EINTR;
	if (fds[1].revents && forward_read(v->signals, &s) == 0 &&
	    forward_ends(s.number)) {
		v->interrupted = s.number;
		if (pass >= 0)
			ns_pidfd_signal(pass, s.number);
	}
	return fds[0].revents || fds[2].revents;
}

void victim_pause(struct victim *v, double seconds)
{
	struct itimerspec when = {.it_value.tv_sec = (time_t)seconds};
	int timer;

	when.it_value.tv_nsec =
		(long)((seconds - (double)when.it_value.tv_sec) * 1e9) + 1;
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (timer < 0 || timerfd_settime(timer, 0, &when, NULL) < 0)
		message("cannot set a timer: %s", strerror(errno));
	else
		while (!v->interrupted && !wait_for(v, timer, v->pidfd, -1))
			;
	if (timer >= 0)
		close(timer);
}

void victim_work(struct victim *v, int pidfd, bool pass)
{
	while (!wait_for(v, pidfd, -1, pass ? pidfd : -1))
		;
}

void victim_end(struct victim *v)
{
	struct pollfd fd = {.fd = v->pidfd, .events = POLLIN};
	pid_t init;

	if (v->pidfd < 0)
		return;
	init = title_find_init(v->pid, NULL);
	/* Of a session of its own, all processes. */
	if (v->child)
		kill(-v->pid, SIGTERM);
	else
		ns_pidfd_signal(v->pidfd, SIGTERM);
	if (poll(&fd, 1, PATIENCE) == 0)
		ns_pidfd_signal(v->pidfd, SIGKILL);
	if (v->child)
		kill(-v->pid, SIGKILL);
	if (init)
		kill(init, SIGKILL);
	poll(&fd, 1, PATIENCE);
	victim_gone(v);
}
