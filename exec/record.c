/* SPDX-License-Identifier: MIT */
#include "exec/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "exec/config.h"
#include "image/image.h"

/* Until it is complete: what ends in .tmp is no record. */
#define TEMPORARY RECORD_NAME ".tmp"
#define FITS "# image: "
#define GENERATION "# generation: "
#define COMMAND "command"

/* --- Writing -------------------------------------------------------------- */

/* A command line may hold anything, a newline that starts a statement, too. */
static void put_comment(FILE *out, const char *label, const char *text)
{
	fprintf(out, "# %s: ", label);
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text,
		      out);
	fputc('\n', out);
}

static void put_facts(FILE *out, const struct record *r, uint64_t print)
{
	time_t now = time(NULL);
	struct utsname host;
	char text[96] = "";
	struct tm tm;

	fprintf(out, "# What criu-ns restore has to be told about the image in "
		     "this directory.\n# What is typed wins over it; "
		     "--no-record leaves it unread.\n#\n");
	if (gmtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(out, "# time: %s\n# criu-ns: %s\n", text, r->program);
	if (r->criu > 0)
		fprintf(out, "# criu: %d.%d.%d\n", r->criu / 10000,
			r->criu / 100 % 100, r->criu % 100);
	if (uname(&host) == 0)
		fprintf(out, "# kernel: %s %s %s\n", host.sysname, host.release,
			host.machine);
	if (r->inner > 0)
		fprintf(out, "# root: %d, outside %d\n", r->inner, r->outer);
	else
		fprintf(out, "# root: outside %d\n", r->outer);
	fprintf(out, GENERATION "%u\n", r->generation);
	fprintf(out, FITS "%016llx\n", (unsigned long long)print);
	put_comment(out, COMMAND, r->command);
}

int record_turn(const struct argv_option *o, char **ret)
{
	const char *value = o->value, *key, *rest;
	int n;

	if (o->row->id == OPT_EXT_MOUNT_MAP) {
		rest = strchr(value, ':');
		n = rest ? asprintf(ret, "%s:%.*s", rest + 1,
				    (int)(rest - value), value)
			 : asprintf(ret, "%s", value);
		return n < 0 ? -ENOMEM : 0;
	}
	rest = strchr(value, ']');
	if (strncmp(value, "mnt[", 4) != 0 || !rest)
		return -ENOENT;
	key = value + 4;
	if (rest == key)
		n = asprintf(ret, "%s", value);
	else if (rest[1] == ':' && rest[2] == '/' && *key == '/')
		n = asprintf(ret, "mnt[%s]:%s", rest + 2, rest + 2);
	else if (rest[1] == ':' && rest[2])
		n = asprintf(ret, "mnt[%s]:%.*s", rest + 2, (int)(rest - key),
			     key);
	else
		return -ENOENT;
	return n < 0 ? -ENOMEM : 0;
}

/* What config_parse() would not read back as it was. */
static bool has_syntax(const struct argv_option *o, const char *value)
{
	const char *p;

	for (p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == '#' || *p == '"' ||
		    *p == '\\' || (*p == ' ' && o->row->arg == ARG_OPTIONAL))
			return false;
	return *value != '\0';
}

static void put_value(FILE *out, const struct argv_option *o, const char *value)
{
	if (!has_syntax(o, value)) {
		put_comment(out, o->row->name, value);
		fprintf(out, "# (to be typed: it can't be written here)\n");
	} else if (o->row->arg == ARG_OPTIONAL) {
		fprintf(out, "%s=%s\n", o->row->name, value);
	} else {
		fprintf(out, "%s \"%s\"\n", o->row->name, value);
	}
}

static int put_option(FILE *out, const struct argv_option *o)
{
	char *turned = NULL;
	int err = 0;

	fprintf(out, "\n# %s\n", o->row->record);
	if (o->row->id == OPT_EXTERNAL || o->row->id == OPT_EXT_MOUNT_MAP) {
		err = record_turn(o, &turned);
		if (!err)
			put_value(out, o, turned);
		else if (err == -ENOENT)
			put_comment(out, "to be given back by an option",
				    o->value);
	} else if (o->value) {
		put_value(out, o, o->value);
	} else {
		fprintf(out, "%s\n", o->row->name);
	}
	free(turned);
	return err == -ENOMEM ? err : 0;
}

/* Of those that don't add up, the last one counts. */
static bool counts(const struct argv *a, size_t at)
{
	const struct option_row *row = a->option[at].row;
	size_t i;

	if (row->id == OPT_EXTERNAL || row->id == OPT_EXT_MOUNT_MAP ||
	    row->id == OPT_ENABLE_FS)
		return true;
	for (i = at + 1; i < a->n_options; i++)
		if (a->option[i].row == row)
			return false;
	return !a->option[at].negated;
}

static int put_options(FILE *out, const struct argv *a)
{
	size_t i;
	int err = 0;

	for (i = 0; i < a->n_options && !err; i++)
		if (a->option[i].row->record && counts(a, i))
			err = put_option(out, &a->option[i]);
	return err;
}

int record_write(int dir, const struct argv *a, const struct record *facts)
{
	uint64_t print = 0;
	FILE *out;
	int fd, err;

	err = image_fingerprint(dir, &print);
	if (err)
		return err;
	if (unlinkat(dir, TEMPORARY, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	out = fdopen(fd, "w");
	if (!out) {
		err = -errno;
		close(fd);
		return err;
	}
	put_facts(out, facts, print);
	err = put_options(out, a);
	if ((ferror(out) || fflush(out) == EOF) && !err)
		err = -EIO;
	if (fclose(out) == EOF && !err)
		err = -errno;
	if (!err && renameat(dir, TEMPORARY, dir, RECORD_NAME) < 0)
		err = -errno;
	if (err)
		unlinkat(dir, TEMPORARY, 0);
	return err;
}

/* --- Reading -------------------------------------------------------------- */

static const char *distrust(const struct stat *s)
{
	if (!S_ISREG(s->st_mode))
		return "it is no regular file";
	if (s->st_uid != 0 && s->st_uid != getuid())
		return "it belongs to another user";
	if (s->st_mode & (S_IWGRP | S_IWOTH))
		return "others may write to it";
	return NULL;
}

static int open_trusted(int dir, const char *path, char *why)
{
	const char *wrong;
	struct stat s;
	int fd, err;

	fd = openat(dir, RECORD_NAME,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		err = -errno;
	else
		err = fstat(fd, &s) < 0 ? -errno : 0;
	if (err == -ENOENT)
		return err;
	wrong = err == -ELOOP ? "it is a symbolic link"
		: err	      ? strerror(-err)
			      : distrust(&s);
	if (!wrong)
		return fd;
	if (fd >= 0)
		close(fd);
	snprintf(why, ARGV_WHY,
		 "the record '%.255s/" RECORD_NAME "' is not read: %s "
		 "(--no-record restores without it)",
		 path, wrong);
	return err ? err : -EACCES;
}

/* One that somebody wrote by hand says nothing about the image. */
static bool fits(FILE *file, int dir)
{
	unsigned long long print;
	uint64_t is = 0;
	bool fits = true;
	char line[256];

	/* The first one: what comes after it may be a part of the command. */
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, FITS "%llx", &print) == 1) {
			fits = image_fingerprint(dir, &is) == 0 && is == print;
			break;
		}
	rewind(file);
	return fits;
}

static size_t key_length(const struct argv_option *o)
{
	return strcspn(o->value, o->row->id == OPT_EXTERNAL ? "]" : ":");
}

/* Whether a typed option makes a recorded one void. */
static bool replaces(const struct argv_option *typed,
		     const struct argv_option *old)
{
	enum option_id t = typed->row->id, o = old->row->id;
	size_t len;

	if ((t == OPT_TCP_CLOSE && o == OPT_TCP_ESTABLISHED) ||
	    (t == OPT_TCP_ESTABLISHED && o == OPT_TCP_CLOSE))
		return !typed->negated;
	if (typed->row != old->row)
		return false;
	if (t != OPT_EXTERNAL && t != OPT_EXT_MOUNT_MAP)
		return true;
	len = key_length(typed);
	return len == key_length(old) &&
	       !strncmp(typed->value, old->value, len);
}

static void give_way(struct argv *record, const struct argv *a)
{
	size_t i, j, n = 0;

	for (i = 0; i < record->n_options; i++) {
		for (j = a->n_configured; j < a->n_options; j++)
			if (replaces(&a->option[j], &record->option[i]))
				break;
		if (j == a->n_options)
			record->option[n++] = record->option[i];
		else
			free(record->option[i].value);
	}
	record->n_options = n;
}

/* A descriptor, a file of the caller's: the allow-list ends at mounts. */
static int check_externals(const struct argv *record, const char *path,
			   char *why)
{
	size_t i;

	for (i = 0; i < record->n_options; i++) {
		if (record->option[i].row->id != OPT_EXTERNAL ||
		    !strncmp(record->option[i].value, "mnt[", 4))
			continue;
		snprintf(why, ARGV_WHY,
			 "%.255s: 'external %.99s' does not belong into a "
			 "record",
			 path, record->option[i].value);
		return -EINVAL;
	}
	return 0;
}

int record_read(struct argv *a, int dir, const char *path, char *why)
{
	struct argv record = {0};
	char *name = NULL;
	FILE *file;
	int fd, err;

	fd = open_trusted(dir, path, why);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	file = fdopen(fd, "r");
	if (!file || asprintf(&name, "%s/" RECORD_NAME, path) < 0) {
		snprintf(why, ARGV_WHY, "%s", strerror(ENOMEM));
		if (file)
			fclose(file);
		else
			close(fd);
		return -ENOMEM;
	}
	if (fits(file, dir)) {
		err = config_parse_record(&record, file, name, why);
		if (!err)
			err = check_externals(&record, name, why);
		give_way(&record, a);
		if (!err)
			err = argv_insert(a, &record);
	} else {
		snprintf(why, ARGV_WHY,
			 "'%.255s' belongs to another dump than the images "
			 "beside it and is left unread",
			 name);
		err = 1;
	}
	fclose(file);
	free(name);
	argv_free(&record);
	return err;
}

unsigned int record_generation(int dir)
{
	char why[ARGV_WHY], line[256];
	unsigned long n = 0;
	FILE *file;
	int fd;

	fd = open_trusted(dir, "", why);
	if (fd < 0)
		return 0;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return 0;
	}
	/* What comes after the command may be a part of it. */
	if (fits(file, dir))
		while (fgets(line, sizeof(line), file) &&
		       strncmp(line, "# " COMMAND ":", strlen(COMMAND) + 3) &&
		       !n)
			if (!strncmp(line, GENERATION, strlen(GENERATION)))
				n = strtoul(line + strlen(GENERATION), NULL,
					    10);
	fclose(file);
	return n < INT_MAX ? (unsigned int)n : 0;
}
