/* SPDX-License-Identifier: MIT */
/*
 * Open files: deleted ones, and ones of other mounts.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/look.h"

#define MIB (1ULL << 20)

enum trouble {
	FINE,
	BIG,	   /* deleted, and more than CRIU takes without being asked */
	NAME_GONE, /* it has other names */
	NAME_TAKEN,
	ELSEWHERE, /* on a mount that is not in the tree's mount table */
	HIDDEN,	   /* something is mounted over it */
	NO_NAME,   /* of a file system that is mounted nowhere */
	TROUBLES,
};

struct files {
	struct look_items items[TROUBLES];
	unsigned long long biggest;
	char external[64][64]; /* --external words for ELSEWHERE */
	size_t n_external;
};

static bool on_file_system(const struct look *l, const struct tree_fd *f,
			   const char *type)
{
	const struct mountinfo_row *row;

	row = mountinfo_by_id(&l->mounts, f->info.mnt_id);
	return row && !strncmp(row->type, type, strlen(type));
}

static bool is_silly_name(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && !strncmp(name, "/.nfs", 5) && strlen(name) > 20;
}

/*
 * What a path leads to in the tree's mount namespace, where that can be told: a
 * chrooted process sees other paths than CRIU does.  Returns 0 or -errno.
 */
static int stat_path(const struct look *l, const char *path, struct stat *ret)
{
	bool own = look_root(l)->ns[TREE_MNT] == l->own_ns[TREE_MNT];
	char root[64] = "", link[8], full[4400];

	if (!own) {
		snprintf(root, sizeof(root), "/proc/%d/root", l->live->pid);
		if (readlink(root, link, sizeof(link)) != 1)
			return -EXDEV;
	}
	snprintf(full, sizeof(full), "%s%s", root, path);
	return lstat(full, ret) < 0 ? -errno : 0;
}

/* Whether a mount covers the name of a file, and shows none or another one. */
static bool is_covered(const struct look *l, const struct tree_fd *f)
{
	const struct mountinfo_row *row = mountinfo_at(&l->mounts, f->link);
	struct stat st;
	int err;

	if (!row || row->id == f->info.mnt_id)
		return false;
	err = stat_path(l, f->link, &st);
	if (err)
		return err == -ENOENT || err == -ENOTDIR;
	if (st.st_ino == f->st.st_ino && st.st_dev == f->st.st_dev)
		return false;
	return !l->live->options.evasive_devices || !st.st_rdev ||
	       st.st_rdev != f->st.st_rdev;
}

static enum trouble look_at_name(struct look *l, struct files *s,
				 const struct tree_fd *f)
{
	unsigned long long size = look_ghost_size(l, &f->st);
	struct stat st;

	if (on_file_system(l, f, "proc") || on_file_system(l, f, "devpts"))
		return FINE;
	if (f->st.st_nlink == 0) {
		if (size <= look_ghost_limit(l))
			return FINE;
		s->biggest = size > s->biggest ? size : s->biggest;
		return BIG;
	}
	if (on_file_system(l, f, "nfs") && is_silly_name(f->link))
		return l->live->options.link_remap ? FINE : NAME_GONE;
	if (!tree_deleted(f))
		return is_covered(l, f) ? HIDDEN : FINE;
	if (stat_path(l, f->link, &st) == 0)
		return NAME_TAKEN;
	return l->live->options.link_remap ? FINE : NAME_GONE;
}

static bool is_named_external(const struct look *l, const struct tree_fd *f)
{
	char key[64];

	snprintf(key, sizeof(key), "file[%x:%jx]", (unsigned)f->info.mnt_id,
		 (uintmax_t)f->st.st_ino);
	return look_is_external(l, key);
}

/* Whether criu needs the mounts of this process's namespace: it has the root's
 * table, and those of nested namespaces, which are another matter. */
static bool has_table(const struct look *l, const struct tree_process *p)
{
	return l->mounts.n && p->ns[TREE_MNT] == look_root(l)->ns[TREE_MNT];
}

static enum trouble look_at_path(struct look *l, struct files *s,
				 const struct tree_process *p,
				 const struct tree_fd *f)
{
	const struct mountinfo_row *row;

	if (!strncmp(f->link, "/memfd:", 7) ||
	    !strncmp(f->link, "/anon_hugepage", 14) || is_named_external(l, f))
		return FINE;
	if (!has_table(l, p))
		return FINE;
	row = mountinfo_by_id(&l->mounts, f->info.mnt_id);
	if (!row && look_is_tty(&f->st) && l->live->options.shell_job)
		return FINE;
	if (!row)
		return !strcmp(f->link, "/secretmem (deleted)") ||
				       tree_deleted(f)
			       ? NO_NAME
			       : ELSEWHERE;
	if (mountinfo_hidden(&l->mounts, row))
		return HIDDEN;
	return look_at_name(l, s, f);
}

