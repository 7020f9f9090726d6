/* SPDX-License-Identifier: MIT */
#include "exec/job.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "exec/forward.h"
#include "ns/process.h"
#include "tty/pair.h"

void job_terminal(struct restore *r, int master)
{
	tty_relay_init(&r->relay, r->detached ? -1 : STDIN_FILENO,
		       STDOUT_FILENO, master);
}

void job_stopped(struct restore *r)
{
	if (r->relay.modes.fd < 0)
		return;
	tty_modes_undo(&r->relay.modes);
	raise(SIGSTOP);
}

static void job_continued(struct restore *r)
{
	pid_t group = tcgetpgrp(r->relay.master);
	struct winsize size = tty_size();

	tty_modes_raw(&r->relay.modes);
	tty_resize(r->relay.master, &size);
	if (group > 0)
		kill(-group, SIGCONT);
	ns_pidfd_signal(r->root, SIGCONT);
}

void job_runs(struct restore *r)
{
	struct winsize size = tty_size();

	if (r->relay.master < 0)
		return;
	tty_redraw(r->relay.master, &size);
	if (r->detached)
		return;
	r->relay.input = true;
	tty_modes_raw(&r->relay.modes);
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

	r->relay.input = false;
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
