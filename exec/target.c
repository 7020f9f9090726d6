/* SPDX-License-Identifier: MIT */
#include "exec/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/init.h"
#include "exec/leader.h"
#include "exec/message.h"
#include "exec/title.h"
#include "mount/proc.h"
#include "ns/life.h"
#include "ns/ns.h"

static int fail(const struct target *t, int err)
{
	if (err == -ESRCH)
		return message_fail("there is no process %d (see ps; a "
				    "container's own numbers do not count, "
				    "those of this shell do)",
				    t->pid);
	return message_fail("cannot look at process %d: %s", t->pid,
			    strerror(-err));
}

static bool is_ours(pid_t pid, const char *title)
{
	char text[64];

	return ns_process_title(pid, text, sizeof(text)) == 0 &&
	       !strncmp(text, title, strlen(title));
}

/* Init holds the tree, or the leader of a shell job that does. */
static pid_t holder_of_tree(pid_t pid)
{
	pid_t child[16];
	int i, n;

	n = ns_process_children(pid, child, 16);
	for (i = 0; i < n; i++)
		if (is_ours(child[i], LEADER_TITLE))
			return child[i];
	return pid;
}

static int refuse_ours(const struct target *t, const char *what)
{
	pid_t child[16], pid = holder_of_tree(t->pid);
	bool job = is_ours(pid, LEADER_TITLE);
	char list[256] = "";
	size_t len = 0;
	int i, n;

	n = ns_process_children(pid, child, 16);
	for (i = 0; i < n && len < sizeof(list) - 1; i++)
		if (!ns_is_holder(child[i]))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
						"%s%s-t %d", len ? ", " : "",
						job ? "-j " : "", child[i]);
	return message_fail(
		"process %d is the %s of criu-ns, not the root of a "
		"tree: what it holds is dumped by %s",
		t->pid, what, len ? list : "nothing, it is empty");
}

static int check(const struct target *t)
{
	const struct ns_process *p = &t->process;
	int ancestor;

	if (p->tgid != t->pid)
		return message_fail("%d is a thread of process %d, and a "
				    "process is dumped with all its threads "
				    "(use -t %d)",
				    t->pid, p->tgid, p->tgid);
	if (p->kthread)
		return message_fail("process %d (%s) is a kernel thread and "
				    "can't be dumped",
				    t->pid, p->name);
	if (p->state == 'Z' || p->state == 'X')
		return message_fail("process %d (%s) is a zombie: it has ended "
				    "and waits for its parent %d",
				    t->pid, p->name, p->ppid);
	ancestor = ns_process_is_ancestor(t->pid);
	if (ancestor < 0)
		return fail(t, ancestor);
	if (ancestor)
		return message_fail("process %d (%s) is %s: criu can't freeze "
				    "what it runs in (start criu-ns from "
				    "outside of that tree)",
				    t->pid, p->name,
				    t->pid == getpid()
					    ? "criu-ns itself"
					    : "an ancestor of criu-ns");
	if (is_ours(t->pid, INIT_TITLE))
		return refuse_ours(t, "init");
	if (is_ours(t->pid, LEADER_TITLE))
		return refuse_ours(t, "terminal");
	return 0;
}

/* Between the two readings the pidfd makes sure that it is one process. */
static int identify(struct target *t)
{
	int err;

	err = ns_process_read(t->pid, &t->process);
	if (err)
		return fail(t, err);
	if (t->process.tgid == t->pid) {
		t->pidfd = ns_pidfd_open(t->pid);
		if (t->pidfd < 0)
			return fail(t, t->pidfd);
		err = ns_process_read(t->pid, &t->process);
		if (!err)
			err = ns_pidfd_signal(t->pidfd, 0);
		if (err)
			return fail(t, err);
	}
	return check(t);
}

/* Returns 1 and closes the descriptor when the namespace is the caller's. */
static int drop_if_own(int *fd, const char *kind)
{
	int own, same;

	own = ns_open_own(kind);
	if (own < 0)
		return own;
	same = ns_equal(*fd, own);
	close(own);
	if (same > 0) {
		close(*fd);
		*fd = -1;
	}
	return same;
}

/*
 * A child in the target's mount namespace, at its root: by it the caller can
 * look around in there, whatever root the target itself has.
 */
static pid_t scout_start(int mntns, int *ret_pipe)
{
	int ready[2], leave[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(leave, O_CLOEXEC) < 0) {
		close(ready[0]);
		close(ready[1]);
		return -EMFILE;
	}
	pid = fork();
	if (pid == 0) {
		close(leave[1]);
		if (ns_join(mntns, CLONE_NEWNS) == 0 &&
		    write(ready[1], &byte, 1) == 1 &&
		    read(leave[0], &byte, 1) == 0)
			_exit(0);
		_exit(1);
	}
	if (pid < 0)
		pid = -errno;
	close(leave[0]);
	close(ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = -EPERM;
	}
	close(ready[0]);
	if (pid < 0)
		close(leave[1]);
	*ret_pipe = leave[1];
	return pid;
}

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* Whether the /proc in there is one of the target's pid namespace. */
static bool proc_fits(const struct target *t, pid_t scout)
{
	char there[96], here[64];

	snprintf(there, sizeof(there), "/proc/%d/root/proc/%d/ns/pid", scout,
		 t->process.inner);
	snprintf(here, sizeof(here), "/proc/%d/ns/pid", t->pid);
	return same_file(there, here);
}