static void note_external(struct files *s, const struct tree_fd *f)
{
	char key[64];
	size_t i;

	snprintf(key, sizeof(key), "file[%x:%jx]", (unsigned)f->info.mnt_id,
		 (uintmax_t)f->st.st_ino);
	for (i = 0; i < s->n_external; i++)
		if (!strcmp(s->external[i], key))
			return;
	if (s->n_external < 64)
		memcpy(s->external[s->n_external++], key, sizeof(key));
}

static void note(const struct look *l, struct files *s, enum trouble t,
		 const struct tree_process *p, const struct tree_fd *f)
{
	char size[32] = "";

	if (t == BIG)
		snprintf(size, sizeof(size), ", %llu kB",
			 look_ghost_size(l, &f->st) / 1024);
	if (t == ELSEWHERE)
		note_external(s, f);
	look_item(&s->items[t], "fd %d of %d (%s), %s%s", f->fd, p->pid,
		  p->name, f->link, size);
}

static void say_big(struct look *l, struct files *s)
{
	struct finding *f;
	char limit[32];

	f = look_add(l, "ghost-too-big", FINDING_CAUSE, &s->items[BIG],
		     "a file is open whose name is deleted: its content has to "
		     "go into the image, and it is larger than the ghost "
		     "limit");
	snprintf(limit, sizeof(limit), "%lluM", s->biggest / MIB + 1);
	finding_value(f, "size", "%llu", s->biggest);
	finding_cure(f, "allow that much");
	look_command(l, f, (const char *const[]){"--ghost-limit", limit, NULL});
}

static void say_names(struct look *l, struct files *s)
{
	struct finding *f;

	if (s->items[NAME_GONE].n) {
		f = look_add(l, "link-remap", FINDING_CAUSE,
			     &s->items[NAME_GONE],
			     "a file is open by a name that is deleted while "
			     "it has another one");
		finding_cure(f, "let CRIU give it a temporary name in that "
				"directory; restore uses that up, so the image "
				"can be restored once");
		look_command(l, f, (const char *const[]){"--link-remap", NULL});
	}
	if (s->items[NAME_TAKEN].n) {
		f = look_add(l, "name-taken", FINDING_CAUSE,
			     &s->items[NAME_TAKEN],
			     "a file is open whose name is deleted, and "
			     "another file has the name by which the kernel "
			     "now shows it");
		finding_cure(f, "rename or remove that other file");
	}
}

static void say_mounts(struct look *l, struct files *s)
{
	const char *words[2 * 64 + 1];
	struct finding *f;
	size_t i, n = 0;

	if (s->items[ELSEWHERE].n) {
		f = look_add(l, "file-elsewhere", FINDING_CAUSE,
			     &s->items[ELSEWHERE],
			     "a file is open on a mount that is not in the "
			     "tree's mount namespace: it was opened in "
			     "another one");
		for (i = 0; i < s->n_external; i++) {
			words[n++] = "--external";
			words[n++] = s->external[i];
		}
		words[n] = NULL;
		finding_cure(f,
			     "name it external; restore then gets it from a "
			     "descriptor of its caller: --inherit-fd "
			     "'fd[N]:%s'",
			     s->external[0]);
		look_command(l, f, words);
	}
	if (s->items[HIDDEN].n) {
		f = look_add(l, "file-hidden", FINDING_CAUSE, &s->items[HIDDEN],
			     "a file is open by a path where something else is "
			     "mounted now");
		finding_cure(f, "unmount what covers it, or have it closed");
	}
	if (s->items[NO_NAME].n) {
		f = look_add(l, "file-nowhere", FINDING_CAUSE,
			     &s->items[NO_NAME],
			     "a deleted file is open on a file system that is "
			     "not mounted here, which CRIU can't save");
		finding_cure(f, "have it closed before the dump");
	}
}

void look_files(struct look *l)
{
	struct files *s = calloc(1, sizeof(*s));
	const struct tree_process *p;
	enum trouble t;
	size_t i, j;

	if (!s) {
		l->all->broken = true;
		return;
	}
	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++) {
			t = look_is_path(&p->fd[j])
				    ? look_at_path(l, s, p, &p->fd[j])
				    : FINE;
			if (t != FINE)
				note(l, s, t, p, &p->fd[j]);
		}
	}
	say_mounts(l, s);
	if (s->items[BIG].n)
		say_big(l, s);
	say_names(l, s);
	free(s);
}
