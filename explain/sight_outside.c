/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "explain/sight.h"

enum {
	TERMINAL_OUTSIDE = 5, /* TtyType EXT_TTY of CRIU's images/tty.proto */
};

/* Whether a descriptor is passed on for a resource, in any option. */
static bool is_inherited(const struct sight *l, const char *resource)
{
	char *const *lists[] = {l->how->given, l->how->known};

	for (size_t i = 0; i < 2; i++)
		for (char *const *o = lists[i]; o && *o; o++)
			if (strstr(*o, "inherit-fd") && strstr(*o, resource))
				return true;
	return false;
}

static void say_inherit(struct sight *l, const char *what, const char *resource)
{
	struct finding *f;

	if (is_inherited(l, resource))
		return;
	f = finding_add(l->all, "outside-file", FINDING_CAUSE);
	finding_cause(f, "a %s was left out of the dump as %s", what, resource);
	finding_value(f, "resource", "%s", resource);
	finding_cure(f,
		     "open what shall take its place as descriptor N, and "
		     "restore with --inherit-fd 'fd[N]:%s'",
		     resource);
}

static void sight_terminal(struct sight *l, const struct image_terminal *t)
{
	char resource[64];

	if (t->type != TERMINAL_OUTSIDE)
		return;
	snprintf(resource, sizeof(resource), "tty[%x:%x]", t->rdev, t->dev);
	say_inherit(l, "terminal", resource);
}

static void sight_mount(struct sight *l, const struct image_mount *m)
{
	char option[512];
	struct finding *f;
	const char *path = m->path ? m->path + (*m->path == '.') : "/";

	if (!m->external || !m->key)
		return;
	snprintf(option, sizeof(option), "external=mnt[%s]", m->key);
	if (sight_has(l, option) || sight_has(l, "external=mnt[]"))
		return;
	f = finding_add(l->all, "outside-mount", FINDING_CAUSE);
	finding_cause(f, "mount '%s' was left out of the dump, as '%s'", path,
		      m->key);
	finding_value(f, "path", "%s", path);
	finding_value(f, "key", "%s", m->key);
	finding_cure(f, "name what shall be mounted there; here, the host's "
			"directory of that name");
	sight_need(l, f, "--external=mnt[%s]:%s", m->key, path);
}

static void sight_job(struct sight *l)
{
	struct finding *f;

	if (!l->image->tree.terminal || sight_has(l, "shell-job") ||
	    sight_has(l, "inherit-fd"))
		return;
	f = finding_add(l->all, "shell-job", FINDING_CAUSE);
	finding_cause(f, "the tree has a terminal that was not dumped with it, "
			 "as a job started from a shell");
	finding_cure(f, "restore it as a shell job: it gets a terminal of its "
			"own");
	sight_need(l, f, "--shell-job");
}

void sight_outside(struct sight *l)
{
	const struct image_contents *c = l->image;

	sight_job(l);
	for (size_t i = 0; i < c->n_files; i++)
		if (c->file[i].external && c->file[i].path)
			say_inherit(l, "file", c->file[i].path);
	for (size_t i = 0; i < c->n_terminals; i++)
		sight_terminal(l, &c->terminal[i]);
	for (size_t i = 0; i < c->n_mounts; i++)
		sight_mount(l, &c->mount[i]);
}
