/* SPDX-License-Identifier: MIT */
/*
 * Terminals whose other side, or session, is outside of the tree.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "explain/look.h"

#define MAX_TERMINALS 16

struct terminal {
	const struct tree_process *process; /* one that has it open */
	const struct tree_fd *fd;
};

struct terminals {
	struct terminal list[MAX_TERMINALS];
	size_t n;
};

static bool is_slave(const struct tree_fd *f)
{
	unsigned int dev = major(f->st.st_rdev);

	return S_ISCHR(f->st.st_mode) && dev >= 136 && dev <= 143;
}

static bool is_console(const struct tree_fd *f)
{
	unsigned int dev = major(f->st.st_rdev);

	return S_ISCHR(f->st.st_mode) &&
	       (dev == 4 || (dev == 5 && minor(f->st.st_rdev) == 1) ||
		dev == 188 || dev == 204);
}

static bool has_master(const struct look *l, int index)
{
	const struct tree_process *p;
	size_t i, j;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++)
			if (p->fd[j].info.tty_index == index &&
			    !is_slave(&p->fd[j]))
				return true;
	}
	return false;
}

/* The kernel writes the device of a controlling terminal in its own way. */
static bool is_terminal_of(const struct tree_process *p, dev_t dev)
{
	unsigned int major_bits = p->terminal >> 8 & 0xfff;
	unsigned int minor_bits =
		(p->terminal & 0xff) | (p->terminal >> 12 & 0xfff00);

	return p->terminal && major_bits == major(dev) &&
	       minor_bits == minor(dev);
}

/* It controls a session that the tree's processes belong to, but not its
 * leader. */
static bool is_of_outer_session(const struct look *l, dev_t dev)
{
	const struct tree_process *p;
	size_t i;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		if (is_terminal_of(p, dev) && !tree_find(l->tree, p->session))
			return true;
	}
	return false;
}

static bool is_external(const struct look *l, const struct tree_fd *f)
{
	char key[64];

	snprintf(key, sizeof(key), "tty[%jx:%jx]", (uintmax_t)f->st.st_rdev,
		 (uintmax_t)f->st.st_dev);
	return look_is_external(l, key);
}

static void add(struct terminals *t, const struct tree_process *p,
		const struct tree_fd *f)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->list[i].fd->st.st_rdev == f->st.st_rdev)
			return;
	if (t->n < MAX_TERMINALS)
		t->list[t->n++] = (struct terminal){p, f};
}

static void collect(const struct look *l, struct terminals *t)
{
	const struct tree_process *p;
	const struct tree_fd *f;
	size_t i, j;
	int index;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++) {
			f = &p->fd[j];
			index = (int)minor(f->st.st_rdev);
			if ((is_slave(f) && !has_master(l, index)) ||
			    (is_console(f) &&
			     is_of_outer_session(l, f->st.st_rdev)))
				if (!is_external(l, f))
					add(t, p, f);
		}
	}
}

static void say_external(struct look *l, struct finding *f,
			 const struct terminals *t, size_t from)
{
	const char *words[2 * MAX_TERMINALS + 2];
	char key[MAX_TERMINALS][64];
	size_t i, n = 0;

	if (from && !l->live->options.shell_job)
		words[n++] = "--shell-job";
	for (i = from; i < t->n; i++) {
		snprintf(key[i], sizeof(key[i]), "tty[%jx:%jx]",
			 (uintmax_t)t->list[i].fd->st.st_rdev,
			 (uintmax_t)t->list[i].fd->st.st_dev);
		words[n++] = "--external";
		words[n++] = key[i];
	}
	words[n] = NULL;
	look_command(l, f, words);
	finding_cure(f,
		     "name it external, and hand restore a terminal for it: "
		     "--inherit-fd 'fd[N]:%s'",
		     key[from]);
}

/* The one that a shell job is restored with: its own, or the first. */
static void put_own_first(const struct look *l, struct terminals *t)
{
	struct terminal first = t->list[0];
	size_t i;

	for (i = 1; i < t->n; i++) {
		if (!is_terminal_of(look_root(l), t->list[i].fd->st.st_rdev))
			continue;
		t->list[0] = t->list[i];
		t->list[i] = first;
	}
}

static bool is_session_leader(const struct look *l)
{
	return look_root(l)->session == look_root(l)->pid;
}

void look_terminals(struct look *l)
{
	struct terminals t = {0};
	struct look_items items = {0};
	bool job = l->live->options.shell_job;
	struct finding *f;
	size_t i;

	collect(l, &t);
	if (t.n)
		put_own_first(l, &t);
	/* look_tasks() has told of the others, and they have the same cure. */
	if (t.n && !job && is_session_leader(l)) {
		look_item(&items, "fd %d of %d (%s), %s", t.list[0].fd->fd,
			  t.list[0].process->pid, t.list[0].process->name,
			  t.list[0].fd->link);
		f = look_add(l, "terminal-outside", FINDING_CAUSE, &items,
			     "a terminal is in use whose other side is "
			     "outside of the tree");
		finding_value(f, "terminal", "%s", t.list[0].fd->link);
		finding_cure(f, "dump it as a shell job; restored with "
				"--shell-job as well, it gets the terminal of "
				"that moment");
		look_command(l, f, (const char *const[]){"--shell-job", NULL});
	}
	if (t.n < 2)
		return;
	items = (struct look_items){0};
	for (i = 1; i < t.n; i++)
		look_item(&items, "fd %d of %d (%s), %s", t.list[i].fd->fd,
			  t.list[i].process->pid, t.list[i].process->name,
			  t.list[i].fd->link);
	f = look_add(l, "terminals-outside", FINDING_CAUSE, &items,
		     "more than one terminal is in use whose other side is "
		     "outside of the tree, and a shell job has one");
	say_external(l, f, &t, 1);
}
