/* SPDX-License-Identifier: MIT */
#include "exec/checkpoints.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/command.h"
#include "exec/duration.h"
#include "exec/forward.h"
#include "exec/killing.h"
#include "exec/message.h"
#include "exec/record.h"
#include "exec/redump.h"
#include "exec/series.h"
#include "image/image.h"
#include "ns/ns.h"
#include "ns/process.h"

/* What a hook gets to end by itself, in seconds. */
#define NOTICE_GRACE 3

/* --- Options ---------------------------------------------------------------
 */

static int read_signals(const struct argv *a, enum option_id id,
			const char *option, int usual, sigset_t *ret)
{
	const char *text = argv_last(a, id);
	char word[32];
	size_t len;
	int sig;

	sigemptyset(ret);
	if (!text) {
		sigaddset(ret, usual);
		return 0;
	}
	if (!strcmp(text, "none"))
		return 0;
	for (; *text; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		sig = len < sizeof(word) ? killing_number(word) : -EINVAL;
		if (sig < 0 || sig == SIGKILL || sig == SIGSTOP ||
		    sig == SIGCHLD)
			return message_fail("'%.*s' is no signal that can be "
					    "taken (%s SIGNAL, or none)",
					    (int)len, text, option);
		sigaddset(ret, sig);
	}
	return 0;
}

static int read_time(const struct argv *a, enum option_id id,
		     const char *option, double *ret)
{
	const char *text = argv_last(a, id);

	*ret = -1;
	if (!text)
		return 0;
	*ret = duration_read(text);
	if (*ret > 0)
		return 0;
	return message_fail("'%s' is no time (%s 90, 10m, 3h50m)", text,
			    option);
}

static int check_usage(const struct argv *a, const struct checkpoints *c)
{
	static const struct {
		enum option_id id;
		const char *name;
	} needs[] = {
		{OPT_EVERY, "--every"},
		{OPT_MAX_TIME, "--max-time"},
		{OPT_KEEP, "--keep"},
		{OPT_CHECKPOINT_ON, "--checkpoint-on"},
		{OPT_END_ON, "--end-on"},
		{OPT_ON_CHECKPOINT, "--on-checkpoint"},
	};
	size_t i;
	int sig;

	for (i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		if (!argv_last(a, needs[i].id))
			continue;
		if (!c->pattern)
			return message_fail("%s needs a place for the images "
					    "(-D DIR)",
					    needs[i].name);
		if (argv_flag(a, OPT_DETACH))
			return message_fail("%s needs a criu-ns that stays "
					    "(leave out -d)",
					    needs[i].name);
	}
	if (c->must_succeed && !c->on_checkpoint && !c->on_restore)
		return message_fail("--hook-must-succeed needs --on-checkpoint "
				    "or --on-restore");
	for (sig = 1; sig < NSIG; sig++)
		if (sigismember(&c->go_on, sig) == 1 &&
		    sigismember(&c->end, sig) == 1)
			return message_fail("SIG%s can't mean both, "
					    "--checkpoint-on and --end-on",
					    message_signal(sig));
	return 0;
}

int checkpoints_prepare(struct checkpoints *c, const struct argv *a)
{
	int status;

	*c = (struct checkpoints){
		.pattern = argv_last(a, OPT_IMAGES_DIR),
		.on_checkpoint = argv_last(a, OPT_ON_CHECKPOINT),
		.on_restore = argv_last(a, OPT_ON_RESTORE),
		.must_succeed = argv_flag(a, OPT_HOOK_MUST_SUCCEED),
		.every_timer = -1,
		.limit_timer = -1,
		.grace_timer = -1,
		.socket = -1,
		.pidfd = -1,
	};
	status = read_signals(a, OPT_CHECKPOINT_ON, "--checkpoint-on", SIGUSR1,
			      &c->go_on);
	if (!status)
		status = read_signals(a, OPT_END_ON, "--end-on", SIGTERM,
				      &c->end);
	if (!status)
		status = read_time(a, OPT_EVERY, "--every", &c->every);
	if (!status)
		status = read_time(a, OPT_MAX_TIME, "--max-time", &c->limit);
	if (!status)
		status = check_usage(a, c);
	if (status || c->limit < 0)
		return status;
	c->limit_timer = duration_timer(c->limit);
	return c->limit_timer < 0 ? message_fail("cannot set a timer: %s",
						 strerror(-c->limit_timer))
				  : 0;
}

static void fail(struct checkpoints *c, bool counts)
{
	c->failed += counts;
	c->last_failed = counts;
}

/* --- Notices ---------------------------------------------------------------
 */

static void notify(struct checkpoints *c, const char *option,
		   const char *command)
{
	pid_t pid;

	if (!command)
		return;
	c->notice = (struct notice){
		.option = option,
		.command = command,
		.root = c->root,
		.dir = c->dir,
		.generation = c->generation,
	};
	pid = notice_start(&c->notice, &c->pidfd);
	if (pid < 0) {
		c->pidfd = -1;
		fail(c, c->must_succeed);
		message("cannot start %s: %s", option, strerror(-pid));
		return;
	}
	c->pid = pid;
	c->notifying = true;
}

