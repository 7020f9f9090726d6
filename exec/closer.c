/* SPDX-License-Identifier: MIT */
#include "exec/closer.h"

#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "ns/process.h"

/*
 * A process that can't be seized: its status says why.  The number in the log
 * is of the namespace that criu stood in; it is looked up for the root of the
 * tree only, whose number here is known.
 */
static void look_at_tracer(struct finding *found, const struct failure *f)
{
	struct ns_process p, tracer;

	if (f->pid <= 0 || ns_process_read(f->pid, &p) < 0)
		return;
	if (p.tracer && !ns_process_read(p.tracer, &tracer)) {
		finding_value(found, "tracer", "%d", p.tracer);
		finding_cause(found, "process %d is traced by %s (PID %d)",
			      f->pid, tracer.name, p.tracer);
		finding_cure(found, "end that tracer first (kill %d)",
			     p.tracer);
	} else if (p.state == 'Z') {
		finding_cause(found,
			      "process %d is a zombie: it has ended, and its "
			      "parent has not asked for its status yet",
			      f->pid);
		finding_cure(found, "there is nothing left to be dumped");
	} else {
		return;
	}
	finding_no_command(found);
}

static const struct {
	const char *id;
	void (*look)(struct finding *found, const struct failure *f);
} eye[] = {
	{"ptrace-refused", look_at_tracer},
	{"not-freezable", look_at_tracer},
};

void closer_look(struct findings *all, const struct failure *f)
{
	size_t i, j;

	for (i = 0; i < all->n; i++)
		for (j = 0; j < sizeof(eye) / sizeof(*eye); j++)
			if (!strcmp(all->list[i].id, eye[j].id))
				eye[j].look(&all->list[i], f);
}
