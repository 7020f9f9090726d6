/* SPDX-License-Identifier: MIT */
#include "exec/build.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec/carrier.h"
#include "exec/execute.h"
#include "exec/litter.h"
#include "exec/merge.h"
#include "ns/process.h"
#include "tty/pair.h"

_Noreturn void build_give_up(const struct init_plan *plan, enum wire_step step,
			     int err)
{
	wire_send(plan->socket, WIRE_STEP, step, err, -1);
	_exit(1);
}

/*
 * A shell job has the session of its leader, criu a group in it.  criu looks
 * for the job's terminal on stdin; what it has to say itself is not for there.
 */
static int take_terminal(int slave)
{
	int err;

	if (setpgid(0, 0) < 0)
		return -errno;
	err = tty_pair_foreground(slave, getpid());
	if (!err && dup2(slave, STDIN_FILENO) < 0)
		err = -errno;
	return err;
}

static _Noreturn void become_criu(const struct init_plan *plan, int slave)
{
	int err;

	if (slave < 0) {
		if (setsid() < 0)
			build_give_up(plan, STEP_SESSION, -errno);
	} else {
		err = take_terminal(slave);
		if (err)
			build_give_up(plan, STEP_TERMINAL, err);
	}
	err = stdio_share(plan->stdio);
	if (err)
		build_give_up(plan, STEP_FORK, err);
	/* Init and the leader are no part of it. */
	err = plan->merge ? merge_start() : 0;
	if (err)
		build_give_up(plan, STEP_MERGE, err);
	err = plan->swrk ? carrier_inside(plan->socket, 0, plan->argv) : 0;
	if (err)
		build_give_up(plan, STEP_FORK, err);
	sigprocmask(SIG_SETMASK, &plan->mask, NULL);
	/* criu swrk reads the configuration itself. */
	err = plan->swrk ? criu_exec_as_is(plan->criu, plan->argv)
			 : criu_exec(plan->criu, plan->argv);
	wire_send(plan->socket, WIRE_EXEC, 0, err, -1);
	_exit(1);
}

/*
 * Returns criu's wait status, or -ECANCELED.  The launcher's end of the socket
 * closed means that it wants everything undone, or that it was killed.
 */
static int wait_for_criu(const struct init_plan *plan, pid_t criu,
			 struct kerndat_feed *feed, int *status)
{
	struct pollfd fds[3] = {
		{.fd = ns_pidfd_open(criu), .events = POLLIN},
		{.fd = plan->socket, .events = POLLRDHUP},
		{.fd = feed->opened, .events = POLLIN},
	};
	int err;

	if (fds[0].fd < 0)
		return -ECANCELED;
	while (!fds[0].revents) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return -ECANCELED;
		if (fds[1].revents)
			return -ECANCELED;
		if (!fds[2].revents)
			continue;
		err = kerndat_feed(feed);
		if (err) {
			wire_send(plan->socket, WIRE_STEP, STEP_KERNDAT, err,
				  -1);
			return -ECANCELED;
		}
		fds[2].fd = feed->opened;
	}
	close(fds[0].fd);
	while (waitpid(criu, status, 0) < 0)
		if (errno != EINTR)
			return -ECANCELED;
	return 0;
}

/* The root's number is in the image, unless it has another one out here. */
static pid_t find_root(const struct init_plan *plan)
{
	pid_t child[64];
	struct ns_process p;
	int i, n;

	if (plan->root && !plan->nested)
		return plan->root;
	n = ns_process_children(getpid(), child, 64);
	for (i = 0; i < n; i++)
		if (!ns_process_read(child[i], &p) &&
		    (!plan->nested || p.inner == 1))
			return child[i];
	return n < 0 ? n : -ESRCH;
}

/* --- A command in criu's place ---------------------------------------------
 */

struct verdict {
	int exec; /* negative errno */
	struct stdio_error stdio;
};

/* Without a terminal it has a session of its own, as a daemon has. */
static int take_place(int slave)
{
	if (slave < 0)
		return setsid() < 0 ? -errno : 0;
	if (setpgid(0, 0) < 0)
		return -errno;
	return tty_pair_foreground(slave, getpid());
}

