/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/forward.h"
#include "exec/message.h"
#include "exec/target.h"
#include "exec/wire.h"
#include "exec/world.h"
#include "mount/proc.h"
#include "ns/life.h"
#include "ns/ns.h"

/* Room for the target's number in criu's arguments, once it is known. */
#define TREE "--tree="
#define TREE_ROOM "0000000000"

struct dump {
	struct argv *argv; /* not ours */
	struct criu criu;
	struct target target;
	struct world world;
	char **criu_argv;
	sigset_t mask;
	int signals;
	int socket; /* to the child that becomes criu */
	int pidfd;  /* of that child */
	pid_t pid;
};

/* Where the child that becomes criu can fail. */
enum stage {
	STAGE_GO,
	STAGE_MOUNT_NS,
	STAGE_MOUNTS,
	STAGE_PROC,
	STAGE_TARGET,
	STAGE_SHARE,
};

static const char *stage_text(uint32_t stage)
{
	static const char *const text[] = {
		[STAGE_GO] = "cannot start criu",
		[STAGE_MOUNT_NS] = "cannot enter a mount namespace",
		[STAGE_MOUNTS] = "cannot cut the propagation of mounts",
		[STAGE_PROC] = "cannot mount a fresh /proc",
		[STAGE_TARGET] = "cannot find the target in its pid namespace",
		[STAGE_SHARE] = "cannot pass the image directory on",
	};

	return text[stage];
}

static int read_tree(const struct argv *a, pid_t *ret)
{
	const char *text = argv_last(a, OPT_TREE);
	char *end;
	long pid;

	if (!text)
		return message_fail("%s needs a process (-t PID)", a->action);
	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || end == text || pid <= 0 || pid > INT_MAX)
		return message_fail("'%s' is no PID (-t PID)", text);
	*ret = (pid_t)pid;
	return 0;
}

static int read_mounts(const struct argv *a, bool *ret_leave)
{
	const char *text = argv_last(a, OPT_MOUNTS);

	if (text && strcmp(text, "leave") != 0)
		return message_fail("'%s' is no value of --mounts (it takes "
				    "'leave')",
				    text);
	*ret_leave = text != NULL;
	return 0;
}

static int check_usage(const struct argv *a)
{
	if (a->n_operands)
		return message_fail("'%s' is one word too many for %s",
				    a->operand[0], a->action);
	if (argv_flag(a, OPT_EXEC_CMD))
		return message_fail("--exec-cmd is for restore only");
	return 0;
}

static bool names_mounts(const struct argv *a)
{
	size_t i;

	for (i = 0; i < a->n_options; i++)
		if (a->option[i].row->id == OPT_EXTERNAL &&
		    !strncmp(a->option[i].value, "mnt", 3))
			return true;
	return false;
}

static void name_mounts(const struct target *t)
{
	char list[2048] = "";
	size_t i, len = 0;

	for (i = 0; i < t->added.n && len < sizeof(list) - 1; i++) {
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					i ? ", " : "", t->added.target[i]);
	}
	message("process %d has mounts of its own, %s: they are saved with it, "
		"and restore needs --root DIR --external 'mnt[]:sm', DIR being "
		"a recursive bind of / (--mounts=leave leaves them out)",
		t->pid, list);
}

/*
 * criu will dump the target's mount namespace.  What both have is named
 * external, so that only what the target alone has goes into the image.
 */
static int save_mounts(struct dump *d)
{
	const struct target *t = &d->target;

	if (t->way == TARGET_INSIDE || !(t->other_mounts || t->pidns >= 0))
		return 0;
	if (t->added.n)
		name_mounts(t);
	if (!t->same_root || names_mounts(d->argv))
		return 0;
	if (!t->added.n)
		message("process %d is dumped with its mount namespace: "
			"restore needs --root DIR --external 'mnt[]:sm', DIR "
			"being a recursive bind of /",
			t->pid);
	return argv_append(d->argv, "external", false, "mnt[]:sm");
}

static int make_argv(struct dump *d)
{
	struct argv *a = d->argv;
	char why[ARGV_WHY];
	int err;

	err = save_mounts(d);
	if (!err && d->target.way != TARGET_HERE) {
		err = world_keep_dirs(&d->world, a, why);
		if (err)
			return message_fail("%s", why);
	}
	argv_drop(a, OPT_TREE);
	if (!err)
		err = argv_append(a, "tree", false, TREE_ROOM);
	if (!err) {
		d->criu_argv = argv_build(a, d->criu.path);
		err = d->criu_argv ? 0 : -ENOMEM;
	}
	return err ? message_fail("cannot build criu's command line: %s",
				  strerror(-err))
		   : 0;
}

static _Noreturn void stop(int socket, enum stage stage, int err)
{
	wire_send(socket, WIRE_STEP, stage, err, -1);
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
	int err = 0;

	if (t->way == TARGET_INSIDE) {
		err = t->mntns >= 0 ? ns_join(t->mntns, CLONE_NEWNS) : 0;
		if (err)
			stop(socket, STAGE_MOUNT_NS, err);
	} else if (t->pidns >= 0) {
		if (unshare(CLONE_NEWNS) < 0)
			stop(socket, STAGE_MOUNT_NS, -errno);
		err = mount_detach();
		if (err)
			stop(socket, STAGE_MOUNTS, err);
		err = mount_proc();
		if (err)
			stop(socket, STAGE_PROC, err);
	}
	if (mount_proc_is_own() != 1)
		stop(socket, STAGE_PROC, -EXDEV);
}