static int look_inside(struct target *t, bool *ret_proc_fits)
{
	char root[64];
	int leave = -1, err;
	pid_t scout;

	scout = scout_start(t->mntns, &leave);
	if (scout < 0)
		return scout;
	snprintf(root, sizeof(root), "/proc/%d/root/.", scout);
	t->same_root = same_file(root, "/");
	*ret_proc_fits = proc_fits(t, scout);
	err = t->same_root ? mounts_added(scout, &t->added) : 0;
	close(leave);
	while (waitpid(scout, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}

static int choose_way(struct target *t, bool leave_mounts)
{
	bool whole = t->pidns >= 0 && t->process.inner == 1;
	bool fits = false;
	int err, parent;

	t->same_root = true;
	t->other_mounts = t->mntns >= 0;
	if (t->mntns >= 0) {
		err = look_inside(t, &fits);
		if (err)
			return err;
	}
	if (whole) {
		/* PID 1 takes its namespace with it: stand above it. */
		parent = ns_parent(t->pidns);
		if (parent < 0)
			return parent;
		close(t->pidns);
		t->pidns = parent;
		err = drop_if_own(&t->pidns, "pid");
		if (err < 0)
			return err;
	}
	if (t->pidns < 0 && (whole || t->mntns < 0))
		t->way = TARGET_HERE;
	else if (!whole && fits && t->same_root &&
		 (leave_mounts || !t->added.size))
		t->way = TARGET_INSIDE;
	else
		t->way = TARGET_OUTSIDE;
	return 0;
}

/*
 * The init of ours that a target lives below: the first process above it that
 * is PID 1 of the same namespace.  0 without one.
 */
static pid_t init_above(const struct target *t)
{
	struct ns_process p = t->process;

	while (p.ppid > 0 && ns_process_read(p.ppid, &p) == 0)
		if (p.inner == 1)
			return is_ours(p.pid, INIT_TITLE) ? p.pid : 0;
	return 0;
}

/*
 * What restore --unshare has made is init's, and no part of the tree: criu
 * joins it, so as not to dump it.
 */
static int find_others(struct target *t)
{
	pid_t init = t->pidns >= 0 ? init_above(t) : 0;
	unsigned long flag;
	unsigned int i;
	int err, pidfd;

	if (!init)
		return 0;
	pidfd = ns_pidfd_open(init);
	if (pidfd < 0)
		return pidfd == -ESRCH ? 0 : pidfd;
	for (i = 0, err = 0; i < UNSHARE_KINDS && err >= 0; i++) {
		const char *kind = unshare_kind(i, &flag);
		int of_init = ns_open(init, pidfd, kind);

		err = of_init;
		if (err >= 0)
			err = t->others[i] = ns_open(t->pid, t->pidfd, kind);
		if (err >= 0)
			err = drop_if_own(&t->others[i], kind);
		if (err == 0 && ns_equal(t->others[i], of_init) <= 0) {
			close(t->others[i]);
			t->others[i] = -1;
		}
		if (of_init >= 0)
			close(of_init);
	}
	close(pidfd);
	return err < 0 ? err : 0;
}

int target_number(const struct argv *a, pid_t *ret)
{
	const char *text = argv_last(a, OPT_TREE);
	char *end;
	long pid;

	if (!text)
		return message_fail("%s needs a process (-t PID)", a->action);
	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || end == text || pid <= 0 || pid > INT_MAX)
		return message_fail("'%s' is no PID (-t PID)", text);
	*ret = (pid_t)pid;
	return 0;
}

static void find_init(struct target *t)
{
	struct title title;

	t->init = title_find_init(t->pid, &title);
	if (!t->init)
		return;
	t->is_root = title_names(&title, t->init, t->pid);
	t->generation = title.generation;
}

int target_open(pid_t pid, bool leave_mounts, struct target *ret)
{
	int err, status;

	*ret = TARGET_NONE;
	ret->pid = pid;
	if (mount_proc_is_own() != 1)
		return message_fail(
			"cannot look for process %d: the /proc that "
			"is mounted here is of another pid "
			"namespace, whose numbers mean other "
			"processes (unshare -m, then mount -t proc "
			"proc /proc)",
			pid);
	status = identify(ret);
	if (status)
		return status;
	ret->pidns = ns_open(pid, ret->pidfd, "pid");
	if (ret->pidns < 0)
		return fail(ret, ret->pidns);
	ret->mntns = ns_open(pid, ret->pidfd, "mnt");
	if (ret->mntns < 0)
		return fail(ret, ret->mntns);
	err = drop_if_own(&ret->pidns, "pid");
	if (err >= 0)
		err = drop_if_own(&ret->mntns, "mnt");
	if (err >= 0)
		err = find_others(ret);
	if (err >= 0)
		err = choose_way(ret, leave_mounts);
	if (err >= 0) {
		find_init(ret);
		return 0;
	}
	if (err == -ELIBACC)
		return message_fail(
			"cannot compare the mounts of process %d "
			"with those here: criu-ns-mounts can't be "
			"run (it belongs beside criu-ns or into " LIBEXECDIR
			"; is libmount installed?)",
			pid);
	return message_fail("cannot look into the namespaces of process %d: "
			    "%s%s",
			    pid, strerror(-err), message_advice(err));
}

void target_close(struct target *t)
{
	mounts_free(&t->added);
	if (t->pidfd >= 0)
		close(t->pidfd);
	if (t->pidns >= 0)
		close(t->pidns);
	if (t->mntns >= 0)
		close(t->mntns);
	for (unsigned int i = 0; i < UNSHARE_KINDS; i++)
		if (t->others[i] >= 0)
			close(t->others[i]);
}
