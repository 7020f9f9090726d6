/* SPDX-License-Identifier: MIT */
/*
 * Mounts that CRIU can't dump: of file systems that it does not know, without
 * the root of their file system, or with a master outside.
 *
 * It matters only when the tree's mount namespace is dumped.  criu-ns then lets
 * CRIU leave out by itself what the caller has as well (--external 'mnt[]:sm'),
 * unless the tree has another root.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/look.h"

#define MAX_MOUNTS 128

struct outside {
	struct mountinfo table; /* the caller's */
	char *text;
};

static bool is_known_type(const char *type)
{
	static const char *const known[] = {
		"proc",	  "sysfs",	"devtmpfs", "binfmt_misc", "tmpfs",
		"devpts", "simfs",	"btrfs",    "pstore",	   "mqueue",
		"aufs",	  "securityfs", "fusectl",  "debugfs",	   "tracefs",
		"cgroup", "cgroup2",	"overlay",  "autofs",	   NULL,
	};
	int i;

	for (i = 0; known[i]; i++)
		if (!strcmp(type, known[i]))
			return true;
	return false;
}

static bool same_super(const struct mountinfo_row *a,
		       const struct mountinfo_row *b)
{
	return a->major == b->major && a->minor == b->minor;
}

/* CRIU finds the caller's mount of the same file system that shows as much. */
static bool is_found_outside(const struct outside *o,
			     const struct mountinfo_row *m)
{
	const struct mountinfo_row *t;
	size_t i;

	for (i = 0; i < o->table.n; i++) {
		t = &o->table.row[i];
		if (same_super(m, t) && mountinfo_below(m->root, t->root) &&
		    !strcmp(m->source, t->source) &&
		    !strcmp(m->options, t->options))
			return true;
	}
	return false;
}

static bool is_root(const struct mountinfo_row *m)
{
	return !strcmp(m->point, "/");
}

static bool is_root_of_fs(const struct mountinfo_row *m)
{
	return !strcmp(m->root, "/");
}

static bool is_named(const struct look *l, const struct mountinfo_row *m)
{
	char key[4200];

	snprintf(key, sizeof(key), "mnt[%s]", m->point);
	return look_is_external(l, key);
}

static bool is_external(const struct look *l, const struct outside *o,
			const struct mountinfo_row *m)
{
	if (is_root(m))
		return false;
	return is_named(l, m) ||
	       ((look_is_external(l, "mnt[]") || l->live->finds_mounts) &&
		is_found_outside(o, m));
}

/* Restore binds it from one of these: what is external, or the root. */
static bool is_bound_from(const struct look *l, const struct outside *o,
			  const struct mountinfo_row *m, bool whole)
{
	const struct mountinfo_row *t;
	size_t i;

	for (i = 0; i < l->mounts.n; i++) {
		t = &l->mounts.row[i];
		if (!same_super(m, t))
			continue;
		if ((is_root(t) || is_external(l, o, t)) &&
		    mountinfo_below(m->root, t->root))
			return true;
		if (whole && is_root_of_fs(t) && is_known_type(t->type))
			return true;
	}
	return false;
}

static bool has_master(const struct look *l, const struct outside *o,
		       const struct mountinfo_row *m)
{
	const struct mountinfo_row *t;
	size_t i;

	if (!m->master)
		return true;
	for (i = 0; i < l->mounts.n; i++) {
		t = &l->mounts.row[i];
		if (t->shared == m->master)
			return true;
		if (same_super(m, t) && t->master == m->master &&
		    (is_root(t) || is_external(l, o, t)) &&
		    mountinfo_below(m->root, t->root))
			return true;
	}
	return false;
}

/* Why CRIU would refuse a mount; NULL: it would not. */
static const char *refusal(const struct look *l, const struct outside *o,
			   const struct mountinfo_row *m)
{
	bool whole = is_root_of_fs(m);

	if (is_root(m))
		return NULL;
	if (!has_master(l, o, m))
		return "its master is outside";
	if (is_external(l, o, m) || is_bound_from(l, o, m, false))
		return NULL;
	if (whole)
		return is_known_type(m->type) ? NULL : "unknown to CRIU";
	return is_bound_from(l, o, m, true) ? NULL : "a part of it only";
}

/*
 * What the image calls it.  The path by which the caller has it, where there is
 * one, tells restore by itself what to put there.
 */
static void key_of(const struct mountinfo_row *m, const char *here, char *key,
		   size_t size)
{
	const char *at;
	size_t n = 0;

	if (here && !strpbrk(here, ":[]\"\\#\n") && strlen(here) < size) {
		snprintf(key, size, "%s", here);
		return;
	}
	for (at = m->point + 1; *at && n + 1 < size; at++)
		key[n++] = strchr(":[]/\"'\\#, \n", *at) ? '_' : *at;
	key[n] = '\0';
}

