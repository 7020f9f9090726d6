/* SPDX-License-Identifier: MIT */
#include "explain/fdinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *next_line(const char *at)
{
	at = strchr(at, '\n');
	return at && at[1] ? at + 1 : NULL;
}

/* The text behind "NAME:" and blanks, or NULL when the line is another one. */
static const char *value_of(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

/* "1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF" */
static void take_lock(struct fdinfo *f, const char *value)
{
	char kind[8];
	int pid;

	if (f->lock[0] || sscanf(value, "%*d: %7s %*s %*s %d", kind, &pid) != 2)
		return;
	snprintf(f->lock, sizeof(f->lock), "%s", kind);
	f->locker = pid;
}

static void take_line(struct fdinfo *f, const char *line)
{
	const char *value;

	if ((value = value_of(line, "flags")))
		f->flags = (unsigned int)strtoul(value, NULL, 8);
	else if ((value = value_of(line, "mnt_id")))
		f->mnt_id = atoi(value);
	else if ((value = value_of(line, "tty-index")))
		f->tty_index = atoi(value);
	else if ((value = value_of(line, "Pid")))
		f->pid = atoi(value);
	else if ((value = value_of(line, "lock")))
		take_lock(f, value);
}

void fdinfo_parse(const char *text, struct fdinfo *ret)
{
	const char *line;

	*ret = (struct fdinfo){.mnt_id = -1, .tty_index = -1};
	for (line = text; line && *line; line = next_line(line))
		take_line(ret, line);
}

int fdinfo_watched(const char *text, const char **at)
{
	const char *value, *line = *at ? next_line(*at) : text;

	for (; line && *line; line = next_line(line)) {
		value = value_of(line, "tfd");
		if (!value)
			continue;
		*at = line;
		return atoi(value);
	}
	return -1;
}
