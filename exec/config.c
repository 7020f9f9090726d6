/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/config.h"

const char *config_global = "/etc/criu/default.conf";

/* Where we are in a file, for the sentence that says what is wrong. */
struct place {
	const char *path;
	unsigned int line;
	bool record; /* only what option_table says belongs into one */
	char *why;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct place *at,
							const char *format, ...)
{
	va_list args;
	int n;

	n = snprintf(at->why, ARGV_WHY, "%.255s:%u: ", at->path, at->line);
	va_start(args, format);
	vsnprintf(at->why + n, ARGV_WHY - n, format, args);
	va_end(args);
	return -EINVAL;
}

static char *skip_blanks(char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* \" stands for a quote, every other backslash for itself. */
static void unescape(char *value)
{
	char *to = value;

	for (; *value; value++)
		if (value[0] != '\\' || value[1] != '"')
			*to++ = *value;
	*to = '\0';
}

static int check_rest(const struct place *at, char *p)
{
	p = skip_blanks(p);
	if (*p && *p != '#')
		return refuse(at, "'%.99s' follows the value", p);
	return 0;
}

/* CRIU looks for comments in quotes as well and would cut the value there. */
static int take_quoted(const struct place *at, char *p, char **ret_value)
{
	char *end = p + 1;

	while (*end && (*end != '"' || end[-1] == '\\'))
		end++;
	if (!*end)
		return refuse(at, "the closing quote is missing");
	*end = '\0';
	if (strchr(p, '#'))
		return refuse(at, "CRIU takes '#' inside quotes for a comment");
	*ret_value = p + 1;
	return check_rest(at, end + 1);
}

/* CRIU takes tabs and carriage returns for a part of the value. */
static int take_plain(const struct place *at, char *p, char **ret_value)
{
	char *end = p + strcspn(p, " #");
	int r = 0;

	if (*end == ' ')
		r = check_rest(at, end);
	*end = '\0';
	for (*ret_value = p; *p; p++)
		if (isspace((unsigned char)*p))
			return refuse(at, "a tab or carriage return would "
					  "become part of the value");
	return r;
}

static int take_value(const struct place *at, char *p, char **ret_value)
{
	int r;

	p = skip_blanks(p);
	*ret_value = NULL;
	if (!*p || *p == '#')
		return 0;
	if (*p == '"')
		r = take_quoted(at, p, ret_value);
	else
		r = take_plain(at, p, ret_value);
	if (r == 0 && *ret_value)
		unescape(*ret_value);
	return r;
}

static int refuse_name(const struct place *at, const char *name, int err)
{
	return refuse(at, "option '%.99s' is %s", name,
		      err == EEXIST ? "ambiguous" : "unknown");
}

static int add(const struct place *at, struct argv *a, const char *name,
	       const char *after_equals, const char *after_blank)
{
	const char *value = after_equals;
	const struct option_row *row;
	bool negated;

	row = option_by_name(name, strlen(name), &negated);
	if (!row)
		return refuse_name(at, name, errno);
	if (row->ours || row->id == OPT_CONFIG ||
	    row->id == OPT_NO_DEFAULT_CONFIG)
		return refuse(at, "option '%s' belongs on the command line",
			      name);
	if (at->record && !row->record)
		return refuse(at, "option '%s' does not belong into a record",
			      name);
	/* To getopt, what follows a flag or an optional value is no option's.
	 */
	if (row->arg == ARG_REQUIRED && !value)
		value = after_blank;
	if (row->arg == ARG_NONE && value)
		return refuse(at, "option '%s' takes no value", name);
	if (row->arg == ARG_REQUIRED && !value)
		return refuse(at, "option '%s' needs a value", name);
	if (after_equals && (after_blank || *after_equals == '"'))
		return refuse(at, "a value after '=' can't have quotes or "
				  "blanks");
	return argv_append(a, row->name, negated, value);
}

/*
 * A name ends at the first space or, in a line without one, at the first tab,
 * as in CRIU.
 */
static int parse_line(const struct place *at, struct argv *a, char *line)
{
	char *name, *end, *equals, *after_equals = NULL, *after_blank = NULL;
	int r;

	name = skip_blanks(line);
	if (!*name || *name == '#')
		return 0;
	end = strchr(name, ' ');
	if (!end)
		end = strchr(name, '\t');
	if (end) {
		*end = '\0';
		r = take_value(at, end + 1, &after_blank);
		if (r < 0)
			return r;
	}
	equals = strchr(name, '=');
	if (equals) {
		*equals = '\0';
		after_equals = equals + 1;
	}
	return add(at, a, name, after_equals, after_blank);
}

static int parse_lines(struct place *at, struct argv *a, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = getline(&line, &size, file)) >= 0) {
		at->line++;
		if (strlen(line) != (size_t)n) {
			r = refuse(at, "there is a NUL byte in this line");
			break;
		}
		line[strcspn(line, "\n")] = '\0';
		r = parse_line(at, a, line);
	}
	if (r == 0 && !feof(file))
		r = -errno;
	free(line);
	return r;
}

static int cannot_read(const char *path, int err, char *why)
{
	if (err && !*why)
		snprintf(why, ARGV_WHY, "can't read '%.255s': %s", path,
			 strerror(-err));
	return err;
}

int config_parse(struct argv *a, const char *path, char *why)
{
	struct place at = {.path = path, .why = why};
	FILE *file;
	int r;

	*why = '\0';
	file = fopen(path, "re");
	if (!file)
		return cannot_read(path, -errno, why);
	r = parse_lines(&at, a, file);
	fclose(file);
	return cannot_read(path, r, why);
}

int config_parse_record(struct argv *a, FILE *file, const char *path, char *why)
{
	struct place at = {.path = path, .record = true, .why = why};

	*why = '\0';
	return cannot_read(path, parse_lines(&at, a, file), why);
}

/* A home of /dev/null is no reason to stop: ENOTDIR is "no such file" too. */
static int parse_if_there(struct argv *a, const char *path, char *why)
{
	int r = config_parse(a, path, why);

	return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

static int parse_default_files(struct argv *a, char *why)
{
	const char *home = getenv("HOME");
	char *path;
	int r;

	r = parse_if_there(a, config_global, why);
	if (r < 0 || !home)
		return r;
	if (asprintf(&path, "%s/.criu/default.conf", home) < 0)
		return -ENOMEM;
	r = parse_if_there(a, path, why);
	free(path);
	return r;
}

static int parse_all(struct argv *files, const struct argv *a, char *why)
{
	const char *env = getenv("CRIU_CONFIG_FILE");
	const char *file = argv_last(a, OPT_CONFIG);
	int r = 0;

	if (!file && !argv_flag(a, OPT_NO_DEFAULT_CONFIG))
		r = parse_default_files(files, why);
	if (r == 0 && env)
		r = parse_if_there(files, env, why);
	if (r == 0 && file)
		r = config_parse(files, file, why);
	return r;
}

int config_merge(struct argv *a, char *why)
{
	struct argv files = {0};
	int r;

	r = parse_all(&files, a, why);
	if (r < 0)
		goto out;
	argv_drop(a, OPT_CONFIG);
	argv_drop(a, OPT_NO_DEFAULT_CONFIG);
	r = argv_append(a, "no-default-config", false, NULL);
	if (r < 0)
		goto out;
	r = argv_insert(a, &files);
out:
	if (r == -ENOMEM)
		snprintf(why, ARGV_WHY, "out of memory");
	argv_free(&files);
	return r;
}
