/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/launcher.h"
#include "exec/merge.h"
#include "exec/message.h"
#include "exec/series.h"
#include "ns/ns.h"

/* How many numbers criu and its helpers may take before the tree is there. */
#define CRIU_PIDS 1024

static char **criu_argv(struct restore *r, char *why)
{
	/* What follows the action is --exec-cmd's command: init runs it. */
	char *nothing[] = {NULL};
	struct argv *a = r->argv, criu;
	int err;

	argv_drop(a, OPT_DETACH);
	argv_drop(a, OPT_PIDFILE);
	argv_drop(a, OPT_EXEC_CMD);
	err = argv_append(a, "restore-detached", false, NULL);
	if (!err && r->tree.pdeath_sig && !r->plan.nested)
		/* The root must not see its parent die: be init's child. */
		err = argv_append(a, "restore-sibling", false, NULL);
	if (err) {
		snprintf(why, ARGV_WHY, "%s", strerror(-err));
		return NULL;
	}
	/* It has said why. */
	*why = '\0';
	if (capture_open(&r->log, a, PHASE_RESTORE))
		return NULL;
	if (world_keep_proc(&r->world, a, why) < 0)
		return NULL;
	criu = *a;
	criu.operand = nothing;
	criu.n_operands = 0;
	snprintf(why, ARGV_WHY, "%s", strerror(ENOMEM));
	return argv_build(&criu, r->criu.path);
}

static int prepare_pidfile(struct restore *r)
{
	const char *path = argv_last(r->argv, OPT_PIDFILE);
	const char *base = argv_last(r->argv, OPT_WORK_DIR);
	int err;

	if (!base)
		base = argv_last(r->argv, OPT_IMAGES_DIR);
	err = pidfile_prepare(&r->pidfile, path, base);
	if (!err)
		return 0;
	return message_fail("cannot write pidfile '%s'%s%s%s: %s%s", path,
			    base ? " in '" : "", base ? base : "",
			    base ? "'" : "", strerror(-err),
			    err == -EEXIST ? " and is no regular file" : "");
}

static int check_work_dir(const struct argv *a)
{
	const char *path = argv_last(a, OPT_WORK_DIR);
	int fd, status;

	if (!path)
		return 0;
	status = before_directory(path, "work", &fd);
	if (!status)
		close(fd);
	return status;
}

static int check_usage(const struct argv *a)
{
	bool command = argv_flag(a, OPT_EXEC_CMD);

	if (argv_flag(a, OPT_SIBLING))
		return message_fail("--restore-sibling can't be had here: the "
				    "tree would have to be a child of the "
				    "caller, which lives in another pid "
				    "namespace (leave it out)");
	if (command && a->n_operands == 0)
		return message_fail("--exec-cmd needs a command (restore "
				    "--exec-cmd -- COMMAND)");
	if (command && argv_flag(a, OPT_DETACH))
		return message_fail("--exec-cmd and --restore-detached can't "
				    "be used together");
	if (command && argv_flag(a, OPT_SHELL_JOB))
		return message_fail("--exec-cmd and --shell-job can't be used "
				    "together here: the parent of a shell job "
				    "is the leader of its session");
	if (!command && a->n_operands)
		return message_fail("'%s' is one word too many for restore",
				    a->operand[0]);
	return 0;
}

static int read_settings(struct restore *r)
{
	struct argv *a = r->argv;
	const char *images = argv_last(a, OPT_IMAGES_DIR);
	int status;

	status = before_record(images ? images : ".", a);
	if (!status)
		status = check_usage(a);
	if (!status)
		status = redump_prepare(&r->redump, a);
	if (!status && argv_last(a, OPT_PIDFILE))
		status = prepare_pidfile(r);
	if (!status)
		status = before_privileges();
	if (!status)
		status = check_work_dir(a);
	if (!status)
		status = before_criu(&r->criu, a);
	if (!status)
		status = before_image(images ? images : ".", a, &r->tree);
	if (status)
		return status;
	r->images = realpath(images ? images : ".", NULL);
	r->detached = argv_flag(a, OPT_DETACH);
	return 0;
}

/* The strings of the plan live on in @r and its argv. */
static int make_plan(struct restore *r, char *work_dir)
{
	struct init_plan *p = &r->plan;
	struct argv *a = r->argv;
	char why[ARGV_WHY];

	p->criu = &r->criu;
	p->images = r->images ? r->images : "";
	p->detached = r->detached;
	p->shell_job = argv_flag(a, OPT_SHELL_JOB);
	p->merge = argv_flag(a, OPT_MERGE) && merge_prepare();
	p->exec_cmd = argv_flag(a, OPT_EXEC_CMD) ? a->operand : NULL;
	p->work_dir = work_dir;
	p->first = 300;
	if (r->tree.n_tasks) {
		p->root = r->tree.task[0].pid;
		p->nested = r->tree.namespaces & CLONE_NEWPID;
		p->highest = image_highest(&r->tree);
		p->terminal = r->tree.terminal_number;
		p->first = image_gap(&r->tree, CRIU_PIDS, ns_pid_max());
	}
	p->argv = criu_argv(r, why);
	if (!p->argv)
		return *why ? message_fail("%s", why) : STATUS_OURS;
	p->self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (p->self < 0)
		return message_fail("cannot open '/proc/self/exe': %s",
				    strerror(errno));
	return 0;
}

static void prepare_kerndat(struct restore *r)
{
	const struct init_plan *p = &r->plan;

	if (argv_flag(r->argv, OPT_KERNDAT))
		return;
	kerndat_prepare(&r->kerndat, &r->criu, p->argv, p->images, p->work_dir);
	r->plan.kerndat = &r->kerndat;
}

static void release(struct restore *r)
{
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

/* Of a series of images, the newest that is complete. */
static int choose_image(struct argv *a)
{
	const char *pattern = argv_last(a, OPT_IMAGES_DIR);
	char path[PATH_MAX];
	int err;

	if (!pattern || !series_is(pattern))
		return 0;
	err = series_newest(pattern, path);
	if (err == -ENOENT)
		return message_fail("cannot restore '%s': there is no complete "
				    "image",
				    pattern);
	if (!err)
		err = argv_append(a, "images-dir", false, path);
	return err ? message_fail("cannot look for images '%s': %s", pattern,
				  strerror(-err))
		   : 0;
}

int command_restore(struct argv *a)
{
	struct restore r = {
		.argv = a,
		.criu.fd = -1,
		.pidfile = PIDFILE_NONE,
		.plan.self = -1,
		.redump = REDUMP_NONE,
		.log = CAPTURE_NONE,
		.root = -1,
		.relay = {.in = -1,
			  .out = -1,
			  .typed = -1,
			  .master = -1,
			  .modes.fd = -1},
		.status = -1,
	};
	const char *work_dir;
	char *work;
	int status;

	status = choose_image(a);
	if (status)
		return status;
	work_dir = argv_last(a, OPT_WORK_DIR);
	if (!work_dir)
		work_dir = argv_last(a, OPT_IMAGES_DIR);
	work = strdup(work_dir ? work_dir : ".");
	status = work ? read_settings(&r) : message_fail("no memory");
	if (!status)
		status = make_plan(&r, work);
	if (!status)
		status = capture_begin(&r.log);
	if (!status) {
		prepare_kerndat(&r);
		reuse_prepare(&r.reuse, r.plan.images, a);
		status = launcher_start(&r);
	}
	if (!status)
		status = launcher_wait(&r);
	if (status && r.root < 0)
		pidfile_remove(&r.pidfile);
	release(&r);
	free(work);
	return status;
}
