/* SPDX-License-Identifier: MIT */
#include "exec/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exec/message.h"

/* So many of those that failed are named. */
#define NAMED 20

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int tally_open(struct tally *t, unsigned int n)
{
	t->n = n;
	t->start = now();
	t->terminal = !t->json && isatty(STDERR_FILENO);
	t->copy = calloc(n, sizeof(*t->copy));
	return t->copy ? 0 : -ENOMEM;
}

void tally_close(struct tally *t)
{
	free(t->copy);
}

/* Over itself; what is said in between takes its place. */
static void show_progress(const struct tally *t)
{
	if (!t->terminal || t->summed_up)
		return;
	fprintf(stderr, "\033[Kcriu-ns: %u of %u copies run\r", t->ran, t->n);
}

/* If nobody can read it, there is nobody to tell. */
static void put(const struct tally *t, unsigned int number, const char *state)
{
	const struct tally_copy *c = &t->copy[number - 1];

	printf("{\"copy\":%u,\"state\":\"%s\"", number, state);
	if (c->root > 0)
		printf(",\"pid\":%d", c->root);
	if (!c->launcher)
		printf(",\"status\":%d", c->status);
	printf(",\"seconds\":%.3f}\n", now() - t->start);
	fflush(stdout);
}

void tally_runs(struct tally *t, unsigned int number, pid_t root)
{
	struct tally_copy *c = &t->copy[number - 1];

	c->state = TALLY_RUNS;
	c->root = root;
	t->ran++;
	if (t->json)
		put(t, number, "runs");
	else if (t->lists && root > 0) {
		printf("%u %d\n", number, root);
		fflush(stdout);
	}
	show_progress(t);
}

void tally_ended(struct tally *t, unsigned int number, int status)
{
	struct tally_copy *c = &t->copy[number - 1];
	bool ran = c->state == TALLY_RUNS;

	c->launcher = 0;
	c->status = status;
	c->state = ran ? TALLY_ENDED : TALLY_FAILED;
	/* Its pidfile could not be written, say. */
	t->failed += !ran;
	if (t->json && (!ran || !t->detached || status))
		put(t, number, ran ? "ended" : "failed");
	show_progress(t);
}

static void name_failed(const struct tally *t, char *text, size_t size)
{
	unsigned int i, named = 0;
	size_t len = 0;

	for (i = 0; i < t->n; i++) {
		if (t->copy[i].state != TALLY_FAILED || named++ >= NAMED)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%u",
					len ? ", " : "", i + 1);
	}
	if (named > NAMED)
		snprintf(text + len, size - len, " and %u more", named - NAMED);
}

void tally_sum_up(struct tally *t, int sig)
{
	char which[32 * NAMED];

	if (t->summed_up)
		return;
	if (t->terminal)
		fputs("\033[K", stderr);
	t->summed_up = true;
	if (sig) {
		message("interrupted by SIG%s: %u of %u copies %s, nothing is "
			"left of the others",
			message_signal(sig), t->ran, t->n,
			t->detached ? "run" : "ran and got it, too");
	} else if (t->failed) {
		name_failed(t, which, sizeof(which));
		message("%u of %u copies failed, number %s%s", t->failed, t->n,
			which, t->ran ? "; the others run" : "");
	} else if (!t->json) {
		message("%u %s in %.2f s", t->n,
			t->n == 1 ? "copy runs" : "copies run",
			now() - t->start);
	}
}

int tally_status(const struct tally *t, int sig)
{
	unsigned int i;

	/* What was passed on to trees that ran is theirs to answer. */
	if (sig && (t->detached || t->ran == 0))
		return STATUS_SIGNAL + sig;
	for (i = 0; i < t->n; i++) {
		if (t->copy[i].state == TALLY_WAITS || !t->copy[i].status)
			continue;
		return t->detached ? 1 : t->copy[i].status;
	}
	return sig ? STATUS_SIGNAL + sig : 0;
}