/* The series' newest, or the directory itself, by an absolute path. */
static void find_dir(struct checkpoints *c)
{
	char path[PATH_MAX];
	const char *dir = c->pattern;

	if (series_is(c->pattern) && series_newest(c->pattern, path) == 0)
		dir = path;
	if (!realpath(dir, c->dir))
		snprintf(c->dir, sizeof(c->dir), "%s", dir);
}

/* --- Dumps -----------------------------------------------------------------
 */

static int make_argv(struct argv *dump, const struct argv *a,
		     const char *pattern, bool shell_job, pid_t root)
{
	const char *keep = argv_last(a, OPT_KEEP);
	char number[16];
	int err;

	err = redump_argv(dump, a, pattern);
	if (!err && argv_flag(a, OPT_AUTO_EXTERNAL))
		err = argv_append(dump, "auto-external", false, NULL);
	if (!err && keep)
		err = argv_append(dump, "keep", false, keep);
	if (!err && shell_job)
		err = argv_append(dump, "shell-job", false, NULL);
	snprintf(number, sizeof(number), "%d", root);
	return err ? err : argv_append(dump, "tree", false, number);
}

static _Noreturn void dump(struct checkpoints *c)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sigset_t none;
	int sig;

	close(c->socket);
	sigemptyset(&none);
	/* Where every process of a job gets them, criu must not end by one. */
	for (sig = 1; sig < NSIG; sig++)
		if (checkpoints_means(c, sig))
			signal(sig, SIG_IGN);
	/* Who does not read what we say must not end the dump. */
	sigaddset(&none, SIGPIPE);
	/* stdout is the program's, and a signal to the job is for it, too. */
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || setpgid(0, 0) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(message_fail("cannot start a dump: %s", strerror(errno)));
	_exit(command_dump(&c->argv));
}

static void start(struct checkpoints *c)
{
	int err = 0;

	c->current = c->wanted;
	c->wanted = CHECKPOINT_NONE;
	argv_drop(&c->argv, OPT_LEAVE_RUNNING);
	if (c->current == CHECKPOINT_GO_ON)
		err = argv_append(&c->argv, "leave-running", false, NULL);
	if (!err)
		c->pid = ns_spawn(0, &c->pidfd);
	if (!err && c->pid == 0)
		dump(c);
	if (!err && c->pid < 0)
		err = c->pid;
	if (!err)
		return;
	c->pidfd = -1;
	c->current = CHECKPOINT_NONE;
	fail(c, true);
	message("cannot start a dump: %s", strerror(-err));
}

static void dumped(struct checkpoints *c, int status, int root)
{
	bool end = c->current == CHECKPOINT_END;

	c->current = CHECKPOINT_NONE;
	if (status) {
		/* Without a program there is nothing to be saved. */
		if (ns_pidfd_ended(root))
			return;
		fail(c, true);
		message("the checkpoint failed: the program runs on, and the "
			"image before is as it was");
		return;
	}
	c->ended |= end;
	c->last_failed = false;
	find_dir(c);
	if (!c->quiet)
		message("the program was checkpointed into '%s'%s", c->dir,
			end ? "" : ", and runs on");
	notify(c, "--on-checkpoint", c->on_checkpoint);
}

static void end_grace(struct checkpoints *c)
{
	if (c->grace_timer >= 0)
		close(c->grace_timer);
	c->grace_timer = -1;
}

/* Who wants the end has not the time to wait for a hook, which may hang. */
static void hurry_notice(struct checkpoints *c)
{
	if (!c->notifying || c->wanted != CHECKPOINT_END || c->grace_timer >= 0)
		return;
	kill(-c->pid, SIGTERM);
	c->grace_timer = duration_timer(NOTICE_GRACE);
	if (c->grace_timer < 0)
		kill(-c->pid, SIGKILL);
}

static void child_ended(struct checkpoints *c, int root)
{
	int status = STATUS_OURS << 8;

	close(c->pidfd);
	c->pidfd = -1;
	end_grace(c);
	if (c->notifying) {
		c->notifying = false;
		if (!notice_ended(&c->notice, c->pid))
			fail(c, c->must_succeed);
		return;
	}
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	dumped(c, message_status(status), root);
}

static void go_on(struct checkpoints *c, int root)
{
	if (c->pidfd >= 0 || c->wanted == CHECKPOINT_NONE || c->ended ||
	    !c->argv.action || ns_pidfd_ended(root))
		return;
	start(c);
}

/* --- While the tree runs ---------------------------------------------------
 */

int checkpoints_arm(struct checkpoints *c, const struct argv *a, pid_t root,
		    bool shell_job, bool restored)
{
	int err;

	c->root = root;
	if (!c->pattern)
		return 0;
	err = make_argv(&c->argv, a, c->pattern, shell_job, root);
	if (err)
		return err;
	if (c->every > 0) {
		c->every_timer = duration_timer(c->every);
		if (c->every_timer < 0)
			return c->every_timer;
	}
	find_dir(c);
	if (restored)
		notify(c, "--on-restore", c->on_restore);
	return 0;
}

