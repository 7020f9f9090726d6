/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/duration.h"
#include "exec/generation.h"
#include "exec/message.h"
#include "exec/victim.h"

struct settings {
	unsigned int generations;
	double every;
	pid_t pid; /* 0: a command is to be started */
};

static int read_number(const char *text, long min, const char *what, long *ret)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 10);
	if (errno || *end || end == text || *ret < min || *ret > INT_MAX)
		return message_fail("'%s' is no %s", text, what);
	return 0;
}

static int read_settings(const struct argv *a, struct settings *s)
{
	const char *generations = argv_last(a, OPT_GENERATIONS);
	const char *every = argv_last(a, OPT_EVERY);
	const char *tree = argv_last(a, OPT_TREE);
	long n = 3;
	int status = 0;

	if (!tree == !a->n_operands)
		return message_fail("cycle needs a process (-t PID) or a "
				    "command (-- COMMAND)");
	if (generations)
		status = read_number(generations, 1, "number of generations",
				     &n);
	s->generations = (unsigned int)n;
	n = 0;
	if (!status && tree)
		status = read_number(tree, 1, "PID", &n);
	s->pid = (pid_t)n;
	if (status || !every)
		return status;
	s->every = duration_read(every);
	if (s->every >= 0)
		return 0;
	return message_fail("'%s' is no time (--every 90, 10m, 3h50m)", every);
}

/* What cycle decides itself, or can't do. */
static int check_usage(const struct argv *a)
{
	static const enum option_id no[] = {
		OPT_WORK_DIR,	   OPT_LOG_FILE,      OPT_PIDFILE, OPT_DETACH,
		OPT_LEAVE_RUNNING, OPT_LEAVE_STOPPED, OPT_EXEC_CMD};
	size_t i, j;

	for (i = 0; i < a->n_options; i++)
		for (j = 0; j < sizeof(no) / sizeof(*no); j++)
			if (a->option[i].row->id == no[j] &&
			    i >= a->n_configured)
				return message_fail("cycle takes no --%s",
						    a->option[i].row->name);
	return 0;
}

/* They may be the only images of a program. */
static int check_directory(const char *dir, unsigned int generations)
{
	char path[PATH_MAX + 16];
	unsigned int i;

	for (i = 1; i <= generations; i++) {
		snprintf(path, sizeof(path), "%s/%u", dir, i);
		if (access(path, F_OK) == 0)
			return message_fail("'%s' is there already: cycle "
					    "needs a directory without "
					    "generations",
					    path);
	}
	return 0;
}

static int make_directory(const struct argv *a, char *ret, bool *ret_made)
{
	const char *given = argv_last(a, OPT_IMAGES_DIR);
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];
	int n;

	n = snprintf(path, sizeof(path), "%s/criu-ns-cycle.XXXXXX",
		     tmp && *tmp ? tmp : "/tmp");
	if (!given && (n >= (int)sizeof(path) || !mkdtemp(path)))
		return message_fail("cannot make a directory in '%s': %s",
				    tmp && *tmp ? tmp : "/tmp",
				    strerror(errno));
	*ret_made = !given;
	if (given && mkdir(given, 0700) == 0)
		*ret_made = true;
	else if (given && errno != EEXIST)
		return message_fail("cannot make directory '%s': %s", given,
				    strerror(errno));
	/* Who is restored elsewhere may have another working directory. */
	if (realpath(given ? given : path, ret))
		return 0;
	return message_fail("cannot use directory '%s': %s",
			    given ? given : path, strerror(errno));
}

/* Returns 1 when all generations were good. */
static int run_all(struct generation *g, const struct settings *s)
{
	bool good = true;

	printf("TAP version 13\n1..%u\n", s->generations);
	for (g->number = 1; g->number <= s->generations; g->number++) {
		/* A command needs a moment to get going; a process runs. */
		if (s->every > 0 && (g->number > 1 || !s->pid))
			victim_pause(&g->victim, s->every);
		if (g->victim.interrupted)
			break;
		fflush(stdout);
		good &= generation_run(g);
		if (!victim_runs(&g->victim))
			break;
	}
	if (g->victim.interrupted)
		printf("Bail out! interrupted by SIG%s\n",
		       message_signal(g->victim.interrupted));
	else if (g->number < s->generations)
		printf("Bail out! there is nothing left to be dumped\n");
	return good && g->number > s->generations;
}

static int finish(struct generation *g, const struct settings *s, bool good)
{
	struct victim *v = &g->victim;

	if (!s->pid)
		victim_end(v);
	else if (victim_runs(v))
		printf("# the program runs on: PID %d\n", v->pid);
	if (message_flush())
		return STATUS_OURS;
	if (v->interrupted)
		return STATUS_SIGNAL + v->interrupted;
	return good ? 0 : 1;
}

static void remove_output(const char *dir)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/output", dir);
	unlink(path);
}

int command_cycle(struct argv *a)
{
	struct generation g = {.argv = a, .victim = VICTIM_NONE};
	bool interrupted;
	struct settings s = {0};
	bool made = false, good;
	struct criu criu = {.fd = -1};
	int status;

	status = check_usage(a);
	if (!status)
		status = read_settings(a, &s);
	if (!status)
		status = before_privileges();
	if (!status)
		status = before_criu(&criu, a);
	criu_close(&criu);
	if (!status)
		status = make_directory(a, g.dir, &made);
	if (!status)
		status = check_directory(g.dir, s.generations);
	if (!status)
		status = victim_open(&g.victim);
	if (!status)
		status = s.pid ? victim_find(&g.victim, s.pid)
			       : victim_start(&g.victim, a->operand, g.dir);
	if (!status) {
		good = run_all(&g, &s);
		status = finish(&g, &s, good);
	}
	interrupted = g.victim.interrupted;
	victim_close(&g.victim);
	if ((!status || interrupted) && !argv_last(a, OPT_IMAGES_DIR))
		remove_output(g.dir);
	/* What has something in it stays, as the image of a failure. */
	if (made)
		rmdir(g.dir);
	return status;
}