/* By the beginning of the type's name. */
static const struct {
	const char *type, *advice;
} advices[] = {
	{"fuse", "its daemon is not in the image and has to run at restore"},
	{"nfs", "have it mounted there before the restore"},
	{"cifs", "have it mounted there before the restore"},
	{"cgroup", "the hierarchy of the host is what comes back"},
	{"overlay", "its lower and upper directories stay outside"},
	{"autofs", "its automount daemon has to run at restore"},
	{"tmpfs", "what is in it stays outside of the image"},
	{"ramfs", "what is in it stays outside of the image"},
	{"devpts", "terminals on it are not in the image"},
};

static const char *advice_for(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		if (!strncmp(type, advices[i].type, strlen(advices[i].type)))
			return advices[i].advice;
	return NULL;
}

/* Where the caller has what a mount shows, or NULL. */
static const char *path_here(const struct outside *o,
			     const struct mountinfo_row *m, char *buf,
			     size_t size)
{
	const struct mountinfo_row *t;
	const char *rest;
	size_t i;

	for (i = 0; i < o->table.n; i++) {
		t = &o->table.row[i];
		if (!same_super(m, t) || !mountinfo_below(m->root, t->root) ||
		    mountinfo_hidden(&o->table, t))
			continue;
		rest = is_root_of_fs(t) ? m->root : m->root + strlen(t->root);
		snprintf(buf, size, "%s%s", is_root(t) && *rest ? "" : t->point,
			 strcmp(rest, "/") != 0 ? rest : "");
		return buf;
	}
	return NULL;
}

size_t look_external_mounts(struct look *l, look_take_mount *take, void *to)
{
	const struct mountinfo_row *m;
	struct outside o = {0};
	char key[8192], path[8192];
	const char *here;
	size_t i, n = 0;

	if (!l->live->saves_mounts)
		return 0;
	o.text = tree_text("/proc/self/mountinfo");
	if (!o.text || mountinfo_parse(o.text, &o.table) != 0)
		goto out;
	for (i = 0; i < l->mounts.n && n < MAX_MOUNTS; i++) {
		m = &l->mounts.row[i];
		if (!refusal(l, &o, m))
			continue;
		here = path_here(&o, m, path, sizeof(path));
		key_of(m, here, key, sizeof(key));
		take(to, m, key, here);
		n++;
	}
out:
	mountinfo_free(&o.table);
	free(o.text);
	return n;
}

struct list {
	struct look_items items;
	const char *word[2 * MAX_MOUNTS + 3];
	char *text[MAX_MOUNTS];
	size_t n, n_words;
	char restore[512];
	char advice[256];
};

/* Once for each kind of file system. */
static void advise(struct list *s, const char *type)
{
	const char *advice = advice_for(type);
	size_t used = strlen(s->advice);

	if (!advice || strstr(s->advice, advice))
		return;
	snprintf(s->advice + used, sizeof(s->advice) - used, "%s%s: %s",
		 used ? "; " : "", type, advice);
}

static void take_mount(void *to, const struct mountinfo_row *m, const char *key,
		       const char *here)
{
	struct list *s = to;
	size_t used = strlen(s->restore);

	look_item(&s->items, "%s (%s, %s)", m->point, m->type,
		  is_root_of_fs(m) ? m->source : m->root);
	if (asprintf(&s->text[s->n], "mnt[%s]:%s", m->point, key) < 0)
		return;
	s->word[s->n_words++] = "--external";
	s->word[s->n_words++] = s->text[s->n++];
	if (s->n <= 4)
		snprintf(s->restore + used, sizeof(s->restore) - used,
			 " --external 'mnt[%s]:%s'", key, here ? here : "PATH");
	advise(s, m->type);
}

void look_mounts(struct look *l)
{
	struct list s = {0};
	struct finding *f;
	size_t i;

	if (!look_external_mounts(l, take_mount, &s))
		return;
	/* The user's own list takes the place of what criu-ns would add. */
	if (l->live->finds_mounts) {
		s.word[s.n_words++] = "--external";
		s.word[s.n_words++] = "mnt[]:sm";
	}
	s.word[s.n_words] = NULL;
	f = look_add(l, "mount-external", look_left_out(l), &s.items,
		     "the tree has mounts that CRIU can't save: file systems "
		     "that it does not know, or parts of one whose root is "
		     "not mounted in there");
	finding_value(f, "mounts", "%zu", s.items.n);
	finding_cure(f,
		     "leave them out, and say at restore what to put there: "
		     "--root DIR%s%s%s%s%s",
		     l->live->finds_mounts ? " --external 'mnt[]:sm'" : "",
		     s.restore, s.n > 4 ? " ..." : "", *s.advice ? "; " : "",
		     s.advice);
	if (!l->live->options.auto_external)
		look_command(l, f, s.word);
	for (i = 0; i < s.n; i++)
		free(s.text[i]);
}
