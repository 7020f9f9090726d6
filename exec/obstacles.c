/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/killing.h"
#include "exec/message.h"
#include "explain/report.h"
#include "image/contents.h"

/* How long processes get to end, unless --timeout says it. */
#define SECONDS 10

struct question {
	const char *dir;
	struct image_contents image;
	size_t numbers; /* different ones in the image */
	struct obstacles found;
	struct killing killing;
	bool json, quiet, kill, yes;
	int sig, seconds;
};

static int read_options(struct question *q, const struct argv *a)
{
	const char *text = argv_last(a, OPT_KILL);
	const char *seconds = argv_last(a, OPT_TIMEOUT);
	char *end;

	q->dir = argv_last(a, OPT_IMAGES_DIR);
	if (!q->dir)
		q->dir = ".";
	q->json = argv_flag(a, OPT_JSON);
	q->quiet = argv_flag(a, OPT_QUIET);
	q->kill = argv_flag(a, OPT_KILL);
	q->yes = argv_flag(a, OPT_YES);
	q->sig = text ? killing_number(text) : SIGTERM;
	q->seconds = seconds ? (int)strtol(seconds, &end, 10) : SECONDS;
	if (a->n_operands)
		return message_fail("'%s' is one word too many for obstacles",
				    a->operand[0]);
	if (q->sig < 0)
		return message_fail("'%s' is no signal (--kill=TERM)", text);
	if (seconds &&
	    (*end || end == seconds || q->seconds < 0 || q->seconds > 1000000))
		return message_fail("'%s' is no number of seconds", seconds);
	if (q->json && q->quiet)
		return message_fail("--json and --quiet can't be used "
				    "together");
	if (q->kill && !q->yes && !isatty(STDIN_FILENO))
		return message_fail("--kill asks first, and standard input is "
				    "no terminal (--yes goes without)");
	return 0;
}

static int read_image(struct question *q)
{
	struct image_contents *c = &q->image;
	pid_t *number;
	int dir, err, status = before_directory(q->dir, "image", &dir);
	size_t n;

	if (status)
		return status;
	err = image_contents_read(dir, c, false);
	close(dir);
	if (!c->tree.n_tasks && c->n_problems)
		return message_fail("cannot look into '%s': %s %s", q->dir,
				    c->problem[0].file, c->problem[0].text);
	number = image_numbers(&c->tree, &n);
	if (!number || err == -ENOMEM)
		return message_fail("no memory");
	for (size_t i = 0; i < n; i++)
		q->numbers +=
			number[i] > 0 && (!i || number[i] != number[i - 1]);
	free(number);
	return 0;
}

static int look(struct question *q)
{
	int err;

	obstacle_free(&q->found);
	err = obstacle_find(&q->image.tree, &q->found);
	if (err)
		return message_fail("cannot look for processes in /proc: %s",
				    strerror(-err));
	return 0;
}

static bool agreed(const struct question *q)
{
	char line[16];

	fprintf(stderr, "criu-ns: send %s to ", message_signal(q->sig));
	for (size_t i = 0; i < q->killing.n; i++)
		fprintf(stderr, "%s%d", i ? ", " : "", q->killing.pid[i]);
	fputs("? [y/N] ", stderr);
	return fgets(line, sizeof(line), stdin) && strchr("yY", *line);
}

static int end_them(struct question *q)
{
	int err = killing_prepare(&q->killing, &q->found);

	if (err)
		return message_fail("no memory");
	if (!q->killing.n)
		return 0;
	if (!q->yes) {
		obstacle_text(stderr, &q->found);
		if (!agreed(q)) {
			message("nothing was ended");
			return 0;
		}
	}
	killing_signal(&q->killing, q->sig, q->seconds);
	return look(q);
}

static void print_quiet(const struct question *q)
{
	const struct obstacle *o = q->found.list;

	/* A process may be there for several of its threads. */
	for (size_t i = 0; i < q->found.n; i++) {
		pid_t pid = obstacle_process(&o[i]);
		size_t j = 0;

		while (pid && j < i && obstacle_process(&o[j]) != pid)
			j++;
		if (pid && j == i)
			printf("%d\n", pid);
	}
}

static void print_text(const struct question *q)
{
	obstacle_text(stdout, &q->found);
	printf("numbers of '%s' that are taken here: %zu of %zu\n", q->dir,
	       q->found.n, q->numbers);
	if (!q->found.n)
		return;
	fputs("none of them is needed by:\n  criu-ns restore -D ", stdout);
	report_quote(stdout, q->dir);
	putchar('\n');
}

static void print_json(const struct question *q)
{
	fputs("{\"directory\":", stdout);
	report_string(stdout, q->dir);
	printf(",\"numbers\":%zu,\"signalled\":[", q->numbers);
	for (size_t i = 0; i < q->killing.n; i++)
		printf("%s%d", i ? "," : "", q->killing.pid[i]);
	fputs("],\"obstacles\":", stdout);
	obstacle_json(stdout, &q->found);
	puts("}");
}

int command_obstacles(struct argv *a)
{
	struct question q = {0};
	int status = read_options(&q, a);

	if (!status)
		status = read_image(&q);
	if (!status)
		status = look(&q);
	if (!status && q.kill && q.found.n)
		status = end_them(&q);
	if (!status) {
		if (q.json)
			print_json(&q);
		else if (q.quiet)
			print_quiet(&q);
		else
			print_text(&q);
		status = message_flush();
	}
	if (!status)
		status = q.found.n != 0;
	killing_free(&q.killing);
	obstacle_free(&q.found);
	image_contents_free(&q.image);
	return status;
}
