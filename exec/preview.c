/* SPDX-License-Identifier: MIT */
#include "exec/preview.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "1048576", "4M": as CRIU takes it. */
static unsigned long long size_of(const char *text)
{
	unsigned long long value;
	char *end;

	value = strtoull(text, &end, 10);
	if (*end == 'K' || *end == 'k')
		value <<= 10;
	else if (*end == 'M' || *end == 'm')
		value <<= 20;
	else if (*end == 'G' || *end == 'g')
		value <<= 30;
	return value;
}

static void fill_flag(struct live_options *o, const struct argv_option *a)
{
	const struct {
		const char *name;
		bool *flag;
	} rows[] = {
		{"shell-job", &o->shell_job},
		{"file-locks", &o->file_locks},
		{"link-remap", &o->link_remap},
		{"evasive-devices", &o->evasive_devices},
		{"allow-uprobes", &o->allow_uprobes},
		{"tcp-established", &o->tcp_established},
		{"tcp-close", &o->tcp_close},
		{"skip-in-flight", &o->skip_in_flight},
		{"ext-unix-sk", &o->ext_unix_sk},
		{"auto-external", &o->auto_external},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, a->row->name))
			*rows[i].flag = !a->negated;
	if (!strcmp(a->row->name, "ghost-limit"))
		o->ghost_limit = size_of(a->value);
	else if (!strcmp(a->row->name, "network-lock"))
		o->network_lock = a->value;
}

static void fill_options(const struct argv *a, struct preview *p)
{
	size_t i, n = 0;

	for (i = 0; i < a->n_options; i++) {
		fill_flag(&p->live.options, &a->option[i]);
		if (a->option[i].row->id == OPT_EXTERNAL)
			p->external[n++] = a->option[i].value;
	}
	p->live.options.external = p->external;
}

/* What is of no meaning, or wrong, in a dump that is typed. */
static bool is_left_out(const struct argv_option *o)
{
	return o->row->id == OPT_TREE || o->row->id == OPT_JSON ||
	       o->row->id == OPT_NO_DEFAULT_CONFIG;
}

__attribute__((format(printf, 3, 4))) static bool put(char **words, size_t *n,
						      const char *fmt, ...)
{
	va_list args;
	char *word;
	int len;

	va_start(args, fmt);
	len = vasprintf(&word, fmt, args);
	va_end(args);
	if (len < 0)
		return false;
	words[(*n)++] = word;
	return true;
}

/* As one would type it. */
static bool put_option(char **words, size_t *n, const struct argv_option *o)
{
	const struct option_row *row = o->row;

	if (row->arg == ARG_OPTIONAL && o->value)
		return row->letter
			       ? put(words, n, "-%c%s", row->letter, o->value)
			       : put(words, n, "--%s=%s", row->name, o->value);
	if (row->letter && !o->negated
		    ? !put(words, n, "-%c", row->letter)
		    : !put(words, n, "--%s%s", o->negated ? "no-" : "",
			   row->name))
		return false;
	return !o->value || put(words, n, "%s", o->value);
}

static int fill_command(const struct argv *a, pid_t pid, struct preview *p)
{
	bool pre = !strcmp(a->action, "pre-dump"), ok;
	char number[16];
	size_t i, n = 0;

	p->command = calloc(2 * a->n_options + 5, sizeof(*p->command));
	if (!p->command)
		return -ENOMEM;
	snprintf(number, sizeof(number), "%d", pid);
	ok = put(p->command, &n, "%s", a->typed ? *a->typed : "criu-ns") &&
	     put(p->command, &n, "%s", pre ? a->action : "dump") &&
	     put(p->command, &n, "%s", "-t") &&
	     put(p->command, &n, "%s", number);
	for (i = 0; ok && i < a->n_options; i++)
		if (!is_left_out(&a->option[i]))
			ok = put_option(p->command, &n, &a->option[i]);
	return ok ? 0 : -ENOMEM;
}

static bool names_mounts(const char *const *external)
{
	for (; *external; external++)
		if (!strncmp(*external, "mnt", 3))
			return true;
	return false;
}

int preview_open(const struct argv *a, const struct target *t,
		 const struct criu *criu, struct preview *ret)
{
	struct live *l = &ret->live;
	int err;

	*ret = (struct preview){.live.pid = t->pid};
	ret->external = calloc(a->n_options + 1, sizeof(*ret->external));
	if (!ret->external)
		return -ENOMEM;
	fill_options(a, ret);
	err = fill_command(a, t->pid, ret);
	if (err)
		return err;
	l->command = (const char *const *)ret->command;
	l->criu_path = criu->path;
	l->criu_version = criu_version(criu);
	l->saves_mounts =
		t->way != TARGET_INSIDE && (t->other_mounts || t->pidns >= 0);
	l->finds_mounts = t->same_root && !names_mounts(ret->external);
	return 0;
}

void preview_close(struct preview *p)
{
	argv_build_free(p->command);
	free(p->external);
	*p = (struct preview){0};
}

/* Whether a word is in a command; with its value, if it has one. */
static bool has(char *const *command, char *const *option)
{
	for (; *command; command++)
		if (!strcmp(command[0], option[0]) &&
		    (!option[1] || option[1][0] == '-' ||
		     (command[1] && !strcmp(command[1], option[1]))))
			return true;
	return false;
}

/* Add the options that are not there yet. */
static bool merge(char **command, size_t *n, char *const *more)
{
	size_t len, i;

	for (; *more; more += len) {
		len = more[1] && more[1][0] != '-' ? 2 : 1;
		if (has(command, more))
			continue;
		for (i = 0; i < len; i++)
			if (!put(command, n, "%s", more[i]))
				return false;
	}
	return true;
}

static bool is_dump(const struct finding *f, const struct preview *p)
{
	return f->argv && f->weight != FINDING_LOSS &&
	       !strcmp(f->argv[0], p->command[0]);
}

char **preview_whole(const struct findings *all, const struct preview *p)
{
	size_t i, j, n = 0, room = 1, cures = 0;
	char **command;

	for (i = 0; i < all->n; i++) {
		if (!is_dump(&all->list[i], p))
			continue;
		cures++;
		for (j = 0; all->list[i].argv[j]; j++)
			room++;
	}
	command = cures < 2 ? NULL : calloc(room, sizeof(*command));
	for (i = 0; command && i < all->n; i++) {
		if (!is_dump(&all->list[i], p) ||
		    merge(command, &n, all->list[i].argv))
			continue;
		argv_build_free(command);
		return NULL;
	}
	return command;
}

static void cure_all_at_once(struct findings *all, const struct preview *p)
{
	char **command = preview_whole(all, p);
	bool first = true;
	size_t i;

	for (i = 0; command && i < all->n; i++) {
		if (!is_dump(&all->list[i], p))
			continue;
		if (first)
			finding_command(&all->list[i],
					(const char *const *)command, 0);
		else
			finding_no_command(&all->list[i]);
		first = false;
	}
	argv_build_free(command);
}

int preview_explain(const struct argv *a, const struct target *t,
		    const struct criu *criu, unsigned int parts,
		    struct findings *ret)
{
	struct preview p;
	int err;

	err = preview_open(a, t, criu, &p);
	if (!err)
		err = live_look(&p.live, parts, ret);
	if (!err)
		cure_all_at_once(ret, &p);
	preview_close(&p);
	return err;
}
