/* SPDX-License-Identifier: MIT */
#include "explain/obstacle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/report.h"
#include "explain/screen.h"
#include "explain/user.h"

/* The numbers that are looked for; those found have members. */
struct search {
	struct obstacle *list;
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct obstacle *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* What it is called while it is looked for: nobody's. */
static struct obstacle *lookup(const struct search *s, pid_t id)
{
	struct obstacle key = {.id = id};

	return s->n ? bsearch(&key, s->list, s->n, sizeof(key), compare) : NULL;
}

/* Who has the number for his own counts; else, the first of many. */
static void hold(const struct search *s, pid_t id, enum obstacle_kind kind,
		 const struct ns_stat *by)
{
	struct obstacle *o = lookup(s, id);

	if (!o)
		return;
	if (o->members && o->kind < kind)
		return;
	if (o->members && o->kind == kind) {
		o->members++;
		return;
	}
	o->kind = kind;
	o->by = *by;
	o->members = 1;
}

static int on_process(const struct ns_stat *p, void *data)
{
	/* We are gone when it matters. */
	if (p->pid == getpid())
		return 0;
	hold(data, p->pid, p->state == 'Z' ? OBSTACLE_ZOMBIE : OBSTACLE_PROCESS,
	     p);
	if (p->sid != p->pid)
		hold(data, p->sid, OBSTACLE_SESSION, p);
	if (p->pgid != p->pid)
		hold(data, p->pgid, OBSTACLE_GROUP, p);
	return 0;
}

static int on_thread(const struct ns_stat *p, pid_t tid, void *data)
{
	hold(data, tid, OBSTACLE_THREAD, p);
	return 0;
}

static int prepare(const struct image_tree *tree, struct search *s)
{
	size_t n;
	pid_t *id = image_numbers(tree, &n);

	if (!id)
		return -ENOMEM;
	s->list = calloc(n ? n : 1, sizeof(*s->list));
	for (size_t i = 0; s->list && i < n; i++)
		if (id[i] > 0 && (!s->n || s->list[s->n - 1].id != id[i]))
			s->list[s->n++].id = id[i];
	free(id);
	return s->list ? 0 : -ENOMEM;
}

int obstacle_find(const struct image_tree *tree, struct obstacles *ret)
{
	struct search s = {0};
	struct ns_stat parent;
	size_t n = 0;
	int err = prepare(tree, &s);

	if (!err)
		err = ns_stat_walk(on_process, on_thread, &s);
	for (size_t i = 0; i < s.n && !err; i++) {
		struct obstacle *o = &s.list[i];

		if (!o->members)
			continue;
		if (o->kind == OBSTACLE_ZOMBIE &&
		    !ns_stat_read(o->by.ppid, &parent))
			memcpy(o->parent, parent.name, sizeof(o->parent));
		s.list[n++] = *o;
	}
	if (err)
		free(s.list);
	else
		*ret = (struct obstacles){s.list, n};
	return err;
}

void obstacle_free(struct obstacles *all)
{
	free(all->list);
	*all = (struct obstacles){0};
}

pid_t obstacle_process(const struct obstacle *o)
{
	return o->kind == OBSTACLE_PROCESS || o->kind == OBSTACLE_THREAD
		       ? o->by.pid
		       : 0;
}

static const char *owner(pid_t pid, char *buf, size_t size)
{
	return user_name(ns_stat_owner(pid), buf, size);
}

/* As people say it: the two words that matter. */
static void age_words(uint64_t s, char *buf, size_t size)
{
	static const struct unit {
		uint64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		uint64_t n = s / units[i].seconds;

		if (!n)
			continue;
		snprintf(buf, size, "%" PRIu64 " %s%s", n, units[i].name,
			 n == 1 ? "" : "s");
		return;
	}
	snprintf(buf, size, "%" PRIu64 " second%s", s, s == 1 ? "" : "s");
}

void obstacle_sentence(const struct obstacle *o, char *buf, size_t size)
{
	char user[64], age[64];
	const char *name = owner(o->by.pid, user, sizeof(user));

	age_words(ns_stat_age(&o->by), age, sizeof(age));
	switch (o->kind) {
	case OBSTACLE_PROCESS:
		snprintf(buf, size, "process %d (%s) of user %s, for %s%s",
			 o->by.pid, o->by.name, name, age,
			 o->by.kthread ? ", a kernel thread" : "");
		break;
	case OBSTACLE_ZOMBIE:
		snprintf(buf, size,
			 "zombie %d (%s), which its parent %d (%s) has not "
			 "waited for",
			 o->by.pid, o->by.name, o->by.ppid, o->parent);
		break;
	case OBSTACLE_THREAD:
		snprintf(buf, size,
			 "a thread of process %d (%s) of user %s, for %s",
			 o->by.pid, o->by.name, name, age);
		break;
	default:
		snprintf(buf, size,
			 "the %s of %zu process%s, whose leader has ended: "
			 "%d (%s) of user %s%s",
			 o->kind == OBSTACLE_SESSION ? "session" : "group",
			 o->members, o->members == 1 ? "" : "es", o->by.pid,
			 o->by.name, name, o->members == 1 ? "" : ", for one");
	}
}

void obstacle_text(FILE *out, const struct obstacles *all)
{
	char text[512];

	for (size_t i = 0; i < all->n; i++) {
		obstacle_sentence(&all->list[i], text, sizeof(text));
		fprintf(out, "%7d  %s\n", all->list[i].id, text);
	}
}

static const char *kind_name(enum obstacle_kind kind)
{
	static const char *const names[] = {
		[OBSTACLE_PROCESS] = "process", [OBSTACLE_ZOMBIE] = "zombie",
		[OBSTACLE_THREAD] = "thread",	[OBSTACLE_SESSION] = "session",
		[OBSTACLE_GROUP] = "group",
	};

	return names[kind];
}

void obstacle_json(FILE *out, const struct obstacles *all)
{
	char user[64];

	fputc('[', out);
	for (size_t i = 0; i < all->n; i++) {
		const struct obstacle *o = &all->list[i];

		fprintf(out, "%s{\"id\":%d,\"held_as\":\"%s\",\"pid\":%d,",
			i ? "," : "", o->id, kind_name(o->kind), o->by.pid);
		fputs("\"command\":", out);
		report_string(out, o->by.name);
		fputs(",\"user\":", out);
		report_string(out, owner(o->by.pid, user, sizeof(user)));
		fprintf(out,
			",\"seconds\":%" PRIu64
			",\"parent\":%d,\"members\":%zu,"
			"\"kernel_thread\":%s}",
			ns_stat_age(&o->by), o->by.ppid, o->members,
			o->by.kthread ? "true" : "false");
	}
	fputc(']', out);
}

void obstacle_explain(struct findings *findings, const struct obstacles *all,
		      const char *program, const char *dir)
{
	const char *base[] = {program, "restore", "-D", dir, NULL};
	char text[512];

	for (size_t i = 0; i < all->n; i++) {
		const struct obstacle *o = &all->list[i];
		struct finding *f =
			finding_add(findings, "pid-taken", FINDING_CAUSE);

		obstacle_sentence(o, text, sizeof(text));
		finding_cause(f, "number %d is taken by %s", o->id, text);
		finding_value(f, "id", "%d", o->id);
		finding_value(f, "held_as", "%s", kind_name(o->kind));
		finding_value(f, "pid", "%d", o->by.pid);
		finding_value(f, "command", "%s", o->by.name);
		finding_cure(f, "restore it in a pid namespace of its own, "
				"where every number is free");
		if (i == 0)
			finding_command(f, base, 0);
	}
}
