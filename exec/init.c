/* SPDX-License-Identifier: MIT */
#include "exec/init.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/wire.h"
#include "mount/proc.h"
#include "mount/table.h"
#include "ns/caps.h"
#include "ns/life.h"
#include "ns/ns.h"
#include "ns/process.h"

/* What goes through the exec of our own program; the environment is empty. */
#define STATE "CRIU_NS_INIT"

struct state {
	int socket; /* -1 when nobody waits for the root's end */
	pid_t root;
	pid_t leader; /* of a shell job's session, or 0 */
};

static _Noreturn void give_up(const struct init_plan *plan, enum wire_step step,
			      int err)
{
	wire_send(plan->socket, WIRE_STEP, step, err, -1);
	_exit(1);
}

static void end_all(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

/*
 * criu was killed or has to be: end what it has forked, and take away the
 * mount points that it would have removed itself.
 */
static _Noreturn void undo(void)
{
	struct mount_list left;
	size_t i;

	end_all();
	if (mount_list_containing("/.criu.", &left) == 0)
		for (i = 0; i < left.n; i++)
			if (umount2(left.target[i], MNT_DETACH) == 0)
				rmdir(left.target[i]);
	_exit(1);
}

static void prepare(const struct init_plan *plan)
{
	pid_t max;
	int err;

	if (setsid() < 0)
		give_up(plan, STEP_SESSION, -errno);
	err = mount_detach();
	if (err)
		give_up(plan, STEP_MOUNTS, err);
	err = mount_proc();
	if (err)
		give_up(plan, STEP_PROC, err);
	max = ns_pid_max();
	if (max < 0)
		give_up(plan, STEP_PID_MAX, max);
	if (plan->highest >= max || !plan->first || plan->first >= max)
		give_up(plan, STEP_PID_MAX, -ERANGE);
	/* criu and its helpers must not sit on a number of the image. */
	err = ns_set_last_pid(plan->first - 1);
	if (err)
		give_up(plan, STEP_LAST_PID, err);
}

static _Noreturn void become_criu(const struct init_plan *plan)
{
	/* A shell job has the session of its leader, criu a group in it. */
	if (plan->shell_job ? setpgid(0, 0) < 0 : setsid() < 0)
		give_up(plan, STEP_SESSION, -errno);
	sigprocmask(SIG_SETMASK, &plan->mask, NULL);
	wire_send(plan->socket, WIRE_EXEC, 0, criu_exec(plan->criu, plan->argv),
		  -1);
	_exit(1);
}

/*
 * The session of a shell job needs a leader that outlives criu: with the
 * leader's end the terminal would be taken away from the job.  The leader is a
 * process of its own because the image may use number 1 for a session.  It
 * forks criu as its sibling, so that the tree becomes our child.
 */
static _Noreturn void lead(const struct init_plan *plan, int criu_born)
{
	pid_t criu;
	int fd;

	if (setsid() < 0)
		give_up(plan, STEP_SESSION, -errno);
	if (ioctl(STDIN_FILENO, TIOCSCTTY, 1) < 0)
		give_up(plan, STEP_TERMINAL, -errno);
	criu = ns_spawn(CLONE_PARENT, &fd);
	if (criu < 0)
		give_up(plan, STEP_FORK, criu);
	if (criu == 0)
		become_criu(plan);
	if (write(criu_born, &criu, sizeof(criu)) != sizeof(criu))
		_exit(1);
	close_range(0, ~0U, 0);
	if (chdir("/") < 0)
		_exit(1);
	for (;;)
		pause();
}

static pid_t start_leader(const struct init_plan *plan, pid_t *ret_criu)
{
	int born[2];
	pid_t leader;

	if (pipe2(born, O_CLOEXEC) < 0)
		give_up(plan, STEP_FORK, -errno);
	leader = fork();
	if (leader < 0)
		give_up(plan, STEP_FORK, -errno);
	if (leader == 0)
		lead(plan, born[1]);
	close(born[1]);
	if (read(born[0], ret_criu, sizeof(*ret_criu)) != sizeof(*ret_criu))
		undo();
	close(born[0]);
	return leader;
}

static pid_t start_criu(const struct init_plan *plan)
{
	pid_t criu = fork();

	if (criu < 0)
		give_up(plan, STEP_FORK, -errno);
	if (criu == 0)
		become_criu(plan);
	return criu;
}

/*
 * Returns criu's wait status.  The launcher's end of the socket closed means
 * that it wants everything undone, or that it was killed.
 */
static int wait_for_criu(const struct init_plan *plan, pid_t criu)
{
	struct pollfd fds[2] = {
		{.fd = ns_pidfd_open(criu), .events = POLLIN},
		{.fd = plan->socket, .events = POLLRDHUP},
	};
	int status;

	if (fds[0].fd < 0)
		give_up(plan, STEP_FORK, fds[0].fd);
	while (!fds[0].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			undo();
		if (fds[1].revents)
			undo();
	}
	close(fds[0].fd);
	while (waitpid(criu, &status, 0) < 0)
		if (errno != EINTR)
			undo();
	return status;
}

/* The root's number is in the image, unless it has another one out here. */
static pid_t find_root(const struct init_plan *plan, pid_t leader)
{
	pid_t child[64];
	struct ns_process p;
	int i, n;

	if (plan->root && !plan->nested)
		return plan->root;
	n = ns_process_children(getpid(), child, 64);
	for (i = 0; i < n; i++)
		if (child[i] != leader && !ns_process_read(child[i], &p) &&
		    (!plan->nested || p.inner == 1))
			return child[i];
	return n < 0 ? n : -ESRCH;
}

static _Noreturn void finish(const struct state *s)
{
	int status = 0;
	pid_t pid;

	prctl(PR_SET_NAME, INIT_TITLE);
	/* Without a capability less, init would still do its work. */
	ns_caps_drop();
	do
		pid = waitpid(-1, &status, 0);
	while (pid != s->root && (pid > 0 || errno == EINTR));
	if (s->leader)
		kill(s->leader, SIGKILL);
	if (s->socket >= 0) {
		if (pid == s->root)
			wire_send(s->socket, WIRE_ENDED, 0, status, -1);
		close(s->socket);
	}
	ns_wait_empty();
	_exit(0);
}

/*
 * Leave behind what the launcher's memory and environment hold, and show in ps
 * what this process is for.
 */
static _Noreturn void settle(const struct init_plan *plan,
			     const struct state *s)
{
	char title[PATH_MAX + 32], text[64];
	char *argv[] = {title, NULL}, *env[] = {text, NULL};

	snprintf(title, sizeof(title), INIT_TITLE " %s", plan->images);
	snprintf(text, sizeof(text), STATE "=%d %d %d", s->socket, s->root,
		 s->leader);
	if (s->socket < 0 || fcntl(s->socket, F_SETFD, 0) == 0)
		execveat(plan->self, "", argv, env, AT_EMPTY_PATH);
	finish(s);
}

/* Nothing of the caller's may be held: its pipes, its directories. */
static void let_go(const struct init_plan *plan)
{
	int low = plan->socket < plan->self ? plan->socket : plan->self;
	int high = plan->socket < plan->self ? plan->self : plan->socket;

	if (chdir("/") < 0)
		undo();
	close_range(0, (unsigned int)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned int)low + 1, (unsigned int)high - 1, 0);
	close_range((unsigned int)high + 1, ~0U, 0);
}

