/* SPDX-License-Identifier: MIT */
#include "exec/dumper.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/carrier.h"
#include "exec/commit.h"
#include "exec/forward.h"
#include "exec/message.h"
#include "exec/outcome.h"
#include "exec/wire.h"
#include "image/image.h"
#include "mount/proc.h"
#include "ns/life.h"
#include "ns/ns.h"
#include "ns/process.h"

#define TREE "--tree="

/* Where the child that becomes criu can fail. */
enum place {
	PLACE_GO,
	PLACE_MOUNT_NS,
	PLACE_MOUNTS,
	PLACE_PROC,
	PLACE_OTHER_PROC,
	PLACE_TARGET,
	PLACE_SHARE,
	PLACE_OTHER_NS,
};

static const char *place_text(uint32_t place)
{
	static const char *const text[] = {
		[PLACE_GO] = "cannot start criu",
		[PLACE_MOUNT_NS] = "cannot enter a mount namespace",
		[PLACE_MOUNTS] = "cannot cut the propagation of mounts",
		[PLACE_PROC] = "cannot mount a fresh /proc",
		[PLACE_OTHER_PROC] = "/proc is not of the pid namespace",
		[PLACE_TARGET] = "cannot find the target in its pid namespace",
		[PLACE_SHARE] = "cannot pass the image directory on",
		[PLACE_OTHER_NS] = "cannot enter the namespaces of --unshare",
	};

	return text[place];
}

static _Noreturn void stop(int socket, enum place place, int err)
{
	wire_send(socket, WIRE_STEP, place, err, -1);
	_exit(1);
}

/*
 * Where criu has to stand: the pid namespace was joined before the fork.
 * What stands on /proc must be of that namespace, or criu would read, and
 * freeze, somebody else.
 */
static void take_place(struct dump *d, int socket)
{
	const struct target *t = &d->target;
	unsigned long flag;
	unsigned int i;
	int err = 0;

	for (i = 0; unshare_kind(i, &flag); i++) {
		err = t->others[i] >= 0 ? ns_join(t->others[i], (int)flag) : 0;
		if (err)
			stop(socket, PLACE_OTHER_NS, err);
	}
	if (t->way == TARGET_INSIDE) {
		err = t->mntns >= 0 ? ns_join(t->mntns, CLONE_NEWNS) : 0;
		if (err)
			stop(socket, PLACE_MOUNT_NS, err);
	} else if (t->pidns >= 0) {
		if (unshare(CLONE_NEWNS) < 0)
			stop(socket, PLACE_MOUNT_NS, -errno);
		err = mount_detach();
		if (err)
			stop(socket, PLACE_MOUNTS, err);
		err = mount_proc();
		if (err)
			stop(socket, PLACE_PROC, err);
	}
	if (mount_proc_is_own() != 1)
		stop(socket, PLACE_OTHER_PROC, -EXDEV);
}

/* By the pidfd: it is the process that was named, whatever number it has. */
static void name_target(struct dump *d, int socket)
{
	pid_t pid = ns_pidfd_number(d->target.pidfd);
	char **arg = d->criu_argv;

	if (pid < 0)
		stop(socket, PLACE_TARGET, pid);
	while (strncmp(*arg, TREE, strlen(TREE)) != 0)
		arg++;
	snprintf(*arg, sizeof(TREE DUMPER_TREE_ROOM), TREE "%d", pid);
}

static void offer_socket(struct dump *d, int socket)
{
	pid_t pid = ns_pidfd_number(d->target.pidfd);
	int err;

	if (pid < 0)
		stop(socket, PLACE_TARGET, pid);
	err = carrier_inside(socket, pid, d->criu_argv);
	if (err)
		stop(socket, PLACE_GO, err);
}

static _Noreturn void become_criu(struct dump *d, int socket)
{
	struct wire go;
	int fd, err;

	/* The holder must be in place before criu kills the tree. */
	if (wire_receive(socket, &go, &fd) != 1)
		_exit(1);
	take_place(d, socket);
	if (d->swrk)
		offer_socket(d, socket);
	else
		name_target(d, socket);
	world_name(d->criu_argv);
	err = world_share(&d->world);
	if (err)
		stop(socket, PLACE_SHARE, err);
	if (setpgid(0, 0) < 0)
		stop(socket, PLACE_GO, -errno);
	/* See dumper_give_up(): to write too much is an error, not the end. */
	signal(SIGXFSZ, SIG_IGN);
	sigprocmask(SIG_SETMASK, &d->mask, NULL);
	/* criu swrk reads the configuration itself. */
	err = d->swrk ? criu_exec_as_is(&d->criu, d->criu_argv)
		      : criu_exec(&d->criu, d->criu_argv);
	wire_send(socket, WIRE_EXEC, 0, err, -1);
	_exit(1);
}

bool dumper_ends_tree(const struct argv *a)
{
	return !strcmp(a->action, "dump") && !argv_flag(a, OPT_LEAVE_RUNNING) &&
	       !argv_flag(a, OPT_LEAVE_STOPPED);
}

/*
 * It keeps the namespace alive while criu ends the tree, and tells an init of
 * ours that its tree was dumped.
 */
static bool wants_holder(const struct dump *d)
{
	if (!strcmp(d->argv->action, "pre-dump"))
		return false;
	return d->target.is_root ||
	       (d->target.pidns >= 0 && dumper_ends_tree(d->argv));
}

/* The holder must be there before criu starts, and can't be before its PID. */
static int start_in_namespace(struct dump *d, int socket)
{
	int err;

	d->pid = ns_spawn(0, &d->pidfd);
	if (d->pid == 0) {
		close(d->socket);
		become_criu(d, socket);
	}
	if (d->pid < 0)
		return d->pid;
	err = wants_holder(d) ? ns_hold(d->pidfd, &d->holder) : 0;
	return err ? err : wire_send(d->socket, WIRE_RUNNING, PLACE_GO, 0, -1);
}

