/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/merge.h"
#include "exec/message.h"
#include "exec/place.h"
#include "exec/restore.h"

/* CRIU wraps around to this number, and init's own have to be below. */
#define FIRST_PID 301

struct run {
	struct argv *argv; /* without the command */
	char **command;
	const char *images; /* -D, or NULL */
	char *pidfile;	    /* or NULL; what is restored takes it from argv */
	bool detached;
	struct stdio stdio;
	struct claim claim;
	struct checkpoints checkpoints;
	struct unshare unshare;
};

static int check_usage(const struct argv *a, char **command)
{
	static const enum option_id no[] = {
		OPT_TREE,    OPT_EXEC_CMD, OPT_LEAVE_RUNNING, OPT_LEAVE_STOPPED,
		OPT_SIBLING, OPT_STREAM,   OPT_PAGE_SERVER,   OPT_WORK_DIR,
	};
	const char *fallback = argv_last(a, OPT_FALLBACK);
	size_t i, j;

	if (!*command)
		return message_fail("run needs a command (run [OPTION...] -- "
				    "COMMAND)");
	for (i = a->n_configured; i < a->n_options; i++)
		for (j = 0; j < sizeof(no) / sizeof(*no); j++)
			if (a->option[i].row->id == no[j])
				return message_fail("run takes no --%s",
						    a->option[i].row->name);
	if (before_word(a, OPT_FALLBACK, "start"))
		return STATUS_OURS;
	if ((fallback || argv_flag(a, OPT_FRESH)) &&
	    !argv_last(a, OPT_IMAGES_DIR))
		return message_fail("%s needs the directory of an image (-D "
				    "DIR)",
				    fallback ? "--fallback" : "--fresh");
	return 0;
}

static int prepare_pidfile(struct restore *r, const char *path)
{
	int err = path ? pidfile_prepare(&r->pidfile, path, NULL) : 0;

	return err ? message_fail("cannot write pidfile '%s': %s", path,
				  strerror(-err))
		   : 0;
}

static int make_plan(struct run *run, struct restore *r, const char *images)
{
	struct init_plan *p = &r->plan;

	p->images = images;
	p->detached = run->detached;
	p->shell_job = run->stdio.terminal;
	p->work_dir = "/";
	p->first = FIRST_PID;
	p->command = run->command;
	p->merge = argv_flag(run->argv, OPT_MERGE) && merge_prepare();
	p->stdio = &run->stdio;
	p->claim = run->claim.fd;
	p->unshare = run->unshare;
	p->self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	return p->self < 0 ? message_fail("cannot open '/proc/self/exe': %s",
					  strerror(errno))
			   : 0;
}

static int start(struct run *run)
{
	char *images = run->images ? realpath(run->images, NULL) : NULL;
	struct restore r = LAUNCHER_NONE;
	int status;

	r.argv = run->argv;
	r.detached = run->detached;
	r.checkpoints = &run->checkpoints;
	r.stdio = &run->stdio;
	r.claim = run->images ? &run->claim : NULL;
	status = prepare_pidfile(&r, run->pidfile);
	if (!status)
		status = stdio_make_pipes(&run->stdio);
	if (!status)
		status = make_plan(run, &r,
				   images	 ? images
				   : run->images ? run->images
						 : "");
	if (!status)
		status = launcher_start(&r);
	if (!status)
		status = launcher_wait(&r);
	if (status && r.root < 0)
		pidfile_remove(&r.pidfile);
	if (r.root >= 0 && !run->detached)
		stdio_finish(&run->stdio);
	launcher_release(&r);
	free(images);
	return status;
}

/* A restore's is meant from the image directory, this one as it is written. */
static int name_pidfile(struct argv *a)
{
	const char *path = argv_last(a, OPT_PIDFILE);
	char *dir, *all = NULL;
	int err = 0;

	if (!path || *path == '/')
		return 0;
	dir = getcwd(NULL, 0);
	if (!dir || asprintf(&all, "%s/%s", dir, path) < 0)
		err = -ENOMEM;
	else
		err = argv_append(a, "pidfile", false, all);
	free(dir);
	free(all);
	return err ? message_fail("no memory") : 0;
}

