/* SPDX-License-Identifier: MIT */
#include "explain/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS 512

void look_item(struct look_items *items, const char *fmt, ...)
{
	size_t used = strlen(items->text);
	char text[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	items->n++;
	/* Room for " and 4294967295 more" stays. */
	if (len < 0 || items->n > items->shown + 1 || items->shown >= 8 ||
	    used + strlen(text) + 24 > sizeof(items->text))
		return;
	snprintf(items->text + used, sizeof(items->text) - used, "%s%s",
		 used ? ", " : "", text);
	items->shown++;
}

const char *look_items_end(struct look_items *items)
{
	size_t used = strlen(items->text);

	if (items->n > items->shown)
		snprintf(items->text + used, sizeof(items->text) - used,
			 " and %zu more", items->n - items->shown);
	items->shown = items->n;
	return items->text;
}

struct finding *look_add(struct look *l, const char *id,
			 enum finding_weight weight, struct look_items *items,
			 const char *fmt, ...)
{
	struct finding *f = finding_add(l->all, id, weight);
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	finding_cause(f, "%s%s%s", text, items ? ": " : "",
		      items ? look_items_end(items) : "");
	return f;
}

static bool has_one_value(const char *option)
{
	return !strcmp(option, "--ghost-limit") ||
	       !strcmp(option, "--network-lock");
}

void look_command(struct look *l, struct finding *f, const char *const *words)
{
	const char *all[MAX_WORDS + 1];
	size_t n = 0, i;

	for (i = 0; l->live->command[i] && n < MAX_WORDS; i++) {
		/* Of two the last one counts: the first says nothing. */
		if (has_one_value(words[0]) &&
		    !strcmp(words[0], l->live->command[i]))
			i++;
		else
			all[n++] = l->live->command[i];
	}
	for (i = 0; words[i]; i++) {
		/* A command that is cut off would do something else. */
		if (n == MAX_WORDS)
			return;
		all[n++] = words[i];
	}
	all[n] = NULL;
	finding_command(f, all, 0);
}

const struct tree_process *look_root(const struct look *l)
{
	return l->tree->process;
}

bool look_is_external(const struct look *l, const char *value)
{
	const char *const *e = l->live->options.external;
	size_t len = strlen(value);

	for (; e && *e; e++)
		if (!strncmp(*e, value, len) &&
		    ((*e)[len] == '\0' || (*e)[len] == ':'))
			return true;
	return false;
}

bool look_criu_is(const struct look *l, int version)
{
	return l->live->criu_version <= 0 || l->live->criu_version >= version;
}

enum finding_weight look_left_out(const struct look *l)
{
	return l->live->options.auto_external ? FINDING_LOSS : FINDING_CAUSE;
}

unsigned long long look_ghost_size(const struct look *l, const struct stat *st)
{
	/* Since CRIU 3.18 a hole counts as nothing. */
	return look_criu_is(l, 31800) ? (unsigned long long)st->st_blocks * 512
				      : (unsigned long long)st->st_size;
}

unsigned long long look_ghost_limit(const struct look *l)
{
	unsigned long long limit = l->live->options.ghost_limit;

	return limit ? limit : 1ULL << 20;
}

const char *look_name(pid_t pid, char *buf)
{
	char path[32], name[32] = "?";
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, name, sizeof(name) - 1);
		close(fd);
	}
	if (n > 0)
		name[n - (name[n - 1] == '\n')] = '\0';
	snprintf(buf, 64, "%d (%s)", pid, name);
	return buf;
}

static void match(struct look_holder *list, size_t n, pid_t pid, int fd,
		  const char *link)
{
	uint32_t inode;
	size_t i;

	for (i = 0; i < n; i++) {
		inode = list[i].pid ? 0 : tree_inode(link, list[i].kind);
		if (!inode || inode != list[i].inode)
			continue;
		list[i].pid = pid;
		list[i].fd = fd;
	}
}

static void look_through(struct look_holder *list, size_t n, pid_t pid)
{
	char path[32], link[64];
	struct dirent *e;
	ssize_t len;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	fds = opendir(path);
	while (fds && (e = readdir(fds))) {
		len = readlinkat(dirfd(fds), e->d_name, link, sizeof(link) - 1);
		if (len <= 0)
			continue;
		link[len] = '\0';
		match(list, n, pid, atoi(e->d_name), link);
	}
	if (fds)
		closedir(fds);
}

void look_for_holders(const struct tree *t, struct look_holder *list, size_t n)
{
	struct dirent *e;
	pid_t pid;
	DIR *proc;

	if (!n)
		return;
	proc = opendir("/proc");
	while (proc && (e = readdir(proc))) {
		pid = atoi(e->d_name);
		if (pid > 0 && !tree_find(t, pid))
			look_through(list, n, pid);
	}
	if (proc)
		closedir(proc);
}
