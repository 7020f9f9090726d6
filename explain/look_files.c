/* SPDX-License-Identifier: MIT */
/*
 * Open files: deleted ones, ones of other mounts, and what CRIU has no image
 * for.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "explain/look.h"

#define MIB (1ULL << 20)

enum trouble {
	FINE,
	BIG,	   /* deleted, and more than CRIU takes without being asked */
	NAME_GONE, /* it has other names */
	NAME_TAKEN,
	ELSEWHERE, /* on a mount that is not in the tree's mount table */
	HIDDEN,	   /* on a mount that another one covers */
	NO_NAME,   /* of a file system that is mounted nowhere */
	UNSUPPORTED,
	FOREIGN_PIDFD,
	FOREIGN_NS,
	LOST_WATCH,
	TROUBLES,
};

struct files {
	struct look_items items[TROUBLES];
	struct finding *finding[TROUBLES];
	unsigned long long biggest;
	char what[64];	       /* the first unsupported one */
	char external[64][64]; /* --external words for ELSEWHERE */
	size_t n_external;
};

static bool is_tty(const struct stat *st)
{
	unsigned int dev = major(st->st_rdev);

	return S_ISCHR(st->st_mode) &&
	       (dev == 4 || dev == 5 || (dev >= 128 && dev <= 143) ||
		dev == 188 || dev == 204);
}

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
	unsigned long long size = (unsigned long long)f->st.st_blocks * 512;
	unsigned long long limit = l->live->options.ghost_limit;
	struct stat st;

	if (on_file_system(l, f, "proc") || on_file_system(l, f, "devpts"))
		return FINE;
	if (f->st.st_nlink == 0) {
		if (size <= (limit ? limit : MIB))
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
	if (!row && is_tty(&f->st) && l->live->options.shell_job)
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

static bool is_known_device(const struct stat *st)
{
	unsigned int dev = major(st->st_rdev), sub = minor(st->st_rdev);

	return dev == 1 || (dev == 10 && (sub == 200 || sub == 235)) ||
	       is_tty(st);
}

/* Whether the criu can do it: its name of the library stands in there. */
static bool has_libbpf(const struct look *l)
{
	static const char name[] = "libbpf.so";
	bool found = false;
	struct stat st;
	char *text;
	int fd;

	if (!l->live->criu_path)
		return true;
	fd = open(l->live->criu_path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	text = fstat(fd, &st) == 0 ? malloc((size_t)st.st_size) : NULL;
	found = !text || read(fd, text, (size_t)st.st_size) != st.st_size ||
		memmem(text, (size_t)st.st_size, name, sizeof(name));
	free(text);
	close(fd);
	return found;
}

static enum trouble look_at_pidfd(const struct look *l, const struct tree_fd *f)
{
	if (!look_criu_is(l, 40100) || f->info.flags & O_EXCL)
		return UNSUPPORTED;
	if (f->info.pid == -1 || tree_has_thread(l->tree, f->info.pid))
		return FINE;
	return FOREIGN_PIDFD;
}

/* Whether @other is the file that the epoll has under its @nth entry for
 * descriptor @watched; kcmp(2) compares without touching either. */
static bool is_watched(const struct tree_process *p,
		       const struct tree_fd *epoll, int other, int watched,
		       unsigned int nth)
{
	struct kcmp_epoll_slot slot = {.efd = (unsigned int)epoll->fd,
				       .tfd = (unsigned int)watched,
				       .toff = nth};

	return syscall(SYS_kcmp, p->pid, p->pid, KCMP_EPOLL_TFD, other,
		       &slot) == 0;
}

static bool is_open(const struct tree_process *p, const struct tree_fd *epoll,
		    const char *line, int watched, unsigned int nth)
{
	const char *ino = strstr(line, " ino:");
	uintmax_t inode = ino ? strtoumax(ino + 5, NULL, 16) : 0;
	size_t i;

	for (i = 0; i < p->n_fds; i++)
		if (p->fd[i].st.st_ino == inode &&
		    is_watched(p, epoll, p->fd[i].fd, watched, nth))
			return true;
	return !ino; /* before Linux 4.13: it can't be told */
}

/* What an epoll watches has to be open in the same process. */
static enum trouble look_at_epoll(const struct tree_process *p,
				  const struct tree_fd *f)
{
	const char *at = NULL, *before;
	unsigned int nth;
	int watched;

	while (f->text && (watched = fdinfo_watched(f->text, &at)) >= 0) {
		nth = 0;
		before = NULL;
		while (fdinfo_watched(f->text, &before) >= 0 && before != at)
			nth += atoi(before + 4) == watched;
		if (!is_open(p, f, at, watched, nth))
			return LOST_WATCH;
	}
	return FINE;
}

static enum trouble look_at_anonymous(const struct look *l,
				      const struct tree_process *p,
				      const struct tree_fd *f)
{
	static const char *const known[] = {
		"[eventfd]",  "inotify",   "[fanotify]",
		"[signalfd]", "[timerfd]", NULL,
	};
	const char *name = f->link + strlen("anon_inode:");
	int i;

	if (!strcmp(name, "[pidfd]"))
		return look_at_pidfd(l, f);
	if (!strcmp(name, "[eventpoll]"))
		return look_at_epoll(p, f);
	if (!strcmp(name, "bpf-map"))
		return has_libbpf(l) ? FINE : UNSUPPORTED;
	for (i = 0; known[i]; i++)
		if (!strcmp(name, known[i]))
			return FINE;
	return UNSUPPORTED;
}

/* "net:[4026531840]": of a namespace that the tree or criu lives in. */
static enum trouble look_at_namespace(const struct look *l, const char *link)
{
	size_t i, j, len = strcspn(link, ":");
	ino_t inode = strtoul(link + len + 2, NULL, 10);

	for (j = 0; j < TREE_NS_COUNT; j++) {
		if (l->own_ns[j] == inode)
			return FINE;
		for (i = 0; i < l->tree->n; i++)
			if (l->tree->process[i].ns[j] == inode)
				return FINE;
	}
	return FOREIGN_NS;
}

static bool is_namespace(const char *link)
{
	size_t len = strcspn(link, ":");
	int i;

	for (i = 0; i < TREE_NS_COUNT; i++)
		if (strlen(tree_ns_name[i]) == len &&
		    !strncmp(link, tree_ns_name[i], len) &&
		    link[len + 1] == '[')
			return true;
	return false;
}

static enum trouble look_at(struct look *l, struct files *s,
			    const struct tree_process *p,
			    const struct tree_fd *f)
{
	mode_t mode = f->st.st_mode;

	if (S_ISSOCK(mode) && f->link[0] != '/')
		return FINE; /* look_internet(), look_unix() */
	if (S_ISCHR(mode) && !is_known_device(&f->st))
		return UNSUPPORTED;
	if (!strncmp(f->link, "anon_inode:", 11))
		return look_at_anonymous(l, p, f);
	if (!strncmp(f->link, "pidfd:", 6))
		return look_at_pidfd(l, f);
	if (S_ISFIFO(mode) && f->link[0] != '/')
		return FINE;
	if (is_namespace(f->link))
		return look_at_namespace(l, f->link);
	if (S_ISBLK(mode) || S_ISSOCK(mode) || f->link[0] != '/')
		return UNSUPPORTED;
	return look_at_path(l, s, p, f);
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

static void note(struct files *s, enum trouble t, const struct tree_process *p,
		 const struct tree_fd *f)
{
	char size[32] = "";

	if (t == BIG)
		snprintf(size, sizeof(size), ", %llu kB",
			 (unsigned long long)f->st.st_blocks / 2);
	if (t == ELSEWHERE)
		note_external(s, f);
	if (t == UNSUPPORTED && !s->what[0])
		snprintf(s->what, sizeof(s->what), "%s", f->link);
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

static const char *advice_for(const char *link)
{
	if (strstr(link, "io_uring"))
		return "have the program do without io_uring (an option of "
		       "its own, or sysctl kernel.io_uring_disabled=2 before "
		       "it starts)";
	if (strstr(link, "bpf"))
		return "have it closed; maps need a criu that was built with "
		       "libbpf";
	if (strstr(link, "perf_event"))
		return "end the profiling (perf, and the like) first";
	return "have it closed before the dump";
}

static void say_descriptors(struct look *l, struct files *s)
{
	struct finding *f;

	if (s->items[UNSUPPORTED].n) {
		f = look_add(l, "descriptor-unsupported", FINDING_CAUSE,
			     &s->items[UNSUPPORTED],
			     "a descriptor is of a kind that CRIU can't save");
		finding_value(f, "kind", "%s", s->what);
		finding_cure(f, "%s", advice_for(s->what));
	}
	if (s->items[FOREIGN_PIDFD].n) {
		f = look_add(l, "pidfd-outside", FINDING_CAUSE,
			     &s->items[FOREIGN_PIDFD],
			     "a pidfd is open of a process outside of the "
			     "tree");
		finding_cure(f, "dump a tree that holds that process as well, "
				"or have it closed");
	}
	if (s->items[FOREIGN_NS].n) {
		f = look_add(l, "namespace-descriptor", FINDING_CAUSE,
			     &s->items[FOREIGN_NS],
			     "a descriptor is of a namespace in which nobody "
			     "of the tree lives");
		finding_cure(f, "have it closed before the dump");
	}
	if (s->items[LOST_WATCH].n) {
		f = look_add(l, "epoll-escaped", FINDING_CAUSE,
			     &s->items[LOST_WATCH],
			     "an epoll watches a file that its process has "
			     "closed, while another process has it open");
		finding_cure(f, "none from outside: the program has to remove "
				"it from the epoll before it closes it");
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
			t = look_at(l, s, p, &p->fd[j]);
			if (t != FINE)
				note(s, t, p, &p->fd[j]);
		}
	}
	say_descriptors(l, s);
	say_mounts(l, s);
	if (s->items[BIG].n)
		say_big(l, s);
	say_names(l, s);
	free(s);
}
