/* SPDX-License-Identifier: MIT */
#include "explain/picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explain/entry.h"
#include "explain/user.h"

enum {
	DEPTH_MAX = 64, /* deeper trees are drawn without more indentation */
	TAKEN_MAX = 8,
};

void picture_size(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "BKMGTP";
	uint64_t n = bytes, rest = 0;
	size_t unit = 0;

	while (n >= 1024 && units[unit + 1]) {
		rest = n % 1024;
		n /= 1024;
		unit++;
	}
	if (n < 10 && unit > 1)
		snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%c", n,
			 rest * 10 / 1024, units[unit]);
	else
		snprintf(buf, size, "%" PRIu64 "%c", n, units[unit]);
}

void picture_command(const struct image_process *p, char *buf, size_t size)
{
	if (p->title)
		snprintf(buf, size, "%s", p->title);
	else
		snprintf(buf, size, "[%s]", *p->name ? p->name : "?");
}

static const char *owner(const struct image_process *p, char *buf, size_t size)
{
	return p->has_owner ? user_name(p->uid, buf, size) : "-";
}

static const char *state(const struct image_task *t,
			 const struct image_process *p)
{
	if (!p->known)
		return "?";
	return t->zombie ? "zombie" : p->stopped ? "stopped" : "alive";
}

static void draw_process(const struct screen *to, const struct picture *p,
			 size_t i, const char *branch)
{
	const struct image_task *t = &p->image->tree.task[i];
	const struct image_process *process = &p->image->process[i];
	char user[64], memory[16] = "-", command[4096];

	if (process->shares_memory == i && !t->zombie)
		picture_size(process->memory + process->parent_memory, memory,
			     sizeof(memory));
	picture_command(process, command, sizeof(command));
	screen_line(to, false, "%7d %7d %7d %4zu %-7s %6s %-8.8s %s%s%s",
		    t->pid, t->pgid, t->sid, t->n_threads, state(t, process),
		    memory, owner(process, user, sizeof(user)), branch, command,
		    t->zombie ? " <defunct>" : "");
}

/* Indices of tasks, NOBODY where there is none. */
struct family {
	size_t parent, child, next;
};
#define NOBODY SIZE_MAX

struct number {
	pid_t pid;
	size_t i;
};

static int compare(const void *a, const void *b)
{
	const struct number *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static size_t parent_of(const struct image_tree *tree, size_t i,
			const struct number *sorted)
{
	struct number key = {.pid = tree->task[i].ppid}, *found;

	found = bsearch(&key, sorted, tree->n_tasks, sizeof(key), compare);
	return found && found->i < i ? found->i : 0;
}

/* Parents stand before their children: the last one is the first in line. */
static void relate(const struct image_tree *tree, struct family *family,
		   struct number *sorted)
{
	size_t n = tree->n_tasks;

	for (size_t i = 0; i < n; i++) {
		family[i] = (struct family){NOBODY, NOBODY, NOBODY};
		sorted[i] = (struct number){tree->task[i].pid, i};
	}
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = n - 1; i > 0; i--) {
		struct family *parent = &family[parent_of(tree, i, sorted)];

		family[i].parent = (size_t)(parent - family);
		family[i].next = parent->child;
		parent->child = i;
	}
}

/* What stands before the command: as "ps f" draws it. */
static void make_branch(const struct family *family, size_t i, char *buf)
{
	char *at = buf + DEPTH_MAX * 4;

	strcpy(at, i ? " \\_ " : "");
	while (i && (i = family[i].parent) && at > buf) {
		at -= 4;
		memset(at, ' ', 4);
		if (family[i].next != NOBODY)
			at[1] = '|';
	}
	memmove(buf, at, strlen(at) + 1);
}

static size_t after(const struct family *family, size_t i)
{
	if (family[i].child != NOBODY)
		return family[i].child;
	while (i != NOBODY && family[i].next == NOBODY)
		i = family[i].parent;
	return i == NOBODY ? NOBODY : family[i].next;
}

static void draw_tree(const struct screen *to, const struct picture *p)
{
	const struct image_tree *tree = &p->image->tree;
	struct family *family = calloc(tree->n_tasks + 1, sizeof(*family));
	struct number *sorted = calloc(tree->n_tasks + 1, sizeof(*sorted));
	char branch[DEPTH_MAX * 4 + 8];

	screen_line(to, true, "%7s %7s %7s %4s %-7s %6s %-8s %s", "PID", "PGID",
		    "SID", "THR", "STATE", "MEMORY", "USER", "COMMAND");
	if (family && sorted && tree->n_tasks) {
		relate(tree, family, sorted);
		for (size_t i = 0; i != NOBODY; i = after(family, i)) {
			make_branch(family, i, branch);
			draw_process(to, p, i, branch);
		}
	}
	free(sorted);
	free(family);
}

