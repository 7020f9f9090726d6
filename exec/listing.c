/* SPDX-License-Identifier: MIT */
#include "exec/listing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explain/picture.h"
#include "explain/report.h"
#include "explain/user.h"

enum column {
	PID,
	USER,
	HOW,
	SINCE,
	GENERATION,
	CHECKPOINT,
	MEMORY,
	DIRECTORY,
	COMMAND,
	N_COLUMNS,
};

static const struct {
	const char *name;
	bool right;
} columns[] = {
	[PID] = {"PID", true},
	[USER] = {"USER", false},
	[HOW] = {"HOW", false},
	[SINCE] = {"SINCE", false},
	[GENERATION] = {"GENERATION", true},
	[CHECKPOINT] = {"CHECKPOINT", false},
	[MEMORY] = {"MEMORY", true},
	[DIRECTORY] = {"DIRECTORY", false},
	[COMMAND] = {"COMMAND", false},
};

struct row {
	char text[DIRECTORY][48];
	char dir[PATH_MAX];
	const char *command;
};

static const char *cell(const struct row *r, int c)
{
	if (c == COMMAND)
		return r->command;
	return c == DIRECTORY ? r->dir : r->text[c];
}

static void put_time(char *buf, size_t size, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!seconds || !localtime_r(&t, &tm) ||
	    !strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(buf, size, "-");
}

static const char *how(const struct census_tree *t)
{
	return t->title.started ? "started" : "restored";
}

static void fill(const struct census_tree *t, struct row *r)
{
	char(*text)[sizeof(*r->text)] = r->text, size[16];

	if (t->root)
		snprintf(text[PID], sizeof(*text), "%d", t->root);
	else
		snprintf(text[PID], sizeof(*text), "-");
	user_name(t->uid, text[USER], sizeof(*text));
	snprintf(text[HOW], sizeof(*text), "%s", how(t));
	put_time(text[SINCE], sizeof(*text), t->since);
	snprintf(text[GENERATION], sizeof(*text), "%u", t->title.generation);
	put_time(text[CHECKPOINT], sizeof(*text), t->title.checkpoint);
	picture_size(t->memory, size, sizeof(size));
	snprintf(text[MEMORY], sizeof(*text), "%s%s",
		 t->shared_twice ? "<" : "", size);
	snprintf(r->dir, sizeof(r->dir), "%s",
		 *t->title.dir ? t->title.dir : "-");
	screen_harmless(r->dir);
	r->command = t->command;
}

/* In characters of UTF-8. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void put_cell(FILE *out, int c, const char *text, size_t wide)
{
	int blanks = (int)(wide - width(text));

	if (columns[c].right)
		fprintf(out, "%*s%s  ", blanks, "", text);
	else
		fprintf(out, "%s%*s  ", text, blanks, "");
}

/* Row 0 is the headline. */
static int print_row(const struct screen *to, const struct row *r,
		     const size_t *wide)
{
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return -ENOMEM;
	for (int c = 0; c < COMMAND; c++)
		put_cell(out, c, r ? cell(r, c) : columns[c].name, wide[c]);
	fputs(r ? cell(r, COMMAND) : columns[COMMAND].name, out);
	if (fclose(out) == EOF) {
		free(line);
		return -ENOMEM;
	}
	screen_line(to, !r, "%s", line);
	free(line);
	return 0;
}

int listing_text(const struct screen *to, const struct census *all)
{
	struct row *row = calloc(all->n + 1, sizeof(*row));
	size_t wide[COMMAND], i, n;
	int c, err;

	if (!row)
		return -ENOMEM;
	for (i = 0; i < all->n; i++)
		fill(&all->list[i], &row[i]);
	for (c = 0; c < COMMAND; c++) {
		wide[c] = width(columns[c].name);
		for (i = 0; i < all->n; i++) {
			n = width(cell(&row[i], c));
			wide[c] = n > wide[c] ? n : wide[c];
		}
	}
	err = print_row(to, NULL, wide);
	for (i = 0; i < all->n && !err; i++)
		err = print_row(to, &row[i], wide);
	free(row);
	return err;
}

static void put_number(FILE *out, const char *name, int64_t n)
{
	if (n)
		fprintf(out, ",\"%s\":%" PRId64, name, n);
	else
		fprintf(out, ",\"%s\":null", name);
}

static void put_tree(FILE *out, const struct census_tree *t)
{
	char user[64];

	fprintf(out, "{\"init\":%d", t->init);
	put_number(out, "pid", t->root);
	fprintf(out, ",\"inner_pid\":%d,\"uid\":%" PRId64 ",\"user\":",
		t->title.root, t->uid);
	report_string(out, user_name(t->uid, user, sizeof(user)));
	fprintf(out, ",\"how\":\"%s\"", how(t));
	put_number(out, "since", t->since);
	fputs(",\"directory\":", out);
	if (*t->title.dir)
		report_string(out, t->title.dir);
	else
		fputs("null", out);
	fprintf(out, ",\"generation\":%u", t->title.generation);
	put_number(out, "checkpoint", t->title.checkpoint);
	fprintf(out,
		",\"processes\":%zu,\"memory\":%" PRIu64
		",\"memory_is\":\"%s\",\"command\":",
		t->n_processes, t->memory, t->shared_twice ? "rss" : "pss");
	report_string(out, t->command);
	fputc('}', out);
}

void listing_json(FILE *out, const struct census *all)
{
	fputs("{\"trees\":[", out);
	for (size_t i = 0; i < all->n; i++) {
		if (i)
			fputc(',', out);
		put_tree(out, &all->list[i]);
	}
	fputs("]}\n", out);
}