/*
 * The pid namespace is joined for these children only: what is forked later,
 * to ask criu for its version say, belongs here.
 */
static int start_joined(struct dump *d, int socket)
{
	const struct target *t = &d->target;
	int own, err;

	if (t->pidns < 0)
		return start_in_namespace(d, socket);
	own = ns_open_own("pid");
	if (own < 0)
		return own;
	err = ns_join(t->pidns, CLONE_NEWPID);
	if (!err) {
		err = start_in_namespace(d, socket);
		if (ns_join(own, CLONE_NEWPID) < 0 && !err)
			err = -errno;
	}
	close(own);
	return err;
}

int dumper_start(struct dump *d)
{
	int pair[2], err;

	err = wire_pair(pair);
	if (err)
		return message_fail("cannot make a socket pair: %s",
				    strerror(-err));
	d->socket = pair[0];
	d->signals = forward_open(&d->mask);
	if (d->signals < 0)
		return message_fail("cannot take over the signals: %s",
				    strerror(-d->signals));
	err = start_joined(d, pair[1]);
	close(pair[1]);
	if (!err)
		return 0;
	/* A child that waits for its start gives up when nobody is there. */
	close(d->socket);
	if (d->pid > 0)
		waitpid(d->pid, NULL, 0);
	return message_fail("cannot start criu in the pid namespace of process "
			    "%d: %s%s",
			    d->target.pid, strerror(-err), message_advice(err));
}

/* What a criu that was killed has forked must not outlive it. */
int dumper_reap(struct dump *d, int *status)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)d->pid, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	if (info.si_code != CLD_EXITED)
		kill(-d->pid, SIGKILL);
	return waitpid(d->pid, status, 0) < 0 ? -errno : 0;
}

int dumper_failure(const struct dump *d, const struct wire *failure)
{
	if (failure->kind == WIRE_STEP)
		return message_fail("%s (process %d): %s%s",
				    place_text(failure->what), d->target.pid,
				    strerror(-failure->value),
				    message_advice(failure->value));
	message("cannot run criu, '%s': %s", d->criu.path,
		strerror(-failure->value));
	return failure->value == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

static int end(struct dump *d, const struct wire *failure)
{
	int status, blame, err;

	err = dumper_reap(d, &status);
	capture_end(&d->log);
	if (err)
		return message_fail("cannot wait for criu: %s", strerror(-err));
	if (failure)
		return dumper_failure(d, failure);
	if (status == 0)
		return outcome_succeeded(d);
	blame = WIFEXITED(status) && !d->undone_by ? before_blame_criu(&d->criu)
						   : 0;
	return blame ? blame : outcome_failed(d, status);
}

/*
 * A criu that is killed while its code runs in the target leaves a target that
 * is as good as killed.  So no signal reaches criu, which has a process group
 * of its own; who wants to end the dump makes its next write to an image fail,
 * as with a full disk, and ends the scripts and helpers that it has forked:
 * criu then gives up in order and lets the tree go on.
 */
void dumper_give_up(struct dump *d, int sig)
{
	static const struct rlimit none;

	if (d->undone_by)
		return;
	d->undone_by = sig;
	if (prlimit(d->pid, RLIMIT_FSIZE, &none, NULL) < 0 && errno != ESRCH)
		message("cannot stop criu: %s", strerror(errno));
	ns_process_signal_descendants(d->pid, SIGTERM);
}

static void take_signal(struct dump *d)
{
	struct forward_signal s;

	if (forward_read(d->signals, &s) < 0)
		return;
	/* criu would wait for our answer, with the tree frozen. */
	if (s.number == SIGTSTP && d->hook.asked < 0)
		forward_send(-1, SIGTSTP);
	else if (forward_ends(s.number) && !forward_ignored(s.number))
		dumper_give_up(d, s.number);
}

/* Nothing of the tree has ended yet: the last moment to give up. */
static void answer(struct dump *d)
{
	struct pollfd signals = {.fd = d->signals, .events = POLLIN};
	int err;

	if (!d->undone_by)
		d->refused = commit_image(d);
	while (poll(&signals, 1, 0) > 0 && signals.revents)
		take_signal(d);
	d->agreed = !d->refused && !d->undone_by;
	if (d->agreed)
		outcome_hold_tree(d);
	err = hook_answer(&d->hook, d->agreed);
	if (err)
		message("cannot tell criu to go on: %s", strerror(-err));
}

int dumper_wait(struct dump *d)
{
	struct pollfd fds[5] = {
		{.fd = d->pidfd, .events = POLLIN},
		{.fd = d->signals, .events = POLLIN},
		{.fd = d->socket, .events = POLLIN},
		{.fd = d->hook.asked, .events = POLLIN},
		{.fd = d->log.timer, .events = POLLIN},
	};
	struct wire failure;
	bool failed = false;
	int fd;

	if (d->record)
		d->version = criu_version(&d->criu);
	while (!fds[0].revents) {
		if (poll(fds, 5, -1) < 0) {
			if (errno != EINTR)
				return message_fail("cannot poll: %s",
						    strerror(errno));
			continue;
		}
		if (fds[1].revents)
			take_signal(d);
		if (fds[2].revents) {
			failed = wire_receive(d->socket, &failure, &fd) == 1;
			fds[2].fd = -1;
			fds[2].revents = 0;
		}
		if (fds[3].revents)
			answer(d);
		if (fds[4].revents)
			capture_step(&d->log);
	}
	return end(d, failed ? &failure : NULL);
}