static void age_words(const struct picture *p, char *buf, size_t size)
{
	int64_t s = (int64_t)(p->now - p->dumped);
	char date[64];
	struct tm tm;

	if (!p->dumped || !localtime_r(&p->dumped, &tm) ||
	    !strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm)) {
		snprintf(buf, size, "at an unknown time");
		return;
	}
	if (s >= 2 * 86400)
		snprintf(buf, size, "%s, %" PRId64 " days ago", date,
			 s / 86400);
	else if (s >= 2 * 3600)
		snprintf(buf, size, "%s, %" PRId64 " hours ago", date,
			 s / 3600);
	else if (s >= 2 * 60)
		snprintf(buf, size, "%s, %" PRId64 " minutes ago", date,
			 s / 60);
	else
		snprintf(buf, size, "%s, %" PRId64 " seconds ago", date,
			 s > 0 ? s : 0);
}

static void draw_head(const struct screen *to, const struct picture *p)
{
	const struct image_contents *c = p->image;
	char disk[16], memory[16], age[128];
	uint64_t bytes = 0;
	size_t threads = 0;

	for (size_t i = 0; i < c->tree.n_tasks; i++) {
		threads += c->tree.task[i].n_threads;
		bytes += c->process[i].memory + c->process[i].parent_memory;
	}
	picture_size(p->disk, disk, sizeof(disk));
	picture_size(bytes, memory, sizeof(memory));
	age_words(p, age, sizeof(age));
	screen_line(to, true, "%s", p->dir);
	screen_line(to, false, "  dumped   %s", age);
	if (c->frozen)
		screen_line(to, false, "  frozen   for %u.%03u ms",
			    c->frozen / 1000, c->frozen % 1000);
	screen_line(to, false,
		    "  size     %s on disk, %s of memory, %zu process%s, "
		    "%zu thread%s",
		    disk, memory, c->tree.n_tasks,
		    c->tree.n_tasks == 1 ? "" : "es", threads,
		    threads == 1 ? "" : "s");
}

static void draw_damage(const struct screen *to, const struct picture *p)
{
	if (p->damage)
		screen_line(to, true, "  damaged  %s", p->damage);
	for (size_t i = 0; i < p->image->n_problems; i++) {
		const struct image_problem *problem = &p->image->problem[i];
		char text[sizeof(*problem) + 2];

		snprintf(text, sizeof(text), "%s %s", problem->file,
			 problem->text);
		if (!p->damage || strcmp(text, p->damage))
			screen_line(to, false, "  damaged  %s", text);
	}
}

static void draw_record(const struct screen *to, const struct picture *p)
{
	char line[1024] = "";
	size_t len = 0;

	if (p->record_problem)
		screen_line(to, false, "  record   %s", p->record_problem);
	for (char **name = p->record; name && *name; name++) {
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s",
					len ? ", " : "", *name);
		if (len >= sizeof(line))
			break;
	}
	if (p->record)
		screen_line(to, false, "  record   %s",
			    *line ? line : "no options");
}

static void draw_taken(const struct screen *to, const struct picture *p)
{
	char text[512];

	if (!p->taken->n) {
		screen_line(to, false, "  taken    none of its numbers, here");
		return;
	}
	for (size_t i = 0; i < p->taken->n && i < TAKEN_MAX; i++) {
		obstacle_sentence(&p->taken->list[i], text, sizeof(text));
		screen_line(to, false, "  taken    %d, by %s",
			    p->taken->list[i].id, text);
	}
	if (p->taken->n > TAKEN_MAX)
		screen_line(to, false,
			    "  taken    %zu more (criu-ns obstacles)",
			    p->taken->n - TAKEN_MAX);
}

static void draw_mounts(const struct screen *to, const struct picture *p)
{
	const struct image_contents *c = p->image;

	if (!c->n_mounts)
		return;
	screen_line(to, false, "%s", "");
	screen_line(to, true, "%-32s %-10s %s", "MOUNT", "TYPE", "SOURCE");
	for (size_t i = 0; i < c->n_mounts; i++) {
		const struct image_mount *m = &c->mount[i];
		const char *path = m->path ? m->path : "";

		/* CRIU writes "./proc". */
		path += *path == '.';
		screen_line(to, false, "%-32s %-10s %s%s", *path ? path : "/",
			    m->filesystem, m->source ? m->source : "",
			    m->external || m->key ? " (left out)" : "");
	}
}

void picture_text(const struct screen *to, const struct picture *p)
{
	draw_head(to, p);
	draw_damage(to, p);
	draw_record(to, p);
	draw_taken(to, p);
	screen_line(to, false, "%s", "");
	draw_tree(to, p);
	picture_files(to, p);
	draw_mounts(to, p);
}
