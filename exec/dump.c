/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/dumper.h"
#include "exec/external.h"
#include "exec/message.h"

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

	err = save_mounts(d);
	if (!err && argv_flag(a, OPT_AUTO_EXTERNAL))
		err = external_add(a, &d->target, &d->criu);
	if (!err && d->target.way != TARGET_HERE) {
		err = world_keep_dirs(&d->world, a, why);
		if (err)
			return message_fail("%s", why);
	}
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
	if (d->images >= 0)
		close(d->images);
	target_close(&d->target);
	world_close(&d->world);
	argv_build_free(d->criu_argv);
	criu_close(&d->criu);
}

int command_dump(struct argv *a)
{
	struct dump d = {.argv = a,
			 .holder = -1,
			 .images = -1,
			 .criu.fd = -1,
			 .target = {.pidfd = -1, .pidns = -1, .mntns = -1}};
	bool leave_mounts = false;
	const char *images;
	pid_t pid = 0;
	int status;

	status = check_usage(a);
	if (!status)
		status = target_number(a, &pid);
	if (!status)
		status = read_mounts(a, &leave_mounts);
	if (!status)
		status = before_privileges();
	if (!status)
		status = before_criu(&d.criu, a);
	if (!status)
		status = target_open(pid, leave_mounts, &d.target);
	images = argv_last(a, OPT_IMAGES_DIR);
	if (!status)
		status = before_directory(images ? images : ".", "image",
					  &d.images);
	if (!status)
		status = make_argv(&d);
	if (!status)
		status = dumper_start(&d);
	if (!status)
		status = dumper_wait(&d);
	release(&d);
	return status;
}
