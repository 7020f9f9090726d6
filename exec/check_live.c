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
#define MAX_WORDS 1024

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

/* Whether a word is in a command; with its value, if it has one. */
static bool has(const char **command, size_t n, char *const *option)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(command[i], option[0]) &&
		    (!option[1] || option[1][0] == '-' ||
		     (i + 1 < n && !strcmp(command[i + 1], option[1]))))
			return true;
	return false;
}

/* The words of a cure, behind those of the command that all begin with. */
static size_t merge(const char **command, size_t n, char *const *more)
{
	size_t len;

	for (; *more; more += len) {
		len = more[1] && more[1][0] != '-' ? 2 : 1;
		if (has(command, n, more) || n + len >= MAX_WORDS)
			continue;
		command[n++] = more[0];
		if (len == 2)
			command[n++] = more[1];
	}
	return n;
}

/* One command for all cures that are one. */
static void print_whole(const struct findings *all, const char *const *base)
{
	const char *command[MAX_WORDS];
	size_t i, n = 0, n_base, cures = 0;

	while (n < MAX_WORDS - 1 && base[n]) {
		command[n] = base[n];
		n++;
	}
	n_base = n;
	for (i = 0; i < all->n; i++) {
		if (!all->list[i].argv)
			continue;
		cures++;
		n = merge(command, n, all->list[i].argv + n_base);
	}
	if (cures < 2)
		return;
	printf("all of it at once:\n    ");
	for (i = 0; i < n; i++) {
		if (i)
			putchar(' ');
		report_quote(stdout, command[i]);
	}
	putchar('\n');
}

static void print_text(const struct findings *all, const struct target *t,
		       const struct preview *p)
{
	struct report how = {.width = columns(), .all = true};
	size_t n = count(all);

	report_text(stdout, all, &how);
	print_whole(all, p->live.command);
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
	if (!err && fflush(stdout) != 0)
		status = message_fail("cannot write to stdout: %s",
				      strerror(errno));
	preview_close(&p);
	finding_free(&all);
	return status;
}

int check_live(struct argv *a)
{
	struct target t = {.pidfd = -1, .pidns = -1, .mntns = -1};
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
