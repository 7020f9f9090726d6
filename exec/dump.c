/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/dumper.h"
#include "exec/external.h"
#include "exec/message.h"
#include "exec/series.h"

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
	const char *at = NULL;
	char list[2048] = "";
	size_t len = 0;

	while ((at = mounts_next(&t->added, at)) && len < sizeof(list) - 1)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					len ? ", " : "", at);
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
	if (t->added.size)
		name_mounts(t);
	if (!t->same_root || names_mounts(d->argv))
		return 0;
	if (!t->added.size)
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

	argv_drop(a, OPT_IMAGES_DIR);
	err = argv_append(a, "images-dir", false, d->store.path);
	/* Logs and scripts are where the user thinks that the images are. */
	if (!err && d->store.way == STORE_STAGED && !argv_last(a, OPT_WORK_DIR))
		err = argv_append(a, "work-dir", false, d->store.name);
	if (!err)
		err = save_mounts(d);
	if (!err && argv_flag(a, OPT_AUTO_EXTERNAL))
		err = external_add(a, &d->target, &d->criu);
	if (!err && capture_open(&d->log, a, PHASE_DUMP))
		return STATUS_OURS;
	if (!err && d->target.way != TARGET_HERE) {
		err = world_keep_dirs(&d->world, a, why);
		if (err)
			return message_fail("%s", why);
	}
	if (!err && dumper_ends_tree(a))
		err = hook_open(&d->hook, a, &d->world);
	argv_drop(a, OPT_TREE);
	if (!err)
		err = argv_append(a, "tree", false, DUMPER_TREE_ROOM);
	if (!err) {
		d->criu_argv = argv_build(a, d->criu.path);
		err = d->criu_argv ? 0 : -ENOMEM;
	}
	return err ? message_fail("cannot build criu's command line: %s",
				  strerror(-err))
		   : 0;
}

static void release(struct dump *d)
{
	if (d->holder >= 0)
		close(d->holder);
	store_close(&d->store);
	while (d->n_tree)
		close(d->tree[--d->n_tree]);
	free(d->tree);
	hook_close(&d->hook);
	target_close(&d->target);
	world_close(&d->world);
	capture_close(&d->log);
	argv_build_free(d->criu_argv);
	criu_close(&d->criu);
	/* One that was made for this dump and stayed empty. */
	if (d->made_directory)
		rmdir(d->directory);
}

static enum store_way store_way(const struct argv *a)
{
	const char *prev = argv_last(a, OPT_PREV_IMAGES_DIR);

	if (argv_flag(a, OPT_PAGE_SERVER) || argv_flag(a, OPT_STREAM))
		return STORE_PLAIN;
	/* It is meant from the image directory, and may be in there. */
	if (prev && *prev != '/' && strncmp(prev, "../", 3) != 0)
		return STORE_ASIDE;
	return STORE_STAGED;
}

static int read_keep(const struct argv *a, const char *pattern,
		     unsigned int *ret)
{
	const char *text = argv_last(a, OPT_KEEP);
	unsigned long keep;
	char *end;

	*ret = 0;
	if (!text)
		return 0;
	keep = strtoul(text, &end, 10);
	if (*end || end == text || *text == '-' || !keep || keep > INT_MAX)
		return message_fail("'%s' is no number of images (--keep K)",
				    text);
	if (!series_is(pattern))
		return message_fail("--keep is for a series of images (-D "
				    "'DIR/%%n')");
	*ret = (unsigned int)keep;
	return 0;
}

static int open_store(struct dump *d)
{
	int err;

	if (series_is(d->pattern)) {
		err = series_next(d->pattern, d->directory);
		if (err)
			return message_fail("cannot make image directory '%s': "
					    "%s",
					    d->pattern, strerror(-err));
		d->made_directory = true;
	} else {
		memcpy(d->directory, d->pattern, sizeof(d->directory));
	}
	return store_open(&d->store, d->directory, store_way(d->argv));
}

/* What can be known to be wrong from the command line alone. */
static int read_settings(struct dump *d, pid_t *ret_pid, unsigned int *ret_keep)
{
	const char *images = argv_last(d->argv, OPT_IMAGES_DIR);
	int n, status;

	n = snprintf(d->pattern, sizeof(d->pattern), "%s",
		     images ? images : ".");
	if (n >= (int)sizeof(d->pattern))
		return message_fail("cannot open image directory: %s",
				    strerror(ENAMETOOLONG));
	status = check_usage(d->argv);
	if (!status)
		status = target_number(d->argv, ret_pid);
	if (!status)
		status = read_keep(d->argv, d->pattern, ret_keep);
	return status;
}

static int start(struct dump *d)
{
	char what[512];
	int status;

	ns_process_title(d->target.pid, d->command, sizeof(d->command));
	snprintf(what, sizeof(what),
		 "the %s of process %d (%s) was begun and has not ended",
		 d->argv->action, d->target.pid, d->target.process.name);
	status = store_begin(&d->store, what);
	if (!status)
		status = capture_begin(&d->log);
	if (!status)
		status = dumper_start(d);
	return status;
}

static int succeeded(const struct dump *d, unsigned int keep)
{
	int status = 0;

	if (d->made_directory &&
	    (printf("%s\n", d->directory) < 0 || fflush(stdout) == EOF))
		status = message_fail("the image is in '%s', but that can't be "
				      "written to stdout: %s",
				      d->directory, strerror(errno));
	if (keep)
		series_keep(d->pattern, keep, d->directory,
			    argv_last(d->argv, OPT_LOG_FILE));
	return status;
}

int command_dump(struct argv *a)
{
	struct dump d = {.argv = a,
			 .holder = -1,
			 .log = CAPTURE_NONE,
			 .criu.fd = -1,
			 .store = STORE_NONE,
			 .hook = HOOK_NONE,
			 .target = TARGET_NONE};
	unsigned int keep = 0;
	pid_t pid = 0;
	int status;

	d.record = !strcmp(a->action, "dump") && !argv_flag(a, OPT_RECORD) &&
		   !argv_flag(a, OPT_STREAM);
	status = read_settings(&d, &pid, &keep);
	if (!status)
		status = before_word(a, OPT_MOUNTS, "leave");
	if (!status)
		status = before_privileges();
	if (!status)
		status = before_criu(&d.criu, a);
	if (!status)
		status = target_open(pid, argv_flag(a, OPT_MOUNTS), &d.target);
	if (!status)
		status = open_store(&d);
	if (!status)
		status = make_argv(&d);
	if (!status)
		status = before_tracking(a);
	if (!status)
		status = start(&d);
	if (!status)
		status = dumper_wait(&d);
	if (!status)
		status = succeeded(&d, keep);
	release(&d);
	return status;
}
