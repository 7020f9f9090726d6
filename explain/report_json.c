/* SPDX-License-Identifier: MIT */
#include "explain/report.h"

#include <string.h>

/* Length of the UTF-8 character at @s, 0 when it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t len, i;

	if (*s < 0x80)
		return 1;
	if (*s >= 0xc2 && *s < 0xe0)
		len = 2;
	else if (*s >= 0xe0 && *s < 0xf0)
		len = 3;
	else if (*s >= 0xf0 && *s < 0xf5)
		len = 4;
	else
		return 0;
	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong, surrogates, beyond U+10FFFF */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

void report_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len;

	fputc('"', out);
	while (*s) {
		len = utf8_length(s);
		if (!len)
			fputs("\\ufffd", out);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(out, "\\u%04x", *s);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
	fputc('"', out);
}

static const char *weight_name(enum finding_weight weight)
{
	static const char *const name[] = {
		[FINDING_CAUSE] = "cause",	   [FINDING_LOSS] = "loss",
		[FINDING_FALLOUT] = "fallout",	   [FINDING_NOISE] = "noise",
		[FINDING_UNKNOWN] = "unexplained",
	};

	return name[weight];
}

static void member(FILE *out, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(out, ",\"%s\":", name);
	report_string(out, text);
}

static void print_values(FILE *out, const struct finding *f)
{
	size_t i;

	fputs(",\"values\":{", out);
	for (i = 0; i < f->n_values; i++) {
		if (i)
			fputc(',', out);
		report_string(out, f->value[i].name);
		fputc(':', out);
		report_string(out, f->value[i].text);
	}
	fputc('}', out);
}

static void print_argv(FILE *out, char *const *argv)
{
	size_t i;

	if (!argv)
		return;
	fputs(",\"argv\":[", out);
	for (i = 0; argv[i]; i++) {
		if (i)
			fputc(',', out);
		report_string(out, argv[i]);
	}
	fputc(']', out);
}

static void print_finding(FILE *out, const struct finding *f, const char *log)
{
	fputs("{\"id\":", out);
	report_string(out, f->id);
	member(out, "weight", weight_name(f->weight));
	member(out, "cause", f->cause ? f->cause : f->id);
	print_values(out, f);
	member(out, "cure", f->cure);
	print_argv(out, f->argv);
	member(out, "reference", f->reference);
	if (f->line_number) {
		member(out, "log", log);
		fprintf(out, ",\"line\":%zu", f->line_number);
	}
	member(out, "text", f->line);
	fputc('}', out);
}

void report_json(FILE *out, const struct findings *all,
		 const struct report *how)
{
	size_t i;

	fputs("{\"findings\":[", out);
	for (i = 0; i < all->n; i++) {
		if (i)
			fputc(',', out);
		print_finding(out, &all->list[i], how->log);
	}
	fputs(all->broken ? "],\"complete\":false}\n" : "]}\n", out);
}