/* By the pidfd: it is the process that was named, whatever number it has. */
static void name_target(struct dump *d, int socket)
{
	pid_t pid = ns_pidfd_number(d->target.pidfd);
	char **arg = d->criu_argv;

	if (pid < 0)
		stop(socket, STAGE_TARGET, pid);
	while (strncmp(*arg, TREE, strlen(TREE)) != 0)
		arg++;
	snprintf(*arg, sizeof(TREE TREE_ROOM), TREE "%d", pid);
}

static _Noreturn void become_criu(struct dump *d, int socket)
{
	struct wire go;
	int fd, err;

	/* The holder must be in place before criu kills the tree. */
	if (wire_receive(socket, &go, &fd) != 1)
		_exit(1);
	take_place(d, socket);
	name_target(d, socket);
	err = world_share(&d->world);
	if (err)
		stop(socket, STAGE_SHARE, err);
	sigprocmask(SIG_SETMASK, &d->mask, NULL);
	wire_send(socket, WIRE_EXEC, 0, criu_exec(&d->criu, d->criu_argv), -1);
	_exit(1);
}

static bool ends_tree(const struct argv *a)
{
	return !strcmp(a->action, "dump") && !argv_flag(a, OPT_LEAVE_RUNNING) &&
	       !argv_flag(a, OPT_LEAVE_STOPPED);
}

/* Joins the pid namespace for the children that come, holds it, starts criu. */
static int start(struct dump *d)
{
	struct target *t = &d->target;
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
	err = t->pidns >= 0 ? ns_join(t->pidns, CLONE_NEWPID) : 0;
	if (err)
		return message_fail("cannot join the pid namespace of process "
				    "%d: %s%s",
				    t->pid, strerror(-err),
				    message_advice(err));
	d->pid = ns_spawn(0, &d->pidfd);
	if (d->pid == 0) {
		close(pair[0]);
		become_criu(d, pair[1]);
	}
	close(pair[1]);
	err = d->pid < 0 ? d->pid : 0;
	if (!err && t->pidns >= 0 && ends_tree(d->argv))
		err = ns_hold(d->pidfd);
	if (!err)
		err = wire_send(d->socket, WIRE_RUNNING, STAGE_GO, 0, -1);
	return err ? message_fail("%s: %s%s", stage_text(STAGE_GO),
				  strerror(-err), message_advice(err))
		   : 0;
}

static int end(struct dump *d, const struct wire *failure)
{
	int status, blame;

	while (waitpid(d->pid, &status, 0) < 0)
		if (errno != EINTR)
			return message_fail("cannot wait for criu: %s",
					    strerror(errno));
	if (failure && failure->kind == WIRE_STEP)
		return message_fail("%s (process %d): %s%s",
				    stage_text(failure->what), d->target.pid,
				    strerror(-failure->value),
				    message_advice(failure->value));
	if (failure) {
		message("cannot run criu, '%s': %s", d->criu.path,
			strerror(-failure->value));
		return failure->value == -ENOENT ? STATUS_NOT_FOUND
						 : STATUS_CANNOT_RUN;
	}
	if (status == 0)
		return 0;
	blame = before_blame_criu(&d->criu);
	if (blame)
		return blame;
	if (WIFSIGNALED(status))
		message("criu was killed by SIG%s before the %s was complete",
			sigabbrev_np(WTERMSIG(status)), d->argv->action);
	else
		message("criu %s of process %d failed with status %d%s",
			d->argv->action, d->target.pid, WEXITSTATUS(status),
			argv_last(d->argv, OPT_LOG_FILE)
				? ""
				: " (-v4 -o dump.log makes a log that says "
				  "why)");
	return message_status(status);
}

/* criu shares our process group: what a terminal sends, it gets by itself. */
static void pass_on(struct dump *d)
{
	struct forward_signal s;

	if (forward_read(d->signals, &s) < 0)
		return;
	if (s.number == SIGTSTP)
		forward_send(-1, SIGTSTP);
	else if (!s.from_terminal)
		forward_send(d->pidfd, s.number);
}

static int wait_for_criu(struct dump *d)
{
	struct pollfd fds[3] = {
		{.fd = d->pidfd, .events = POLLIN},
		{.fd = d->signals, .events = POLLIN},
		{.fd = d->socket, .events = POLLIN},
	};
	struct wire failure;
	bool failed = false;
	int fd;

	while (!fds[0].revents) {
		if (poll(fds, 3, -1) < 0) {
			if (errno != EINTR)
				return message_fail("cannot poll: %s",
						    strerror(errno));
			continue;
		}
		if (fds[1].revents)
			pass_on(d);
		if (fds[2].revents) {
			failed = wire_receive(d->socket, &failure, &fd) == 1;
			fds[2].fd = -1;
			fds[2].revents = 0;
		}
	}
	return end(d, failed ? &failure : NULL);
}

static void release(struct dump *d)
{
	target_close(&d->target);
	world_close(&d->world);
	argv_build_free(d->criu_argv);
	criu_close(&d->criu);
}

int command_dump(struct argv *a)
{
	struct dump d = {.argv = a,
			 .criu.fd = -1,
			 .target = {.pidfd = -1, .pidns = -1, .mntns = -1}};
	bool leave_mounts = false;
	pid_t pid = 0;
	int status;

	status = check_usage(a);
	if (!status)
		status = read_tree(a, &pid);
	if (!status)
		status = read_mounts(a, &leave_mounts);
	if (!status)
		status = before_privileges();
	if (!status)
		status = before_criu(&d.criu, a);
	if (!status)
		status = target_open(pid, leave_mounts, &d.target);
	if (!status)
		status = make_argv(&d);
	if (!status)
		status = start(&d);
	if (!status)
		status = wait_for_criu(&d);
	release(&d);
	return status;
}
