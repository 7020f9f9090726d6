/* SPDX-License-Identifier: MIT */
#include "explain/match.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_literal(const char *pattern)
{
	return pattern + strcspn(pattern, "{");
}

static size_t number_length(const char *text, char kind)
{
	size_t len = 0, digits;

	if (kind == 'd' && *text == '-')
		len++;
	if (kind == 'x' && text[0] == '0' && text[1] == 'x')
		len += 2;
	for (digits = 0; kind == 'x' ? isxdigit((unsigned char)text[len])
				     : isdigit((unsigned char)text[len]);
	     digits++)
		len++;
	return digits ? len : 0;
}

static bool match_here(const char *pattern, const char *text,
		       struct match_values *v);

static bool keep(struct match_values *v, const char *name, size_t name_len,
		 const char *text, size_t len)
{
	if (!name_len)
		return true;
	if (v->n == MATCH_MAX)
		return false;
	v->value[v->n++] = (struct match_value){name, text, name_len, len};
	return true;
}

/* @pattern is behind the '{'. */
static bool match_value(const char *pattern, const char *text,
			struct match_values *v)
{
	size_t name_len = strcspn(pattern, ":}"), n = v->n, len;
	const char *next = strchr(pattern, '}') + 1;

	if (pattern[name_len] == ':') {
		len = number_length(text, pattern[name_len + 1]);
		return len && keep(v, pattern, name_len, text, len) &&
		       match_here(next, text + len, v);
	}
	if (!*next)
		return (*text || !name_len) &&
		       keep(v, pattern, name_len, text, strlen(text));
	for (len = name_len > 0; len <= strlen(text); len++) {
		v->n = n;
		if (keep(v, pattern, name_len, text, len) &&
		    match_here(next, text + len, v))
			return true;
	}
	return false;
}

static bool match_here(const char *pattern, const char *text,
		       struct match_values *v)
{
	while (*pattern && *pattern != '{') {
		if (pattern[0] == '$' && !pattern[1])
			return !*text;
		if (*pattern++ != *text++)
			return false;
	}
	return !*pattern || match_value(pattern + 1, text, v);
}

bool match_text(const char *pattern, const char *text, struct match_values *ret)
{
	struct match_values v;

	if (!ret)
		ret = &v;
	ret->n = 0;
	if (*pattern == '^')
		return match_here(pattern + 1, text, ret);
	do {
		ret->n = 0;
		if ((*pattern == *text || *pattern == '{') &&
		    match_here(pattern, text, ret))
			return true;
	} while (*text++);
	return false;
}

const char *match_anchor(const char *pattern)
{
	const char *best = NULL, *end;
	size_t longest = MATCH_ANCHOR - 1, len;

	if (*pattern == '^')
		pattern++;
	while (*pattern) {
		end = skip_literal(pattern);
		len = (size_t)(end - pattern);
		if (len && !*end && end[-1] == '$')
			len--;
		/* The end differs more than the start: "Can't ..." */
		if (len > longest) {
			longest = len;
			best = pattern + len - MATCH_ANCHOR;
		}
		if (!*end)
			break;
		pattern = strchr(end, '}') + 1;
	}
	return best;
}

/* Print a template up to "]]" or the end; false: a value is not known. */
static bool expand_part(FILE *out, const char **template, match_lookup *lookup,
			const void *from)
{
	const char *at = *template, *text;
	bool known = true;
	size_t name_len, len;

	while (*at && strncmp(at, "]]", 2) != 0 && strncmp(at, "[[", 2) != 0) {
		if (*at != '{') {
			fputc(*at++, out);
			continue;
		}
		name_len = strcspn(at, "}") - 1;
		text = lookup(from, at + 1, name_len, &len);
		known &= text != NULL;
		if (text)
			fwrite(text, 1, len, out);
		at += name_len + 2;
	}
	*template = at;
	return known;
}

/* "[[ ... ]]", all or nothing. */
static void expand_option(FILE *out, const char **template,
			  match_lookup *lookup, const void *from)
{
	char *text = NULL;
	size_t size = 0;
	FILE *part = open_memstream(&text, &size);
	bool known;

	*template += 2;
	if (!part)
		return;
	known = expand_part(part, template, lookup, from);
	if (fclose(part) == 0 && known)
		fputs(text, out);
	free(text);
	if (**template)
		*template += 2;
}

char *match_expand(const char *template, match_lookup *lookup, const void *from)
{
	bool known = true;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	while (*template) {
		known &= expand_part(out, &template, lookup, from);
		if (*template)
			expand_option(out, &template, lookup, from);
	}
	if (fclose(out) == 0 && known)
		return text;
	free(text);
	return NULL;
}
