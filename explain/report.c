/* SPDX-License-Identifier: MIT */
#include "explain/report.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where the text of a finding goes on, and its command stands. */
#define INDENT 2
#define COMMAND_INDENT 4

struct lines {
	char **line;
	size_t n;
};

static void lines_add(struct lines *to, size_t indent, const char *text,
		      size_t len)
{
	char **grown, *line;

	grown = realloc(to->line, (to->n + 1) * sizeof(*grown));
	if (!grown)
		return;
	to->line = grown;
	line = malloc(indent + len + 1);
	if (!line)
		return;
	memset(line, ' ', indent);
	memcpy(line + indent, text, len);
	line[indent + len] = '\0';
	to->line[to->n++] = line;
}

static void lines_free(struct lines *l)
{
	while (l->n)
		free(l->line[--l->n]);
	free(l->line);
	*l = (struct lines){0};
}

static void lines_print(FILE *out, const struct lines *l, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(out, "%s\n", l->line[i]);
}

/* A log is not ours: what it holds must not steer a terminal. */
static void make_harmless(char *text)
{
	unsigned char *c;

	for (c = (unsigned char *)text; *c; c++)
		if (*c < ' ' || *c == 0x7f ||
		    (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			*c = '?';
}

/* As many bytes as fill @columns, or all: a byte that goes on is no column. */
static size_t bytes_of(const char *text, size_t columns)
{
	size_t len = 0;

	while (text[len]) {
		if (((unsigned char)text[len] & 0xc0) != 0x80 && columns-- == 0)
			break;
		len++;
	}
	return len;
}

/* Where to break a line of which @len bytes fit: at a blank, if there is one */
static size_t break_at(const char *text, size_t len)
{
	size_t at = len;

	if (!text[len])
		return len;
	while (at && text[at] != ' ')
		at--;
	if (at)
		return at;
	/* A long word, a path say, is left whole. */
	return len + strcspn(text + len, " ");
}

static void wrap(struct lines *to, size_t indent, size_t width, char *text)
{
	const char *at = text;
	size_t room, len;

	make_harmless(text);
	do {
		room = width > indent + 20 ? width - indent : 20;
		len = width ? break_at(at, bytes_of(at, room)) : strlen(at);
		lines_add(to, indent, at, len);
		at += len;
		at += strspn(at, " ");
		if (indent < INDENT)
			indent = INDENT;
	} while (*at);
}

__attribute__((format(printf, 4, 5))) static void
wrapf(struct lines *to, size_t indent, size_t width, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return;
	wrap(to, indent, width, text);
	free(text);
}

static bool needs_quotes(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-./:=,+@%";

	return !*word || *word == '=' || word[strspn(word, plain)];
}

static bool has_control(const char *word)
{
	for (; *word; word++)
		if ((unsigned char)*word < ' ' || *word == 0x7f)
			return true;
	return false;
}

void report_quote(FILE *out, const char *word)
{
	bool control = has_control(word);

	if (!needs_quotes(word)) {
		fputs(word, out);
		return;
	}
	fputs(control ? "$'" : "'", out);
	for (; *word; word++) {
		if ((unsigned char)*word < ' ' || *word == 0x7f)
			fprintf(out, "\\%03o", (unsigned char)*word);
		else if (control && (*word == '\'' || *word == '\\'))
			fprintf(out, "\\%c", *word);
		else if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}

/* On one line, however long: it is there to be pasted. */
static void add_command(struct lines *to, char *const *argv)
{
	char *text = NULL;
	size_t size = 0, i;
	FILE *out;

	out = open_memstream(&text, &size);
	if (!out)
		return;
	for (i = 0; argv[i]; i++) {
		if (i)
			fputc(' ', out);
		report_quote(out, argv[i]);
	}
	if (fclose(out) == 0)
		lines_add(to, COMMAND_INDENT, text, size);
	free(text);
}

static void add_log(struct lines *to, const struct finding *f,
		    const struct report *how)
{
	/* Of what is unexplained the text is the cause. */
	const char *text = f->weight == FINDING_UNKNOWN ? NULL : f->line;

	if (!f->line_number && !text)
		return;
	if (!f->line_number)
		wrapf(to, INDENT, how->width, "log: %s", text);
	else
		wrapf(to, INDENT, how->width, "log: %s%sline %zu%s%s",
		      how->log ? how->log : "", how->log ? ", " : "",
		      f->line_number, text ? ": " : "", text ? text : "");
}

/* @also: a cause was shown before. */
static const char *label(const struct finding *f, bool also)
{
	switch (f->weight) {
	case FINDING_CAUSE:
		return also ? "also: " : "";
	case FINDING_LOSS:
		return "will be lost: ";
	case FINDING_FALLOUT:
		return "follows from it: ";
	case FINDING_NOISE:
		return "harmless: ";
	case FINDING_UNKNOWN:
		break;
	}
	return "unexplained: ";
}

static void add_details(struct lines *to, const struct finding *f,
			const struct report *how)
{
	if (f->cure)
		wrapf(to, INDENT, how->width, "%s%s", f->cure,
		      f->argv ? ":" : "");
	if (f->argv)
		add_command(to, f->argv);
	add_log(to, f, how);
	if (how->all && f->reference)
		wrapf(to, INDENT, how->width, "see %s", f->reference);
}

static bool is_shown(const struct finding *f, const struct report *how)
{
	return how->all ||
	       (f->weight != FINDING_FALLOUT && f->weight != FINDING_NOISE);
}

static size_t count_shown(const struct findings *all, size_t from,
			  const struct report *how)
{
	size_t n = 0;

	for (; from < all->n; from++)
		n += is_shown(&all->list[from], how);
	return n;
}

/* What was shown before. */
struct shown {
	bool any, cause;
};

/*
 * Prints a finding if it fits into @room lines.  The first one is printed
 * whatever its length, with less of its cause.  Returns how many lines it took,
 * 0: it was too long.
 */
static size_t print_finding(FILE *out, const struct finding *f,
			    const struct shown *s, size_t room,
			    const struct report *how)
{
	struct lines cause = {0}, rest = {0};
	size_t n_cause, n_rest, used = 0;

	wrapf(&cause, 0, how->width, "%s%s%s",
	      !s->any && how->prefix ? how->prefix : "", label(f, s->cause),
	      f->cause ? f->cause : f->id);
	add_details(&rest, f, how);
	n_rest = rest.n < room ? rest.n : room - 1;
	n_cause = cause.n <= room - n_rest ? cause.n : room - n_rest;
	if (!s->any || (n_cause == cause.n && n_rest == rest.n)) {
		lines_print(out, &cause, n_cause);
		lines_print(out, &rest, n_rest);
		used = n_cause + n_rest;
	}
	lines_free(&cause);
	lines_free(&rest);
	return used;
}

void report_text(FILE *out, const struct findings *all,
		 const struct report *how)
{
	size_t room = how->max_lines ? how->max_lines : SIZE_MAX;
	size_t i, used, more;
	struct shown s = {0};

	if (how->end)
		room--;
	for (i = 0; i < all->n; i++) {
		if (!is_shown(&all->list[i], how))
			continue;
		more = count_shown(all, i + 1, how);
		used = room > (more > 0) ? print_finding(out, &all->list[i], &s,
							 room - (more > 0), how)
					 : 0;
		if (!used) {
			fprintf(out, "  and %zu more\n", more + 1);
			break;
		}
		room -= used;
		s.any = true;
		s.cause |= all->list[i].weight == FINDING_CAUSE;
	}
	if (all->broken)
		fputs("  memory ran out: this is not all\n", out);
	if (how->end)
		fprintf(out, "  %s\n", how->end);
}
