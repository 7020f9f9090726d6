/* SPDX-License-Identifier: MIT */
#include "exec/check_live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/config.h"
#include "exec/message.h"
#include "exec/preview.h"
#include "explain/report.h"

#define STATUS_FOUND 1

static size_t columns(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col < 40)
		return 0;
	return w.ws_col;
}

static bool stops_dump(const struct finding *f)
{
	return f->weight == FINDING_CAUSE || f->weight == FINDING_UNKNOWN;
}

static size_t count(const struct findings *all)
{
	size_t i, n = 0;

	for (i = 0; i < all->n; i++)
		n += stops_dump(&all->list[i]);
	return n;
}

/* One command for all cures that are one. */
static void print_whole(const struct findings *all, const struct preview *p)
{
	char **command = preview_whole(all, p);
	size_t i;

	if (!command)
		return;
	printf("all of it at once:\n    ");
	for (i = 0; command[i]; i++) {
		if (i)
			putchar(' ');
		report_quote(stdout, command[i]);
	}
	putchar('\n');
	argv_build_free(command);
}

static void print_text(const struct findings *all, const struct target *t,
		       const struct preview *p)
{
	struct report how = {.width = columns(), .all = true};
	size_t n = count(all);

	report_text(stdout, all, &how);
	print_whole(all, p);
	if (n)
		printf("process %d (%s): %zu thing%s in the way of dump and "
		       "restore\n",
		       t->pid, t->process.name, n, n == 1 ? "" : "s");
	else
		printf("process %d (%s): nothing is in the way of dump and "
		       "restore%s\n",
		       t->pid, t->process.name,
		       all->n ? ", something will be lost" : "");
}

/* CRIU alone: can it start here at all? */
static void look_at_criu(const struct criu *criu, struct findings *all)
{
	struct finding *f;

	if (criu_check(criu) != 1)
		return;
	f = finding_add(all, "criu-check", FINDING_CAUSE);
	finding_cause(f, "criu can't start on this kernel: '%s check' fails",
		      criu->path);
	finding_cure(f, "take a newer criu (--criu-binary PATH, or $CRIU)");
	finding_command(f, NULL, 2, criu->path, "check");
}

static int report(const struct argv *a, const struct target *t,
		  const struct criu *criu)
{
	struct findings all = {0};
	struct preview p;
	int err, status;

	look_at_criu(criu, &all);
	err = preview_open(a, t, criu, &p);
	if (!err)
		err = live_look(&p.live, LIVE_ALL, &all);
	if (!err && all.broken)
		err = -ENOMEM;
	if (err)
		status = message_fail("cannot look at process %d: %s", t->pid,
				      strerror(-err));
	else
		status = count(&all) ? STATUS_FOUND : 0;
	if (!err && argv_flag(a, OPT_JSON))
		report_json(stdout, &all, &(struct report){.all = true});
	else if (!err)
		print_text(&all, t, &p);
	if (!err && message_flush())
		status = STATUS_OURS;
	preview_close(&p);
	finding_free(&all);
	return status;
}

int check_live(struct argv *a)
{
	struct target t = TARGET_NONE;
	struct criu criu = {.fd = -1};
	const char *mounts = argv_last(a, OPT_MOUNTS);
	char why[ARGV_WHY];
	pid_t pid = 0;
	int status = 0;

	if (config_merge(a, why) < 0)
		return message_fail("%s", why);
	if (a->n_operands)
		return message_fail("'%s' is one word too many for %s",
				    a->operand[0], a->action);
	status = target_number(a, &pid);
	if (!status)
		status = before_privileges();
	if (!status)
		status = before_criu(&criu, a);
	if (!status)
		status = target_open(pid, mounts && !strcmp(mounts, "leave"),
				     &t);
	if (!status)
		status = report(a, &t, &criu);
	target_close(&t);
	criu_close(&criu);
	return status;
}