enum checkpoint checkpoints_means(const struct checkpoints *c, int sig)
{
	if (!c->pattern)
		return CHECKPOINT_NONE;
	return sigismember(&c->end, sig) == 1	  ? CHECKPOINT_END
	       : sigismember(&c->go_on, sig) == 1 ? CHECKPOINT_GO_ON
						  : CHECKPOINT_NONE;
}

void checkpoints_want(struct checkpoints *c, enum checkpoint what, int sig)
{
	if (what == CHECKPOINT_END)
		c->signal = sig;
	/* One that is under way saves the same program. */
	if (what > c->current && what > c->wanted)
		c->wanted = what;
}

enum { EVERY, LIMIT, CHILD, GRACE };

void checkpoints_poll(const struct checkpoints *c, struct pollfd *fds)
{
	fds[EVERY] = (struct pollfd){.fd = c->every_timer, .events = POLLIN};
	/* Before the tree runs, it has to wait. */
	fds[LIMIT] = (struct pollfd){.fd = c->root ? c->limit_timer : -1,
				     .events = POLLIN};
	fds[CHILD] = (struct pollfd){.fd = c->pidfd, .events = POLLIN};
	fds[GRACE] = (struct pollfd){.fd = c->grace_timer, .events = POLLIN};
}

void checkpoints_step(struct checkpoints *c, const struct pollfd *fds, int root)
{
	if (fds[CHILD].revents && c->pidfd >= 0)
		child_ended(c, root);
	if (fds[EVERY].revents) {
		close(c->every_timer);
		c->every_timer = duration_timer(c->every);
		checkpoints_want(c, CHECKPOINT_GO_ON, 0);
	}
	if (fds[LIMIT].revents) {
		close(c->limit_timer);
		c->limit_timer = -1;
		checkpoints_want(c, CHECKPOINT_END, 0);
	}
	if (fds[GRACE].revents && c->grace_timer >= 0) {
		end_grace(c);
		kill(-c->pid, SIGKILL);
	}
	hurry_notice(c);
	if (c->root)
		go_on(c, root);
}

bool checkpoints_ends_tree(const struct checkpoints *c)
{
	return c->ended || c->current == CHECKPOINT_END;
}

/* --- The end ---------------------------------------------------------------
 */

static void wait_for_child(struct checkpoints *c, int signals, int root)
{
	struct forward_signal s;

	while (c->pidfd >= 0) {
		struct pollfd fds[] = {
			{.fd = c->pidfd, .events = POLLIN},
			{.fd = signals, .events = POLLIN},
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		/* A dump is nearly over; a notice may be stuck. */
		if (fds[1].revents && forward_read(signals, &s) == 0 &&
		    forward_ends(s.number) && c->notifying)
			kill(-c->pid, s.number);
		if (fds[0].revents)
			child_ended(c, root);
	}
}

/*
 * Who signals a whole job, as batch systems do, hits the program, too: it has
 * ended before it could be saved.
 */
static bool ended_by_its_signal(const struct checkpoints *c, int status)
{
	struct checkpoints now = *c;
	char path[PATH_MAX];
	int dir;
	bool complete;

	if (!c->signal || status != STATUS_SIGNAL + c->signal)
		return false;
	if (series_is(now.pattern) && series_newest(now.pattern, path) < 0)
		return false;
	find_dir(&now);
	dir = open(now.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	complete = dir >= 0 && image_complete(dir);
	if (dir >= 0)
		close(dir);
	if (!complete)
		return false;
	message("SIG%s was sent to the program as well and has ended it before "
		"it could be checkpointed: the image in '%s' is from before "
		"(send it to criu-ns alone)",
		message_signal(c->signal), now.dir);
	return true;
}

int checkpoints_finish(struct checkpoints *c, int signals, int root, int status)
{
	wait_for_child(c, signals, root);
	if (c->ended ? c->last_failed : c->failed && !status) {
		message("%u checkpoint%s or hook%s failed: exit status %d",
			c->failed, c->failed == 1 ? "" : "s",
			c->failed == 1 ? "" : "s", STATUS_OURS);
		return STATUS_OURS;
	}
	if (c->ended || ended_by_its_signal(c, status))
		return STATUS_CHECKPOINTED;
	return status;
}

void checkpoints_free(struct checkpoints *c)
{
	argv_free(&c->argv);
	if (c->every_timer >= 0)
		close(c->every_timer);
	if (c->limit_timer >= 0)
		close(c->limit_timer);
	end_grace(c);
	if (c->pidfd >= 0)
		close(c->pidfd);
	*c = (struct checkpoints){.every_timer = -1,
				  .limit_timer = -1,
				  .grace_timer = -1,
				  .pidfd = -1};
}