static _Noreturn void run_exec_cmd(const struct init_plan *plan)
{
	sigprocmask(SIG_SETMASK, &plan->mask, NULL);
	if (chdir(plan->work_dir) == 0)
		execvp(plan->exec_cmd[0], plan->exec_cmd);
	fprintf(stderr, "criu-ns: cannot execute '%s' (--exec-cmd): %s\n",
		plan->exec_cmd[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static _Noreturn void hand_over(const struct init_plan *plan, pid_t leader)
{
	struct state s = {.socket = plan->socket, .leader = leader};
	int pidfd;

	s.root = find_root(plan, leader);
	if (s.root < 0)
		give_up(plan, STEP_ROOT, s.root);
	if (!plan->exec_cmd)
		let_go(plan);
	pidfd = ns_pidfd_open(s.root);
	if (pidfd < 0)
		give_up(plan, STEP_ROOT, pidfd);
	if (wire_send(plan->socket, WIRE_RUNNING, 0, 0, pidfd) < 0)
		undo();
	close(pidfd);
	if (plan->exec_cmd)
		run_exec_cmd(plan);
	if (plan->detached) {
		close(plan->socket);
		s.socket = -1;
	}
	settle(plan, &s);
}

_Noreturn void init_run(const struct init_plan *plan)
{
	pid_t criu, leader = 0;
	int status;

	/* Inherited as ignored, it would let the root's status get lost. */
	signal(SIGCHLD, SIG_DFL);
	prepare(plan);
	if (plan->shell_job)
		leader = start_leader(plan, &criu);
	else
		criu = start_criu(plan);
	status = wait_for_criu(plan, criu);
	if (status == 0)
		hand_over(plan, leader);
	wire_send(plan->socket, WIRE_CRIU, 0, status, -1);
	if (WIFSIGNALED(status))
		undo();
	end_all();
	_exit(1);
}

bool init_is_me(void)
{
	return getpid() == 1 && getenv(STATE);
}

_Noreturn void init_resume(void)
{
	struct state s;
	const char *text = getenv(STATE);

	if (sscanf(text, "%d %d %d", &s.socket, &s.root, &s.leader) != 3)
		_exit(1);
	if (s.socket < 0) {
		close_range(0, ~0U, 0);
	} else {
		dup2(s.socket, 0);
		s.socket = 0;
		close_range(1, ~0U, 0);
	}
	finish(&s);
}
