/* SPDX-License-Identifier: MIT */
/*
 * File locks and leases.
 */
#include <string.h>

#include "explain/look.h"

static const char *name_of(const char *kind)
{
	if (!strcmp(kind, "LEASE") || !strcmp(kind, "DELEG"))
		return "lease";
	if (!strcmp(kind, "FLOCK"))
		return "flock";
	if (!strcmp(kind, "OFDLCK"))
		return "OFD lock";
	return "POSIX lock";
}

void look_locks(struct look *l)
{
	const struct tree_process *p;
	struct look_items items = {0};
	const struct tree_fd *f;
	struct finding *found;
	size_t i, j;

	if (l->live->options.file_locks)
		return;
	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++) {
			f = &p->fd[j];
			if (f->info.lock[0])
				look_item(&items, "fd %d of %d (%s), %s on %s",
					  f->fd, p->pid, p->name,
					  name_of(f->info.lock), f->link);
		}
	}
	if (!items.n)
		return;
	found = look_add(l, "file-locks", FINDING_CAUSE, &items,
			 "files are locked, and a lock is lost when its holder "
			 "ends");
	finding_cure(found, "save the locks, and restore with --file-locks as "
			    "well; nobody else may take them meanwhile");
	look_command(l, found, (const char *const[]){"--file-locks", NULL});
}
