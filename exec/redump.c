/* SPDX-License-Identifier: MIT */
#include "exec/redump.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/command.h"
#include "exec/duration.h"
#include "exec/message.h"
#include "exec/record.h"
#include "exec/series.h"
#include "ns/ns.h"

static int check_usage(const struct argv *a)
{
	const char *option = argv_last(a, OPT_REDUMP_AFTER) ? "--redump-after"
			     : argv_flag(a, OPT_REDUMP_ON_SIGNAL)
				     ? "--redump-on-signal"
				     : NULL;

	if (!option && argv_last(a, OPT_MOUNTS))
		option = "--mounts";
	if (!option && argv_flag(a, OPT_SYNC))
		option = "--no-sync";
	if (option && !argv_last(a, OPT_REDUMP))
		return message_fail("%s needs --redump DIR", option);
	if (argv_last(a, OPT_REDUMP_AFTER) &&
	    argv_flag(a, OPT_REDUMP_ON_SIGNAL))
		return message_fail("--redump-after and --redump-on-signal "
				    "can't be used together");
	if (argv_flag(a, OPT_REDUMP_ON_SIGNAL) && argv_flag(a, OPT_DETACH))
		return message_fail("--redump-on-signal needs a criu-ns that "
				    "stays (leave out --restore-detached)");
	return 0;
}

static int read_after(const struct argv *a, double *ret)
{
	const char *text = argv_last(a, OPT_REDUMP_AFTER);

	*ret = 0;
	if (!text)
		return 0;
	*ret = duration_read(text);
	if (*ret >= 0)
		return 0;
	return message_fail("'%s' is no time (--redump-after 90, 10m, 3h50m)",
			    text);
}

/* criu wants it to be there; here nobody else has a reason to make it. */
static int make_directory(const char *path)
{
	int fd, status;

	if (series_is(path))
		return 0;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return message_fail("cannot make image directory '%s': %s",
				    path, strerror(errno));
	status = before_directory(path, "image", &fd);
	if (!status)
		close(fd);
	return status;
}

/* Of the restore's options, those that the dump of the same tree needs. */
static int take_option(struct argv *dump, const struct argv_option *o)
{
	char *turned;
	int err;

	switch (o->row->id) {
	case OPT_CRIU_BINARY:
	case OPT_VERBOSITY:
	case OPT_RECORD:
	case OPT_SYNC:
	case OPT_MOUNTS:
	case OPT_NO_EXPLAIN:
	case OPT_JSON:
	case OPT_NO_DEFAULT_CONFIG:
	case OPT_LEAVE_RUNNING:
		break;
	case OPT_EXTERNAL:
	case OPT_EXT_MOUNT_MAP:
		err = record_turn(o, &turned);
		if (err)
			return err == -ENOENT ? 0 : err;
		err = argv_append(dump, o->row->name, false, turned);
		free(turned);
		return err;
	default:
		if (!o->row->record)
			return 0;
	}
	return argv_append(dump, o->row->name, o->negated, o->value);
}

int redump_argv(struct argv *dump, const struct argv *a, const char *dir)
{
	int err = 0;
	size_t i;

	dump->action = strdup("dump");
	if (!dump->action)
		return -ENOMEM;
	for (i = 0; i < a->n_options && !err; i++)
		err = take_option(dump, &a->option[i]);
	if (!err)
		err = argv_append(dump, "images-dir", false, dir);
	if (!err && argv_last(a, OPT_LOG_FILE))
		err = argv_append(dump, "log-file", false, "dump.log");
	return err;
}

int redump_prepare(struct redump *ret, struct argv *a)
{
	const char *dir = argv_last(a, OPT_REDUMP);
	int status, err;

	*ret = REDUMP_NONE;
	status = check_usage(a);
	if (status || !dir)
		return status;
	status = read_after(a, &ret->after);
	if (!status)
		status = make_directory(dir);
	if (status)
		return status;
	ret->on_signal = argv_flag(a, OPT_REDUMP_ON_SIGNAL);
	ret->leave_running = argv_flag(a, OPT_LEAVE_RUNNING);
	err = redump_argv(&ret->argv, a, dir);
	if (err)
		return message_fail(
			"cannot build the command line of the dump: "
			"%s",
			strerror(-err));
	argv_drop(a, OPT_LEAVE_RUNNING);
	return 0;
}

void redump_free(struct redump *r)
{
	argv_free(&r->argv);
	if (r->timer >= 0)
		close(r->timer);
	if (r->pidfd >= 0)
		close(r->pidfd);
	*r = REDUMP_NONE;
}

bool redump_wanted(const struct redump *r)
{
	return r->argv.action != NULL;
}

int redump_arm(struct redump *r)
{
	if (!redump_wanted(r) || r->on_signal)
		return 0;
	r->timer = duration_timer(r->after);
	return r->timer < 0 ? r->timer : 0;
}

int redump_start(struct redump *r, pid_t root, int close_fd)
{
	char number[16];
	sigset_t none;
	int err, status;

	if (r->timer >= 0)
		close(r->timer);
	r->timer = -1;
	snprintf(number, sizeof(number), "%d", root);
	argv_drop(&r->argv, OPT_TREE);
	err = argv_append(&r->argv, "tree", false, number);
	if (err)
		return err;
	r->pid = ns_spawn(0, &r->pidfd);
	if (r->pid == 0) {
		close(close_fd);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		status = command_dump(&r->argv);
		fflush(stdout);
		_exit(status);
	}
	return r->pid < 0 ? r->pid : 0;
}

void redump_ended(struct redump *r)
{
	int status = 0;

	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(r->pidfd);
	r->pidfd = -1;
	r->done = true;
	r->status = message_status(status);
	if (!r->status)
		message("the tree was restored and dumped into '%s'%s",
			argv_last(&r->argv, OPT_IMAGES_DIR),
			r->leave_running ? ", and runs on" : "");
}
