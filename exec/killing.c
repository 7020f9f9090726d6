/* SPDX-License-Identifier: MIT */
#include "exec/killing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exec/message.h"
#include "ns/process.h"

static const char *why_not(const struct ns_stat *found)
{
	struct ns_process p;

	if (found->pid == 1)
		return "it is PID 1";
	if (found->kthread)
		return "it is a kernel thread";
	if (ns_process_is_ancestor(found->pid))
		return "criu-ns was started by it";
	if (ns_process_read(found->pid, &p) < 0 || p.inner == 1)
		return "it is the init of a pid namespace, and all in there "
		       "would end with it";
	return NULL;
}

/* Returns a pidfd, or -1: it is not to be touched. */
static int take_hold(const struct ns_stat *found)
{
	int fd = ns_pidfd_open(found->pid);
	struct ns_stat now;
	const char *why;

	if (fd < 0)
		return -1;
	why = why_not(found);
	if (why)
		message("process %d (%s) is left alone: %s", found->pid,
			found->name, why);
	if (!why && !ns_stat_read(found->pid, &now) &&
	    now.start == found->start)
		return fd;
	close(fd);
	return -1;
}

static bool has(const struct killing *k, pid_t pid)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->pid[i] == pid)
			return true;
	return false;
}

int killing_prepare(struct killing *ret, const struct obstacles *all)
{
	*ret = (struct killing){
		.pid = calloc(all->n + 1, sizeof(*ret->pid)),
		.fd = calloc(all->n + 1, sizeof(*ret->fd)),
	};
	if (!ret->pid || !ret->fd)
		return -ENOMEM;
	for (size_t i = 0; i < all->n; i++) {
		pid_t pid = obstacle_process(&all->list[i]);
		int fd;

		if (!pid || has(ret, pid))
			continue;
		fd = take_hold(&all->list[i].by);
		if (fd < 0)
			continue;
		ret->pid[ret->n] = pid;
		ret->fd[ret->n++] = fd;
	}
	return 0;
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A number is free when the process was waited for. */
static bool is_free(int fd)
{
	return ns_pidfd_signal(fd, 0) == -ESRCH;
}

static void wait_for(int fd, int64_t end)
{
	struct pollfd ended = {.fd = fd, .events = POLLIN};
	int64_t left = end - milliseconds();

	if (poll(&ended, 1, left > 0 ? (int)left : 0) <= 0)
		return;
	/* Nothing tells of that: a second is plenty for a parent that cares. */
	end = milliseconds() + 1000;
	while (!is_free(fd) && milliseconds() < end)
		poll(NULL, 0, 5);
}

void killing_signal(const struct killing *k, int sig, int seconds)
{
	int64_t end = milliseconds() + (int64_t)seconds * 1000;
	int err;

	for (size_t i = 0; i < k->n; i++) {
		err = ns_pidfd_signal(k->fd[i], sig);
		if (err && err != -ESRCH)
			message("cannot end process %d: %s", k->pid[i],
				strerror(-err));
		/* It would not see the signal before it is continued. */
		if (!err && sig != SIGKILL && sig != SIGSTOP)
			ns_pidfd_signal(k->fd[i], SIGCONT);
	}
	for (size_t i = 0; i < k->n; i++)
		wait_for(k->fd[i], end);
}

void killing_free(struct killing *k)
{
	while (k->n)
		close(k->fd[--k->n]);
	free(k->pid);
	free(k->fd);
	*k = (struct killing){0};
}

int killing_number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end != text)
		return !*end && n > 0 && n < NSIG ? (int)n : -EINVAL;
	if (!strncmp(text, "SIG", 3))
		text += 3;
	for (int sig = 1; sig < 32; sig++)
		if (!strcmp(message_signal(sig), text))
			return sig;
	return -EINVAL;
}
