/* SPDX-License-Identifier: MIT */
#include "exec/outcome.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/commit.h"
#include "exec/failure.h"
#include "exec/message.h"
#include "image/image.h"
#include "ns/life.h"
#include "ns/process.h"

/* So soon, in milliseconds, a process that gets SIGKILL is seen to go. */
#define KILL_SHOWS 200

/* Who waits for the tree hears that it was dumped, not just killed. */
int outcome_succeeded(struct dump *d)
{
	int status = commit_image(d), err;

	if (!status)
		store_keep(&d->store);
	else if (dumper_ends_tree(d->argv))
		store_rescue(&d->store);
	else
		store_undo(&d->store, "the image could not be completed");
	if (status)
		return status;
	if (d->undone_by)
		message("SIG%s came too late: the %s of process %d is complete",
			message_signal(d->undone_by), d->argv->action,
			d->target.pid);
	if (d->holder < 0 || (d->target.init && !d->target.is_root))
		return 0;
	err = ns_hold_tell(d->holder, !dumper_ends_tree(d->argv));
	/* A holder that has ended with its namespace needs no telling. */
	if (err && err != -EPIPE)
		return message_fail("the dump is complete, but the init of the "
				    "tree can't be told: %s",
				    strerror(-err));
	return 0;
}

/*
 * criu ends the tree when all is written.  An init that ends with its last
 * child, or with the one that it waits for, takes criu along then.
 */
static bool complete(const struct dump *d)
{
	return dumper_ends_tree(d->argv) && ns_pidfd_ended(d->target.pidfd) &&
	       (d->committed || image_complete(d->store.dir));
}

/* While all of them stand still: who belongs to the tree, by pidfds. */
static void hold_tree(struct dump *d, pid_t pid)
{
	pid_t child[512];
	int *grown, i, n, fd;

	n = ns_process_children(pid, child, 512);
	for (i = 0; i < n; i++) {
		fd = ns_pidfd_open(child[i]);
		grown = fd < 0 ? NULL
			       : reallocarray(d->tree, d->n_tree + 1,
					      sizeof(*grown));
		if (grown) {
			d->tree = grown;
			d->tree[d->n_tree++] = fd;
		} else if (fd >= 0) {
			close(fd);
		}
		hold_tree(d, child[i]);
	}
}

void outcome_hold_tree(struct dump *d)
{
	hold_tree(d, d->target.pid);
}

/*
 * A criu that was killed when it had leave to end the tree has sent SIGKILL to
 * all, to some, or to none; the root is the first.  Returns whether it has
 * gone, or is on its way, and the rest is ended then: half of a tree is none.
 */
static bool ended_by_half(struct dump *d)
{
	struct pollfd root = {.fd = d->target.pidfd, .events = POLLIN};
	size_t i;

	if (!d->agreed)
		return false;
	if (poll(&root, 1, KILL_SHOWS) <= 0 &&
	    (!ns_process_is_dying(d->target.pid) || poll(&root, 1, -1) <= 0))
		return false;
	for (i = 0; i < d->n_tree; i++)
		ns_pidfd_signal(d->tree[i], SIGKILL);
	return true;
}

/* Returns whether there was something to be said. */
static bool explain(struct dump *d)
{
	const struct target *t = &d->target;
	char what[128];
	struct ns_process p = {.name = "?"};
	struct failure f = {.argv = d->argv,
			    .capture = &d->log,
			    .what = what,
			    .pidfd = t->pidfd,
			    .pid = t->pid,
			    .images = d->store.dir,
			    .target = t,
			    .criu = &d->criu};

	ns_process_read(t->pid, &p);
	snprintf(what, sizeof(what), "%s of %d (%s)", d->argv->action, t->pid,
		 p.name);
	if (failure_unharmed(t->pidfd, t->pid))
		f.end = "the tree runs on unharmed";
	return failure_explain(&f) > 0;
}

/* For people, and for the note in an image directory that is not complete. */
__attribute__((format(printf, 3, 4))) static int
failed(struct dump *d, int status, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!d->told)
		message("%s", text);
	store_undo(&d->store, text);
	return status;
}

int outcome_failed(struct dump *d, int status)
{
	const char *action = d->argv->action;

	if (WIFSIGNALED(status) && (ended_by_half(d) || complete(d))) {
		message("criu was killed by SIG%s when it had ended process "
			"%d: the image is complete",
			message_signal(WTERMSIG(status)), d->target.pid);
		return outcome_succeeded(d);
	}
	if (d->undone_by)
		return failed(d, STATUS_SIGNAL + d->undone_by,
			      "interrupted by SIG%s: the %s was given up, and "
			      "process %d goes on",
			      message_signal(d->undone_by), action,
			      d->target.pid);
	if (d->refused)
		return failed(d, d->refused,
			      "the %s was given up, and process %d goes on",
			      action, d->target.pid);
	d->told = explain(d);
	if (WIFSIGNALED(status))
		return failed(d, message_status(status),
			      "criu was killed by SIG%s before the %s of "
			      "process %d was complete",
			      message_signal(WTERMSIG(status)), action,
			      d->target.pid);
	return failed(d, message_status(status),
		      "criu %s of process %d failed with status %d%s", action,
		      d->target.pid, WEXITSTATUS(status),
		      argv_last(d->argv, OPT_LOG_FILE)
			      ? ""
			      : " (-v4 -o dump.log makes a log that says why)");
}
