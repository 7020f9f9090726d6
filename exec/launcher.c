/* SPDX-License-Identifier: MIT */
#include "exec/launcher.h"

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
#include "exec/failure.h"
#include "exec/forward.h"
#include "exec/job.h"
#include "exec/message.h"
#include "exec/wire.h"
#include "ns/memory.h"
#include "ns/ns.h"
#include "ns/process.h"

static const char *step_text(uint32_t step)
{
	static const char *const text[] = {
		[STEP_SESSION] = "cannot start a session",
		[STEP_MOUNTS] = "cannot cut the propagation of mounts (mount "
				"--make-rslave /)",
		[STEP_PROC] = "cannot mount a fresh /proc",
		[STEP_PID_MAX] =
			"cannot use the PIDs of the image here: "
			"/proc/sys/kernel/pid_max is too small for them",
		[STEP_LAST_PID] = "cannot write /proc/sys/kernel/ns_last_pid",
		[STEP_FORK] = "cannot start criu",
		[STEP_TERMINAL] = "cannot make a terminal for the shell job "
				  "(/dev/ptmx, /dev/pts)",
		[STEP_ROOT] = "criu reports success, but the root of the tree "
			      "is not there",
		[STEP_LOOPBACK] = "cannot switch on the loopback interface of "
				  "the new network namespace",
		[STEP_HOSTNAME] = "cannot set the host name (--hostname)",
		[STEP_MERGE] = "cannot let memory be merged (--merge-memory)",
		[STEP_KERNDAT] = "cannot take the cover of /run away again "
				 "(--no-kerndat-cache does without)",
	};

	return text[step];
}

int launcher_start(struct restore *r)
{
	int pair[2], err;

	err = wire_pair(pair);
	if (err)
		return message_fail("cannot make a socket pair: %s",
				    strerror(-err));
	r->socket = pair[0];
	if (r->stdio)
		pumps_open(&r->pumps, r->stdio);
	r->signals = forward_open(&r->plan.mask);
	if (r->signals < 0)
		return message_fail("cannot take over the signals: %s",
				    strerror(-r->signals));
	r->init_pid = ns_spawn(
		CLONE_NEWPID | CLONE_NEWNS | r->plan.unshare.flags, &r->init);
	if (r->init_pid == 0) {
		close(pair[0]);
		r->plan.socket = pair[1];
		init_run(&r->plan);
	}
	close(pair[1]);
	if (r->stdio)
		stdio_started(r->stdio);
	if (r->init_pid < 0)
		return message_fail(
			"cannot create a pid and a mount "
			"namespace%s: %s%s",
			r->plan.unshare.flags ? ", and those of --unshare" : "",
			strerror(-r->init_pid), message_advice(r->init_pid));
	return 0;
}

