/* SPDX-License-Identifier: MIT */
#include "exec/job.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "exec/forward.h"
#include "ns/process.h"
#include "tty/pair.h"

/* A command may have its terminal on some of the three only. */
static void open_relay(struct restore *r, int master)
{
	const struct stdio_fd *f = r->plan.command ? r->stdio->fd : NULL;
	int in = STDIN_FILENO, out = STDOUT_FILENO;

	if (f && f[in].kind != STDIO_TERMINAL)
		in = -1;
	if (f && f[out].kind != STDIO_TERMINAL)
		out = f[STDERR_FILENO].kind == STDIO_TERMINAL ? STDERR_FILENO
							      : STDIN_FILENO;
	tty_relay_init(&r->relay, in, out, master);
}

void job_terminal(struct restore *r, int master)
{
	struct winsize size = tty_size();

	tty_resize(master, &size);
	/* Detached, the leader reads it when we are gone. */
	if (r->detached)
		close(master);
	else
		open_relay(r, master);
}

static void job_continued(struct restore *r)
{
	pid_t group = tcgetpgrp(r->relay.master);
	struct winsize size = tty_size();

	/* Who stopped us may have set the terminal for himself. */
	r->relay.modes.raw = false;
	tty_modes_raw(&r->relay.modes);
	tty_resize(r->relay.master, &size);
	if (group > 0)
		kill(-group, SIGCONT);
	ns_pidfd_signal(r->root, SIGCONT);
}

/* Returns whether something has stopped us, and continued us again. */
static bool stop_group(void)
{
	sigset_t stop, pending;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	kill(0, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	return sigpending(&pending) == 0 && sigismember(&pending, SIGCONT);
}

void job_stopped(struct restore *r)
{
	if (r->relay.master < 0)
		return;
	tty_modes_undo(&r->relay.modes);
	/* Where no shell watches us the kernel stops nobody, nor would anybody
	 * continue the job. */
	if (!stop_group())
		job_continued(r);
}

/* Who has a handler for SIGWINCH draws for the size of its window. */
static bool draws(const struct restore *r)
{
	pid_t group = tcgetpgrp(r->relay.master);
	struct ns_process p;

	return group > 0 && ns_process_read(group, &p) == 0 &&
	       p.handled >> (SIGWINCH - 1) & 1;
}

void job_runs(struct restore *r)
{
	struct winsize size = tty_size();

	if (r->relay.master < 0)
		return;
	tty_modes_raw(&r->relay.modes);
	if (draws(r))
		tty_redraw(r->relay.master, &size);
	else
		tty_resize(r->relay.master, &size);
	r->relay.runs = true;
}

bool job_takes(struct restore *r, int sig)
{
	struct winsize size = tty_size();

	if (r->relay.master < 0)
		return false;
	if (sig == SIGWINCH)
		tty_resize(r->relay.master, &size);
	else if (sig == SIGCONT)
		job_continued(r);
	else if (sig == SIGTSTP)
		ns_pidfd_signal(r->root, sig);
	else
		return false;
	return true;
}

static bool told_to_end(struct restore *r)
{
	struct forward_signal s;

	return forward_read(r->signals, &s) == 0 && forward_ends(s.number);
}

void job_finish(struct restore *r)
{
	struct pollfd fds[1 + TTY_RELAY_FDS];

	/* Still raw: what is left has its line ends already. */
	tty_relay_end(&r->relay);
	while (!tty_relay_empty(&r->relay)) {
		fds[0] = (struct pollfd){.fd = r->signals, .events = POLLIN};
		tty_relay_want(&r->relay, fds + 1);
		if (poll(fds, 1 + TTY_RELAY_FDS, -1) < 0)
			break;
		tty_relay_step(&r->relay, fds + 1);
		if (fds[0].revents && told_to_end(r))
			break;
	}
	tty_modes_undo(&r->relay.modes);
}
