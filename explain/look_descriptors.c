/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that CRIU has no image for.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "explain/look.h"

enum trouble {
	FINE,
	UNSUPPORTED,
	FOREIGN_PIDFD,
	FOREIGN_NS,
	LOST_WATCH,
	TROUBLES,
};

struct descriptors {
	struct look_items items[TROUBLES];
	char what[64]; /* the first unsupported one */
};

bool look_is_tty(const struct stat *st)
{
	unsigned int dev = major(st->st_rdev);

	return S_ISCHR(st->st_mode) &&
	       (dev == 4 || dev == 5 || (dev >= 128 && dev <= 143) ||
		dev == 188 || dev == 204);
}

static bool is_known_device(const struct stat *st)
{
	unsigned int dev = major(st->st_rdev), sub = minor(st->st_rdev);

	return dev == 1 || (dev == 10 && (sub == 200 || sub == 235)) ||
	       look_is_tty(st);
}

bool look_is_path(const struct tree_fd *f)
{
	mode_t mode = f->st.st_mode;

	if (f->link[0] != '/' || S_ISSOCK(mode) || S_ISBLK(mode))
		return false;
	return !S_ISCHR(mode) || is_known_device(&f->st);
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

static enum trouble look_at(const struct look *l, const struct tree_process *p,
			    const struct tree_fd *f)
{
	mode_t mode = f->st.st_mode;

	if (look_is_path(f))
		return FINE;
	if (!strncmp(f->link, "anon_inode:", 11))
		return look_at_anonymous(l, p, f);
	if (!strncmp(f->link, "pidfd:", 6))
		return look_at_pidfd(l, f);
	if (is_namespace(f->link))
		return look_at_namespace(l, f->link);
	/* look_internet() and look_unix(), look_pipes() */
	if ((S_ISSOCK(mode) || S_ISFIFO(mode)) && f->link[0] != '/')
		return FINE;
	return UNSUPPORTED;
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

static void say(struct look *l, struct descriptors *s)
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

void look_descriptors(struct look *l)
{
	const struct tree_process *p;
	struct descriptors s = {0};
	const struct tree_fd *f;
	enum trouble t;
	size_t i, j;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++) {
			f = &p->fd[j];
			t = look_at(l, p, f);
			if (t == FINE)
				continue;
			if (t == UNSUPPORTED && !s.what[0])
				snprintf(s.what, sizeof(s.what), "%.60s",
					 f->link);
			look_item(&s.items[t], "fd %d of %d (%s), %s", f->fd,
				  p->pid, p->name, f->link);
		}
	}
	say(l, &s);
}
