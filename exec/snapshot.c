/* SPDX-License-Identifier: MIT */
#include "exec/snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ns/process.h"

__attribute__((format(printf, 2, 3))) static int add(struct snapshot *s,
						     const char *fmt, ...)
{
	size_t room = s->room ? 2 * s->room : 256;
	va_list args;
	char **grown;
	int n;

	if (s->n == s->room) {
		grown = reallocarray(s->line, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->line = grown;
		s->room = room;
	}
	va_start(args, fmt);
	n = vasprintf(&s->line[s->n], fmt, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	s->n++;
	return 0;
}

static FILE *open_of(pid_t pid, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return fopen(path, "re");
}

/* Of the numbers in all pid namespaces, the innermost. */
static const char *last_word(const char *text)
{
	const char *at = text + strlen(text);

	while (at > text && isspace((unsigned char)at[-1]))
		at--;
	while (at > text && !isspace((unsigned char)at[-1]))
		at--;
	return at;
}

static int add_status(struct snapshot *s, pid_t pid, pid_t inner)
{
	static const char *const whole[] = {
		"Name",	  "Umask",  "Uid",	  "Gid",    "Groups", "Threads",
		"SigBlk", "SigIgn", "SigCgt",	  "CapInh", "CapPrm", "CapEff",
		"CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"};
	char line[1024], *value;
	FILE *file = open_of(pid, "status");
	int err = 0;
	size_t i;

	while (file && !err && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(line, "NSpgid") || !strcmp(line, "NSsid"))
			err = add(s, "%d %s %s", inner,
				  line[2] == 'p' ? "group" : "session",
				  last_word(value));
		for (i = 0; i < sizeof(whole) / sizeof(*whole) && !err; i++)
			if (!strcmp(line, whole[i]))
				err = add(s, "%d %s%s", inner, line, value);
	}
	if (file)
		fclose(file);
	return err;
}

static int add_limits(struct snapshot *s, pid_t pid, pid_t inner)
{
	FILE *file = open_of(pid, "limits");
	char line[256];
	int err = 0;

	while (file && !err && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		err = add(s, "%d limit %s", inner, line);
	}
	if (file)
		fclose(file);
	return err;
}

/* socket:[4711] is another number after each restore. */
static void drop_number(char *link)
{
	char *at = strstr(link, ":[");

	if (at && *link != '/')
		*at = '\0';
}

static int add_link(struct snapshot *s, pid_t pid, pid_t inner,
		    const char *name, const char *more)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = '\0';
	drop_number(link);
	return add(s, "%d %s %s%s", inner, name, link, more);
}

static unsigned int flags_of(pid_t pid, const char *fd)
{
	char name[64], line[256];
	unsigned int flags = 0;
	FILE *file;

	snprintf(name, sizeof(name), "fdinfo/%.20s", fd);
	file = open_of(pid, name);
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	if (file)
		fclose(file);
	return flags;
}

static int add_descriptors(struct snapshot *s, pid_t pid, pid_t inner)
{
	char path[64], more[32];
	struct dirent *entry;
	int err = 0;
	DIR *list;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	list = opendir(path);
	while (list && !err && (entry = readdir(list))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "fd/%.20s", entry->d_name);
		snprintf(more, sizeof(more), " flags %o",
			 flags_of(pid, entry->d_name));
		err = add_link(s, pid, inner, path, more);
	}
	if (list)
		closedir(list);
	return err;
}

/* Each file once for each way in which it is mapped. */
static int add_maps(struct snapshot *s, pid_t pid, pid_t inner)
{
	FILE *file = open_of(pid, "maps");
	char *line = NULL, *path;
	size_t size = 0;
	char mode[8];
	int err = 0;

	while (file && !err && getline(&line, &size, file) > 0) {
		path = strchr(line, '/');
		if (!path || sscanf(line, "%*s %7s", mode) != 1)
			continue;
		path[strcspn(path, "\n")] = '\0';
		/* CRIU restores memory that is shared and has no name so. */
		if (!strncmp(path, "/memfd:/dev/zero", 16))
			path += strlen("/memfd:");
		err = add(s, "%d map %s %s", inner, mode, path);
	}
	free(line);
	if (file)
		fclose(file);
	return err;
}