/* Everything in the namespace has ended when init has: pid_namespaces(7). */
static int wait_for_init(struct restore *r)
{
	int status;

	while (waitpid(r->init_pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	r->init_pid = -1;
	return status;
}

static int arm_checkpoints(struct restore *r)
{
	r->checkpoints->socket = r->socket;
	r->checkpoints->generation = r->plan.generation;
	return checkpoints_arm(r->checkpoints, r->argv,
			       r->root_pid > 0 ? r->root_pid : 0,
			       r->plan.shell_job, !r->plan.command);
}

/* It came too late to undo anything. */
static void pass_late(struct restore *r)
{
	struct checkpoints *c = r->checkpoints;
	enum checkpoint what =
		c ? checkpoints_means(c, r->undone_by) : CHECKPOINT_NONE;

	if (what)
		checkpoints_want(c, what, r->undone_by);
	else
		forward_send(r->root, r->undone_by);
}

static int tree_runs(struct restore *r, int root)
{
	int err;

	r->root = root;
	r->root_pid = ns_pidfd_number(root);
	capture_end(&r->log);
	reuse_finish(&r->reuse);
	if (r->carrier)
		carrier_up(r->carrier, r->root_pid);
	/* Who waits for this may restore the image again. */
	if (r->up)
		r->up(r);
	job_runs(r);
	if (r->claim)
		claim_name(r->claim, getpid(),
			   r->root_pid > 0 ? r->root_pid : 0);
	err = redump_arm(&r->redump);
	if (!err && r->checkpoints)
		err = arm_checkpoints(r);
	if (err)
		message("cannot prepare the dump: %s", strerror(-err));
	if (r->undone_by)
		pass_late(r);
	ns_memory_trim();
	if (!r->pidfile.path)
		return 0;
	err = r->root_pid > 0 ? pidfile_write(&r->pidfile, r->root_pid)
			      : r->root_pid;
	if (!err)
		return 0;
	/* A root that ended at once has no number any more, and needs none. */
	if (r->root_pid == -ESRCH) {
		pidfile_remove(&r->pidfile);
		return 0;
	}
	return message_fail("the tree runs, its root is PID %d, but pidfile "
			    "'%s' can't be written: %s",
			    r->root_pid, r->pidfile.path, strerror(-err));
}

/* Returns whether there was something to be said. */
static bool explain(struct restore *r)
{
	char what[PATH_MAX + 32];
	struct failure f = {.argv = r->argv,
			    .capture = &r->log,
			    .what = what,
			    .end = "nothing of it is left",
			    .pidfd = -1,
			    .told = r->told};
	size_t n;

	snprintf(what, sizeof(what), "restore from %s", r->images);
	f.images = open(r->images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = failure_explain(&f);
	if (f.images >= 0)
		close(f.images);
	return n > 0;
}

static int criu_failed(struct restore *r, int status)
{
	int blame;

	capture_end(&r->log);
	blame = WIFEXITED(status) ? before_blame_criu(&r->criu) : 0;
	if (blame)
		return blame;
	if (explain(r))
		return message_status(status);
	if (WIFSIGNALED(status))
		message("criu was killed by SIG%s before the restore was "
			"complete: nothing of it is left",
			message_signal(WTERMSIG(status)));
	else
		message("criu restore failed with status %d: nothing of it is "
			"left%s",
			WEXITSTATUS(status),
			argv_last(r->argv, OPT_LOG_FILE)
				? ""
				: " (-v4 -o restore.log makes a log that says "
				  "why)");
	return message_status(status);
}

static int ended(struct restore *r, const struct wire *w)
{
	if (!w->what)
		return message_status(w->value);
	job_finish(r);
	/* Our own dump has something else to say, if it succeeds. */
	if (r->checkpoints && checkpoints_ends_tree(r->checkpoints))
		return message_status(w->value);
	if (r->redump.pidfd < 0 && (!r->redump.done || r->redump.leave_running))
		message("the tree was checkpointed by criu-ns dump");
	return r->plan.shell_job ? 0 : message_status(w->value);
}

static int stdio_failed(const struct wire *w)
{
	return message_fail("cannot open what is descriptor %d inside of the "
			    "new mount namespace: %s (use --stdin, --stdout, "
			    "--stderr FILE)",
			    (int)w->what,
			    w->value == -ESTALE
				    ? "its path leads to another file"
				    : strerror(-w->value));
}

/* Sets r->status when it is known; the first word on it counts. */
static void receive(struct restore *r, const struct wire *w, int fd)
{
	int status = -1;

	switch ((enum wire_kind)w->kind) {
	case WIRE_STEP:
		status = message_fail("%s: %s%s", step_text(w->what),
				      strerror(-w->value),
				      message_advice(w->value));
		break;
	case WIRE_STDIO:
		status = stdio_failed(w);
		break;
	case WIRE_EXEC:
		message("cannot run %s'%s': %s",
			r->plan.command ? "" : "criu, ",
			r->plan.command ? *r->plan.command : r->criu.path,
			strerror(-w->value));
		status = w->value == -ENOENT ? STATUS_NOT_FOUND
					     : STATUS_CANNOT_RUN;
		break;
	case WIRE_CRIU:
		if (r->status < 0)
			status = criu_failed(r, w->value);
		break;
	case WIRE_RUNNING:
		status = tree_runs(r, fd);
		if (!r->detached)
			status = -1;
		break;
	case WIRE_CRIU_SOCKET:
		r->carrier->init = r->init_pid;
		status = carrier_start(r->carrier, fd);
		status = status ? message_fail("cannot send criu the request: "
					       "%s",
					       strerror(-status))
				: -1;
		break;
	case WIRE_TERMINAL:
		job_terminal(r, fd);
		break;
	case WIRE_STOPPED:
		job_stopped(r);
		break;
	case WIRE_ENDED:
		status = ended(r, w);
		break;
	}
	if (r->status < 0)
		r->status = status;
}

static const char *aim(const struct restore *r)
{
	return r->plan.command ? "command was started" : "restore was complete";
}

static int init_gone(struct restore *r)
{
	int status = wait_for_init(r);

	capture_end(&r->log);
	job_finish(r);
	if (r->status >= 0)
		return r->status;
	if (r->plan.exec_cmd && r->root >= 0)
		return message_status(status);
	if (r->root >= 0) {
		message("init of the tree (%s) was killed, and the kernel "
			"ended "
			"the tree with it",
			r->plan.images);
		return STATUS_SIGNAL + SIGKILL;
	}
	if (r->carrier && r->carrier->client_gone)
		return message_fail("the client is gone before the %s: nothing "
				    "of it is left",
				    aim(r));
	if (r->undone_by) {
		message("interrupted by SIG%s before the %s: "
			"nothing of it is left",
			message_signal(r->undone_by), aim(r));
		return STATUS_SIGNAL + r->undone_by;
	}
	return message_fail("init of the new namespaces was killed before the "
			    "%s: nothing of it is left",
			    aim(r));
}

static void dump_again(struct restore *r)
{
	int err;

	if (r->redump.pidfd >= 0)
		return;
	err = redump_start(&r->redump, r->root_pid, r->socket);
	if (!err)
		return;
	r->redump.done = true;
	r->redump.status =
		message_fail("cannot start the dump: %s", strerror(-err));
}

/*
 * Before the tree runs there is nobody to pass a signal to.  Who wants to end
 * it wants the restore undone: init sees our side of the socket shut.  If the
 * tree was up at this very moment, init has said so, and the signal goes there.
 */
static void pass_on(struct restore *r)
{
	struct forward_signal s;

	if (forward_read(r->signals, &s) < 0)
		return;
	if (s.number == SIGPIPE && s.sender == getpid())
		return; /* our own stdout is closed: no business of the job */
	if (r->root >= 0 && s.number == SIGUSR2 && r->redump.on_signal) {
		dump_again(r);
	} else if (r->root >= 0 && r->checkpoints &&
		   checkpoints_means(r->checkpoints, s.number)) {
		checkpoints_want(r->checkpoints,
				 checkpoints_means(r->checkpoints, s.number),
				 s.number);
	} else if (r->root >= 0) {
		if (r->plan.exec_cmd)
			forward_to_init(r->init, s.number);
		else if (!job_takes(r, s.number))
			forward_send(r->root, s.number);
	} else if (s.number == SIGTSTP) {
		forward_send(-1, s.number);
	} else if (forward_ends(s.number)) {
		if (!r->undone_by)
			r->undone_by = s.number;
		shutdown(r->socket, SHUT_WR);
	}
}

enum {
	SOCKET,
	SIGNALS,
	LOG,
	TIMER,
	REDUMP,
	RELAY,
	PUMP = RELAY + TTY_RELAY_FDS,
	CARRIER = PUMP + PUMP_FDS,
	CHECKPOINT = CARRIER + CARRIER_FDS,
	N_FDS = CHECKPOINT + CHECKPOINT_FDS,
};

/* A client that goes before it is complete does not want it any more. */
static void carry(struct restore *r, const struct pollfd *fds)
{
	bool there;

	if (!r->carrier)
		return;
	there = !r->carrier->client_gone;
	carrier_step(r->carrier, fds);
	if (there && r->carrier->client_gone && r->root < 0)
		shutdown(r->socket, SHUT_WR);
}

static int wait_for_event(struct restore *r, struct pollfd *fds)
{
	static const struct carrier none = {.client = -1, .criu = -1};
	const struct carrier *carrier = r->carrier ? r->carrier : &none;

	fds[SOCKET] = (struct pollfd){.fd = r->socket, .events = POLLIN};
	if (r->socket < 0)
		fds[SOCKET].fd = r->init;
	fds[SIGNALS] = (struct pollfd){.fd = r->signals, .events = POLLIN};
	fds[TIMER] = (struct pollfd){.fd = r->redump.timer, .events = POLLIN};
	fds[REDUMP] = (struct pollfd){.fd = r->redump.pidfd, .events = POLLIN};
	fds[LOG] = (struct pollfd){.fd = r->log.timer, .events = POLLIN};
	tty_relay_want(&r->relay, fds + RELAY);
	pumps_want(&r->pumps, fds + PUMP);
	carrier_want(carrier, fds + CARRIER);
	if (r->checkpoints)
		checkpoints_poll(r->checkpoints, fds + CHECKPOINT);
	while (poll(fds, r->checkpoints ? N_FDS : CHECKPOINT, -1) < 0)
		if (errno != EINTR)
			return message_fail("cannot poll: %s", strerror(errno));
	tty_relay_step(&r->relay, fds + RELAY);
	pumps_step(&r->pumps, fds + PUMP);
	carry(r, fds + CARRIER);
	if (fds[SIGNALS].revents)
		pass_on(r);
	if (fds[TIMER].revents)
		dump_again(r);
	if (fds[REDUMP].revents)
		redump_ended(&r->redump);
	if (fds[LOG].revents)
		capture_step(&r->log);
	if (r->checkpoints)
		checkpoints_step(r->checkpoints, fds + CHECKPOINT, r->root);
	return 0;
}

static int listen_to_init(struct restore *r)
{
	struct pollfd fds[N_FDS];
	struct wire w;
	int fd, n;

	while (r->status < 0 || r->root < 0) {
		n = wait_for_event(r, fds);
		if (n)
			return n;
		if (!fds[SOCKET].revents)
			continue;
		n = r->socket < 0 ? 0 : wire_receive(r->socket, &w, &fd);
		if (n > 0) {
			receive(r, &w, fd);
		} else if (n < 0) {
			r->status = message_fail("cannot hear from init: %s",
						 strerror(-n));
			shutdown(r->socket, SHUT_WR);
		} else if (r->socket < 0 || !r->plan.exec_cmd || r->root < 0) {
			return init_gone(r);
		} else {
			/* init has become the command: it has no socket. */
			close(r->socket);
			r->socket = -1;
		}
	}
	return r->status;
}

/*
 * Nobody waits for the tree, but for its dump.  Returns the signal that shall
 * end that, or 0.
 */
static int wait_for_redump(struct restore *r)
{
	struct forward_signal s;
	struct redump *redump = &r->redump;

	while (!redump->done) {
		struct pollfd fds[] = {
			{.fd = redump->timer, .events = POLLIN},
			{.fd = redump->pidfd, .events = POLLIN},
			{.fd = r->signals, .events = POLLIN},
			{.fd = redump->pidfd < 0 ? r->root : -1,
			 .events = POLLIN},
		};

		if (poll(fds, 4, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			dump_again(r);
		if (fds[1].revents)
			redump_ended(redump);
		if (fds[2].revents && forward_read(r->signals, &s) == 0 &&
		    forward_ends(s.number)) {
			if (redump->pidfd < 0)
				return s.number;
			ns_pidfd_signal(redump->pidfd, s.number);
		}
		if (fds[3].revents)
			break;
	}
	return 0;
}

/* The tree has ended, or nobody waits for that: what about the dump? */
static int finish_redump(struct restore *r, int status)
{
	struct redump *redump = &r->redump;
	int sig = 0;

	if (!redump_wanted(redump) || r->root < 0)
		return status;
	if (r->detached)
		sig = wait_for_redump(r);
	if (sig) {
		message("interrupted by SIG%s: the tree was not dumped again, "
			"and runs on",
			message_signal(sig));
		return STATUS_SIGNAL + sig;
	}
	if (redump->pidfd >= 0)
		redump_ended(redump);
	if (!redump->done && !redump->on_signal)
		return message_fail("the tree ended before it could be dumped "
				    "again");
	if (redump->done && redump->status)
		return redump->status;
	/* It was the dump that has ended the tree. */
	return redump->done && !redump->leave_running ? 0 : status;
}

/* Init lets go of the claim, and then of its socket. */
static void wait_for_claim(struct restore *r)
{
	struct wire w;
	int fd, n;

	while (r->claim && !r->detached && r->root >= 0 && r->socket >= 0) {
		n = wire_receive(r->socket, &w, &fd);
		if (n <= 0)
			return;
		if (fd >= 0)
			close(fd);
	}
}

/* What the program has written last is still in our pipes. */
static void finish_pumps(struct restore *r)
{
	struct pollfd fds[1 + PUMP_FDS];
	struct forward_signal s;

	while (!pumps_empty(&r->pumps)) {
		fds[0] = (struct pollfd){.fd = r->signals, .events = POLLIN};
		pumps_want(&r->pumps, fds + 1);
		if (poll(fds, 1 + PUMP_FDS, -1) < 0 && errno != EINTR)
			break;
		pumps_step(&r->pumps, fds + 1);
		if (fds[0].revents && forward_read(r->signals, &s) == 0 &&
		    forward_ends(s.number))
			break;
	}
	pumps_close(&r->pumps);
}

static void close_if(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A message that nobody reads must not become the exit status. */
static void forget_sigpipe(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;

	/* That drops a pending one. */
	if (sigaction(SIGPIPE, &ignore, &before) == 0)
		sigaction(SIGPIPE, &before, NULL);
}

void launcher_release(struct restore *r)
{
	if (r->signals >= 0)
		forget_sigpipe();
	if (r->signals >= 0)
		sigprocmask(SIG_SETMASK, &r->plan.mask, NULL);
	close_if(&r->signals);
	close_if(&r->socket);
	close_if(&r->init);
	close_if(&r->plan.self);
	pumps_close(&r->pumps);
	reuse_finish(&r->reuse);
	pidfile_drop(&r->pidfile);
	world_close(&r->world);
	capture_close(&r->log);
	image_free(&r->tree);
	argv_build_free(r->plan.argv);
	criu_close(&r->criu);
	redump_free(&r->redump);
	free(r->images);
	r->plan.argv = NULL;
}

int launcher_wait(struct restore *r)
{
	int status = listen_to_init(r);

	job_finish(r);
	finish_pumps(r);
	wait_for_claim(r);
	status = finish_redump(r, status);
	if (r->checkpoints && r->root >= 0)
		status = checkpoints_finish(r->checkpoints, r->signals, r->root,
					    status);
	return status;
}
