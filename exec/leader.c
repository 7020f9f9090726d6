/* SPDX-License-Identifier: MIT */
#include "exec/leader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/build.h"
#include "exec/wire.h"
#include "mount/devpts.h"
#include "ns/caps.h"
#include "tty/pair.h"
#include "tty/relay.h"

#define STATE "CRIU_NS_LEADER"

/* Descriptor numbers; they are kept over the exec. */
struct state {
	int socket;
	int out; /* the caller's stdout, or -1 */
	int master;
	int slave; /* open as long as we live: the pair never hangs up */
	pid_t root;
};

/* A pipe's reader waits for its end: only what nobody waits for is held. */
static int keep_stdout(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) < 0 ||
	    !(S_ISREG(st.st_mode) || isatty(STDOUT_FILENO)))
		return -1;
	return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static void tell_end(const struct state *s, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		_exit(LEADER_KILLED);
	wire_send(s->socket, WIRE_ENDED, 0, status, -1);
	_exit(LEADER_DONE);
}

/* What the job has printed last is still in the pair when it has ended. */
static void finish_output(struct tty_relay *relay)
{
	struct pollfd fds[TTY_RELAY_FDS];

	tty_relay_end(relay);
	while (!tty_relay_empty(relay)) {
		tty_relay_want(relay, fds);
		if (poll(fds, TTY_RELAY_FDS, -1) < 0)
			return;
		tty_relay_step(relay, fds);
	}
}

static void reap(const struct state *s, struct tty_relay *relay)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != s->root)
			continue;
		if (WIFSTOPPED(status)) {
			wire_send(s->socket, WIRE_STOPPED, 0, WSTOPSIG(status),
				  -1);
			continue;
		}
		if (relay->master >= 0)
			finish_output(relay);
		tell_end(s, status);
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * The pair is read here only when the launcher does not.  A terminal that
 * stands still gets no more than it takes: the rest is dropped.
 */
static _Noreturn void serve(const struct state *s)
{
	struct pollfd fds[2 + TTY_RELAY_FDS];
	struct signalfd_siginfo info;
	struct tty_relay relay;
	int signals = open_signals();

	tty_relay_init(&relay, -1, s->out, -1);
	relay.drops = true;
	relay.runs = true;
	fds[0] = (struct pollfd){.fd = signals, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = s->socket, .events = POLLRDHUP};
	reap(s, &relay);
	for (;;) {
		tty_relay_want(&relay, fds + 2);
		if (poll(fds, 2 + TTY_RELAY_FDS, -1) < 0)
			continue;
		tty_relay_step(&relay, fds + 2);
		if (fds[1].revents) {
			fds[1].fd = -1;
			fds[1].revents = 0;
			relay.master = s->master;
		}
		if (read(signals, &info, sizeof(info)) > 0)
			reap(s, &relay);
	}
}

static _Noreturn void settle(const struct init_plan *plan,
			     const struct state *s)
{
	int fds[] = {s->socket, s->out, s->master, s->slave};
	char name[PATH_MAX + 32], text[128];
	char *argv[] = {name, NULL};
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			fcntl(fds[i], F_SETFD, 0);
	snprintf(text, sizeof(text), STATE "=%d %d %d %d %d", s->socket, s->out,
		 s->master, s->slave, s->root);
	snprintf(name, sizeof(name), LEADER_TITLE " %s", plan->images);
	build_execute_again(plan, argv, text);
	serve(s);
}

/* The caller's files are let go, but for what the state names. */
static int hand_over(const struct init_plan *plan, const struct state *s)
{
	int keep[6] = {s->socket, s->master, s->slave, plan->self, -1, -1};

	if (s->out >= 0)
		keep[4] = s->out;
	return build_hand_over(plan, s->root, keep);
}

_Noreturn void leader_run(const struct init_plan *plan, int up)
{
	struct state s = {.socket = plan->socket};
	struct tty_pair pair = {.master = -1, .slave = -1};
	sigset_t ttou;
	int err;

	if (setsid() < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		build_give_up(plan, STEP_SESSION, -errno);
	/* To put others into the foreground is no offence of ours. */
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, NULL);
	err = mount_devpts();
	if (!err)
		err = tty_pair_open(plan->terminal, &pair);
	if (!err)
		err = tty_pair_control(pair.slave);
	if (!err)
		err = wire_send(plan->socket, WIRE_TERMINAL, 0, 0, pair.master);
	if (err)
		build_give_up(plan, STEP_TERMINAL, err);
	s.root = build_tree(plan, pair.slave);
	if (s.root <= 0 || write(up, &s.root, sizeof(s.root)) < 0)
		_exit(1);
	s.master = pair.master;
	s.slave = pair.slave;
	s.out = keep_stdout();
	if (hand_over(plan, &s) < 0)
		_exit(1);
	settle(plan, &s);
}

bool leader_is_me(void)
{
	return getenv(STATE);
}

_Noreturn void leader_resume(void)
{
	struct state s;

	if (sscanf(getenv(STATE), "%d %d %d %d %d", &s.socket, &s.out,
		   &s.master, &s.slave, &s.root) != 5)
		_exit(1);
	prctl(PR_SET_NAME, LEADER_TITLE);
	/* Without a capability less, it would still do its work. */
	ns_caps_drop();
	serve(&s);
}
