/* SPDX-License-Identifier: MIT */
/*
 * Netlink sockets with something that was not read yet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/look.h"

static const struct tree_fd *find(const struct look *l, uint32_t inode,
				  const struct tree_process **ret)
{
	const struct tree_process *p;
	size_t i, j;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++) {
			if (p->fd[j].st.st_ino != inode ||
			    tree_inode(p->fd[j].link, "socket") != inode)
				continue;
			*ret = p;
			return &p->fd[j];
		}
	}
	return NULL;
}

static void look_at_line(struct look *l, struct look_items *items,
			 const char *line)
{
	const struct tree_process *p;
	const struct tree_fd *f;
	unsigned int unread, inode;

	/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode; not the title */
	if (sscanf(line, "%*s %*u %*u %*x %u %*u %*u %*u %*u %u", &unread,
		   &inode) != 2 ||
	    !unread || !look_has_socket(l, inode))
		return;
	f = find(l, inode, &p);
	if (f)
		look_item(items, "fd %d of %d (%s), %u bytes", f->fd, p->pid,
			  p->name, unread);
}

void look_netlink(struct look *l)
{
	struct look_items items = {0};
	char path[32], *text, *rest, *line;
	struct finding *f;

	if (!l->n_sockets)
		return;
	snprintf(path, sizeof(path), "/proc/%d/net/netlink", l->live->pid);
	text = tree_text(path);
	rest = text;
	while (rest && (line = strsep(&rest, "\n")))
		look_at_line(l, &items, line);
	free(text);
	if (!items.n)
		return;
	f = look_add(l, "netlink-unread", FINDING_CAUSE, &items,
		     "a netlink socket holds something that its process has "
		     "not read yet, which CRIU can't save");
	finding_cure(f, "try again when it has been read");
}
