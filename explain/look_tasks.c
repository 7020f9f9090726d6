/* SPDX-License-Identifier: MIT */
/*
 * Tracers, sessions, and states in which criu can't stop a process.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "explain/look.h"
#include "ns/process.h"

static void look_tracers(struct look *l)
{
	const struct tree_process *p;
	struct look_items items = {0};
	char tracer[64] = "";
	struct finding *f;
	pid_t first = 0;
	size_t i;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		if (p->tracer <= 0)
			continue;
		first = first ? first : p->tracer;
		look_item(&items, "%d (%s) is traced by %s", p->pid, p->name,
			  look_name(p->tracer, tracer));
	}
	if (!items.n)
		return;
	f = look_add(l, "traced", FINDING_CAUSE, &items,
		     "a process has one tracer at a time, and criu has to be "
		     "it");
	finding_value(f, "tracer", "%d", first);
	finding_cure(f, "let the tracer detach first (gdb: detach; strace -p: "
			"Ctrl-C)");
}

static void look_session(struct look *l)
{
	const struct tree_process *p = look_root(l);
	struct finding *f;
	char leader[64];

	if (p->inner_session == 0 && p->session != p->pid) {
		f = look_add(l, "session-outside", FINDING_CAUSE, NULL,
			     "the session of %d (%s) is led by a process "
			     "outside of its pid namespace, which CRIU can't "
			     "describe",
			     p->pid, p->name);
		finding_cure(f, "start it with setsid(1), as the first thing "
				"in its pid namespace");
		return;
	}
	if (p->session == p->pid || l->live->options.shell_job)
		return;
	f = look_add(l, "no-session-leader", FINDING_CAUSE, NULL,
		     "%d (%s) was started in the session of another process "
		     "(by a shell, say): %s leads it",
		     p->pid, p->name, look_name(p->session, leader));
	finding_value(f, "session", "%d", p->session);
	finding_cure(f, "dump it as a shell job, and restore it with "
			"--shell-job as well; or start it with setsid(1)");
	look_command(l, f, (const char *const[]){"--shell-job", NULL});
}

/*
 * Nearly every process is in that state for moments.  That one leaves it is no
 * event; that it ends is.
 */
static bool stays_in_d(pid_t pid)
{
	struct pollfd end = {.fd = ns_pidfd_open(pid), .events = POLLIN};
	struct ns_process p;
	bool stays = end.fd >= 0;
	int i;

	for (i = 0; i < 10 && stays; i++)
		stays = ns_process_read(pid, &p) == 0 && p.state == 'D' &&
			poll(&end, 1, 5) == 0;
	if (end.fd >= 0)
		close(end.fd);
	return stays;
}

static void look_stuck(struct look *l)
{
	const struct tree_process *p;
	struct look_items items = {0};
	struct finding *f;
	size_t i;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		if (p->state == 'D' && items.n < 8 && stays_in_d(p->pid))
			look_item(&items, "%d (%s)", p->pid, p->name);
	}
	if (!items.n)
		return;
	f = look_add(l, "uninterruptible", FINDING_CAUSE, &items,
		     "a process waits in the kernel where no signal reaches it "
		     "(state D; for a disk or server, or for the child of a "
		     "vfork), and criu gives up after 10 s");
	finding_cure(f, "end what it waits for, then try again");
}

static void look_threads(struct look *l)
{
	struct look_items gone = {0}, mixed = {0};
	const struct tree_process *p;
	struct finding *f;
	size_t i, j, stopped;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		stopped = 0;
		for (j = 0; j < p->n_threads; j++)
			stopped += p->thread[j].state == 'T';
		if (p->state == 'Z' && p->n_threads > 1)
			look_item(&gone, "%d (%s)", p->pid, p->name);
		else if (stopped && stopped < p->n_threads)
			look_item(&mixed, "%d (%s)", p->pid, p->name);
	}
	if (gone.n) {
		f = look_add(l, "leader-gone", FINDING_CAUSE, &gone,
			     "the first thread of a process has ended while "
			     "others run on (zombie with threads)");
		finding_cure(f, "none but to end that process");
	}
	if (mixed.n) {
		f = look_add(l, "thread-stopped", FINDING_CAUSE, &mixed,
			     "some threads of a process are stopped and others "
			     "are not");
		finding_cure(f, "continue it: kill -CONT");
	}
}

void look_tasks(struct look *l)
{
	look_tracers(l);
	look_session(l);
	look_stuck(l);
	look_threads(l);
}