/* Returns -1: start the command. */
static int resume(struct run *run)
{
	char restore[] = "restore", *action = run->argv->action;
	struct restore r = LAUNCHER_NONE;
	bool ran = false;
	int status;

	r.argv = run->argv;
	r.checkpoints = &run->checkpoints;
	r.stdio = &run->stdio;
	r.claim = &run->claim;
	status = name_pidfile(run->argv);
	if (status)
		return status;
	run->argv->action = restore;
	status = restore_run(&r, &ran);
	run->argv->action = action;
	if (ran)
		return status;
	if (r.undone_by)
		return checkpoints_means(&run->checkpoints, r.undone_by) ==
				       CHECKPOINT_END
			       ? STATUS_CHECKPOINTED
			       : status;
	if (argv_last(run->argv, OPT_FALLBACK)) {
		message("'%s' can't be restored: the command is started",
			run->images);
		return -1;
	}
	message("'%s' can't be restored, and nothing was started "
		"(--fallback=start starts the command then, --fresh always)",
		run->images);
	return STATUS_OURS;
}

/*
 * What is written to a file that the program has open changes the size that
 * CRIU compares.  Only what was asked for is written there.
 */
static int be_quiet(struct run *run)
{
	struct argv *a = run->argv;
	struct stat st;

	run->checkpoints.quiet =
		fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	if (argv_last(a, OPT_VERBOSITY) || argv_last(a, OPT_LOG_FILE))
		return 0;
	return argv_append(a, "verbosity", false, "0")
		       ? message_fail("no memory")
		       : 0;
}

static int begin(struct run *run)
{
	bool image = false;
	int status = 0;

	if (run->images)
		status = place_make(run->images);
	if (!status && run->images)
		status = claim_take(&run->claim, run->images);
	if (!status && run->images)
		status = place_look(run->images, &image);
	if (status)
		return status;
	if (image && !argv_flag(run->argv, OPT_FRESH)) {
		status = resume(run);
		if (status >= 0)
			return status;
	}
	if (image)
		status = place_clear(run->images);
	return status ? status : start(run);
}

static int run_command(struct run *run)
{
	struct criu criu = {.fd = -1};
	struct argv *a = run->argv;
	const char *pidfile = argv_last(a, OPT_PIDFILE);
	int status;

	run->pidfile = pidfile ? strdup(pidfile) : NULL;
	if (pidfile && !run->pidfile)
		return message_fail("no memory");

	run->images = argv_last(a, OPT_IMAGES_DIR);
	run->detached = argv_flag(a, OPT_DETACH);
	status = check_usage(a, run->command);
	if (!status)
		status = unshare_read(a, &run->unshare);
	if (!status)
		status = checkpoints_prepare(&run->checkpoints, a);
	if (!status)
		status = before_privileges();
	if (!status && run->images)
		status = before_criu(&criu, a);
	criu_close(&criu);
	if (!status)
		status = stdio_look(&run->stdio, a, run->detached);
	if (!status)
		status = be_quiet(run);
	if (!status)
		status = begin(run);
	return status;
}

int command_run(struct argv *a)
{
	static char *none[] = {NULL};
	struct run run = {
		.argv = a, .command = a->operand, .claim = CLAIM_NONE};
	size_t n = a->n_operands;
	int status;

	a->operand = none;
	a->n_operands = 0;
	status = run_command(&run);
	a->operand = run.command;
	a->n_operands = n;
	/* With -d the tree goes on, and init has the claim. */
	if (run.detached)
		claim_leave(&run.claim);
	else
		claim_end(&run.claim);
	checkpoints_free(&run.checkpoints);
	stdio_free(&run.stdio);
	free(run.pidfile);
	return status;
}
