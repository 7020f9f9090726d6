/* SPDX-License-Identifier: MIT */
#include "exec/copy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/message.h"

int copy_count(const struct argv *a, enum option_id id, unsigned int *ret)
{
	const struct argv_option *o = argv_find(a, id);
	unsigned long n;
	char *end;

	if (!o)
		return 0;
	n = strtoul(o->value, &end, 10);
	if (*end || strspn(o->value, "0123456789") == 0 || n == 0 ||
	    n > COPY_MAX)
		return message_fail("'%s' is no number from 1 to %d (--%s)",
				    o->value, COPY_MAX, o->row->name);
	*ret = (unsigned int)n;
	return 0;
}

static bool may_differ(enum option_id id)
{
	switch (id) {
	case OPT_PIDFILE:
	case OPT_WORK_DIR:
	case OPT_LOG_FILE:
	case OPT_HOSTNAME:
	case OPT_ROOT:
	case OPT_EXTERNAL:
	case OPT_INHERIT_FD:
	case OPT_JOIN_NS:
		return true;
	default:
		return false;
	}
}

/* Returns a new string, or NULL. */
static char *name(const char *text, unsigned int number)
{
	size_t size = 0;
	char *ret = NULL;
	FILE *out = open_memstream(&ret, &size);

	if (!out)
		return NULL;
	for (; *text; text++) {
		if (text[0] == '%' && text[1] == 'i')
			fprintf(out, "%u", number);
		else
			fputc(*text, out);
		text += text[0] == '%' && (text[1] == 'i' || text[1] == '%');
	}
	if (fclose(out) == 0)
		return ret;
	free(ret);
	return NULL;
}

int copy_name(struct argv *a, unsigned int number)
{
	struct argv_option *o;

	for (o = a->option + a->n_configured; o < a->option + a->n_options;
	     o++) {
		char *named;

		if (!may_differ(o->row->id))
			continue;
		named = name(o->value, number);
		if (!named)
			return -ENOMEM;
		free(o->value);
		o->value = named;
	}
	return 0;
}

bool copy_differs(const struct argv *a, enum option_id id)
{
	const char *at = argv_last(a, id);

	for (; at && (at = strchr(at, '%')); at += 2) {
		if (at[1] == 'i')
			return true;
		if (!at[1])
			break;
	}
	return false;
}