static int add_process(struct snapshot *s, pid_t pid, pid_t parent)
{
	struct ns_process p;
	int err;

	if (ns_process_read(pid, &p) < 0)
		return 0;
	err = add(s, "%d parent %d", p.inner, parent);
	if (!err)
		err = add_status(s, pid, p.inner);
	if (!err)
		err = add_limits(s, pid, p.inner);
	if (!err)
		err = add_link(s, pid, p.inner, "cwd", "");
	if (!err)
		err = add_link(s, pid, p.inner, "root", "");
	if (!err)
		err = add_link(s, pid, p.inner, "exe", "");
	if (!err)
		err = add_descriptors(s, pid, p.inner);
	return err ? err : add_maps(s, pid, p.inner);
}

struct waiting {
	pid_t pid, parent; /* outer, inner */
};

/* More children than that are more than CRIU would like, too. */
enum { CHILDREN_MAX = 4096 };

static int add_children(struct waiting **list, size_t *n, pid_t pid)
{
	struct waiting *grown;
	struct ns_process p;
	pid_t *child;
	int i, found;

	child = calloc(CHILDREN_MAX, sizeof(*child));
	if (!child)
		return -ENOMEM;
	found = ns_process_children(pid, child, CHILDREN_MAX);
	if (found <= 0 || ns_process_read(pid, &p) < 0) {
		free(child);
		return 0;
	}
	grown = reallocarray(*list, *n + (size_t)found, sizeof(*grown));
	if (grown) {
		*list = grown;
		for (i = 0; i < found; i++)
			grown[(*n)++] = (struct waiting){child[i], p.inner};
	}
	free(child);
	return grown ? 0 : -ENOMEM;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_doubles(struct snapshot *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++) {
		if (n && !strcmp(s->line[n - 1], s->line[i]))
			free(s->line[i]);
		else
			s->line[n++] = s->line[i];
	}
	s->n = n;
}

int snapshot_take(pid_t root, struct snapshot *ret)
{
	struct waiting *list, at;
	size_t n = 1;
	int err = 0;

	*ret = (struct snapshot){0};
	list = malloc(sizeof(*list));
	if (!list)
		return -ENOMEM;
	list[0] = (struct waiting){root, 0};
	while (n && !err) {
		at = list[--n];
		err = add_process(ret, at.pid, at.parent);
		if (!err)
			err = add_children(&list, &n, at.pid);
	}
	free(list);
	if (!err && ret->n) {
		qsort(ret->line, ret->n, sizeof(*ret->line), by_text);
		drop_doubles(ret);
	}
	return err;
}

void snapshot_free(struct snapshot *s)
{
	while (s->n)
		free(s->line[--s->n]);
	free(s->line);
	*s = (struct snapshot){0};
}

static bool knows_process(const struct snapshot *s, const char *line)
{
	size_t len = strcspn(line, " ") + 1, i;

	for (i = 0; i < s->n; i++)
		if (!strncmp(s->line[i], line, len))
			return true;
	return false;
}

/* Of a process that only one of them has, the name is enough. */
static size_t put(FILE *out, char sign, const char *line,
		  const struct snapshot *other)
{
	if (!strstr(line, " Name\t") && !knows_process(other, line))
		return 0;
	fprintf(out, "# %c ", sign);
	for (; *line; line++)
		fputc((unsigned char)*line < ' ' ? ' ' : *line, out);
	fputc('\n', out);
	return 1;
}

size_t snapshot_compare(const struct snapshot *before,
			const struct snapshot *after, FILE *out)
{
	size_t i = 0, j = 0, changes = 0;
	int order;

	while (i < before->n || j < after->n) {
		order = i == before->n ? 1
			: j == after->n
				? -1
				: strcmp(before->line[i], after->line[j]);
		if (order < 0)
			changes += put(out, '-', before->line[i], after);
		else if (order > 0)
			changes += put(out, '+', after->line[j], before);
		i += order <= 0;
		j += order >= 0;
	}
	return changes;
}