static _Noreturn void become_command(const struct init_plan *plan, int slave,
				     int up)
{
	struct verdict v = {.exec = take_place(slave)};
	ssize_t n;

	if (!v.exec && plan->merge)
		v.exec = merge_start();
	if (!v.exec)
		v.exec = stdio_open(plan->stdio, slave, &up, &v.stdio);
	if (!v.exec) {
		sigprocmask(SIG_SETMASK, &plan->mask, NULL);
		execute_command(plan->command);
		v.exec = -errno;
	}
	/* Unread, it has the parent see our end. */
	n = write(up, &v, sizeof(v));
	_exit(n == sizeof(v) ? 1 : 2);
}

/* Returns the command's number when it has been executed. */
static pid_t start_command(const struct init_plan *plan, int slave)
{
	struct verdict v;
	int up[2];
	pid_t pid;
	ssize_t n;

	if (pipe2(up, O_CLOEXEC) < 0)
		build_give_up(plan, STEP_FORK, -errno);
	pid = fork();
	if (pid < 0)
		build_give_up(plan, STEP_FORK, -errno);
	if (pid == 0) {
		close(up[0]);
		become_command(plan, slave, up[1]);
	}
	close(up[1]);
	do
		n = read(up[0], &v, sizeof(v));
	while (n < 0 && errno == EINTR);
	close(up[0]);
	if (n == 0)
		return pid;
	if (n == sizeof(v) && v.stdio.err)
		wire_send(plan->socket, WIRE_STDIO, (uint32_t)v.stdio.number,
			  v.stdio.err, -1);
	else
		wire_send(plan->socket, WIRE_EXEC, 0,
			  n == sizeof(v) ? v.exec : -EIO, -1);
	return -ECANCELED;
}

/* -------------------------------------------------------------------------- */

pid_t build_tree(const struct init_plan *plan, int slave)
{
	struct kerndat_feed feed;
	struct timespec start;
	int status, err;
	pid_t criu, root;

	if (plan->command)
		return start_command(plan, slave);
	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	kerndat_cover(plan->kerndat, &feed);
	criu = fork();
	if (criu < 0)
		build_give_up(plan, STEP_FORK, -errno);
	if (criu == 0)
		become_criu(plan, slave);
	err = wait_for_criu(plan, criu, &feed, &status);
	if (err)
		litter_wait(&start);
	if (err || WIFSIGNALED(status)) {
		/* The tree must not run a moment without who traces it. */
		kill(-1, SIGKILL);
		litter_remove(plan->work_dir);
	}
	kerndat_end(&feed);
	if (err)
		return err;
	if (status) {
		wire_send(plan->socket, WIRE_CRIU, 0, status, -1);
		return -ECANCELED;
	}
	root = find_root(plan);
	if (root < 0)
		build_give_up(plan, STEP_ROOT, root);
	return root;
}

static int ascending(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static int let_go(int *keep)
{
	unsigned int from = 0;
	int err = 0;
	size_t n = 0;

	if (chdir("/") < 0)
		return -errno;
	while (keep[n] >= 0)
		n++;
	qsort(keep, n, sizeof(*keep), ascending);
	for (; *keep >= 0 && !err; keep++) {
		if ((unsigned int)*keep > from)
			err = ns_close_range(from, (unsigned int)*keep - 1);
		from = (unsigned int)*keep + 1;
	}
	return err ? err : ns_close_range(from, ~0U);
}

int build_hand_over(const struct init_plan *plan, pid_t root, int *keep)
{
	int pidfd, err;

	err = keep ? let_go(keep) : 0;
	if (err)
		return err;
	pidfd = ns_pidfd_open(root);
	if (pidfd < 0)
		build_give_up(plan, STEP_ROOT, pidfd);
	err = wire_send(plan->socket, WIRE_RUNNING, 0, 0, pidfd);
	close(pidfd);
	return err;
}

void build_execute_again(const struct init_plan *plan, char *const *argv,
			 const char *state)
{
	char env[256];
	char *envp[] = {env, NULL};

	snprintf(env, sizeof(env), "%s", state);
	fexecve(plan->self, argv, envp);
}
