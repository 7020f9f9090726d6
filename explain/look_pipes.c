/* SPDX-License-Identifier: MIT */
/*
 * Pipes that lead out of the tree: CRIU cuts them without a word.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/look.h"

#define MAX_PIPES 64

struct pipe_end {
	const struct tree_process *process;
	const struct tree_fd *fd;
	bool reads, writes; /* who in the tree does */
};

struct pipes {
	struct pipe_end list[MAX_PIPES];
	size_t n;
};

static void add(struct pipes *s, const struct tree_process *p,
		const struct tree_fd *f)
{
	unsigned int mode = f->info.flags & O_ACCMODE;
	struct pipe_end *e;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->list[i].fd->st.st_ino == f->st.st_ino)
			break;
	if (i == MAX_PIPES)
		return;
	e = &s->list[i];
	if (i == s->n) {
		s->n++;
		*e = (struct pipe_end){.process = p, .fd = f};
	}
	e->reads |= mode != O_WRONLY;
	e->writes |= mode != O_RDONLY;
}

static void say(struct look *l, struct look_items *items, uint32_t inode)
{
	struct finding *f;

	f = look_add(l, "pipe-outside", FINDING_LOSS, items,
		     "a pipe leads out of the tree, and will be cut: reading "
		     "then ends, and writing fails");
	finding_value(f, "pipe", "%u", inode);
	finding_cure(f,
		     "restore with the pipe's new other end in a descriptor: "
		     "--inherit-fd 'fd[N]:pipe:[%u]'",
		     inode);
}

void look_pipes(struct look *l)
{
	struct look_holder holder[MAX_PIPES];
	struct look_items items = {0};
	const struct tree_process *p;
	struct pipes s = {0};
	uint32_t first = 0;
	size_t i, j, n = 0;
	char who[64];

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++)
			if (!strncmp(p->fd[j].link, "pipe:[", 6))
				add(&s, p, &p->fd[j]);
	}
	for (i = 0; i < s.n; i++)
		if (!s.list[i].reads || !s.list[i].writes)
			s.list[n++] = s.list[i];
	for (i = 0; i < n; i++)
		holder[i] = (struct look_holder){
			.inode = (uint32_t)s.list[i].fd->st.st_ino,
			.kind = "pipe"};
	look_for_holders(l->tree, holder, n);
	for (i = 0; i < n; i++) {
		if (!holder[i].pid)
			continue;
		first = first ? first : holder[i].inode;
		look_item(&items, "fd %d of %d (%s), pipe %u, to %s",
			  s.list[i].fd->fd, s.list[i].process->pid,
			  s.list[i].process->name, holder[i].inode,
			  look_name(holder[i].pid, who));
	}
	if (items.n)
		say(l, &items, first);
}
