/* SPDX-License-Identifier: MIT */
/*
 * Namespaces that differ within the tree, and user namespaces.
 */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain/look.h"

/* criu shares it with the root: then it is no part of the image. */
static bool is_outside(const struct look *l, enum tree_ns kind)
{
	const struct tree_process *root = look_root(l);

	if (kind == TREE_MNT)
		return !l->live->saves_mounts;
	return root->ns[kind] == l->own_ns[kind];
}

static bool differs(const struct tree_process *p,
		    const struct tree_process *root, enum tree_ns kind)
{
	return p->ns[kind] && root->ns[kind] && p->ns[kind] != root->ns[kind];
}

static void look_nested(struct look *l, enum tree_ns kind)
{
	const struct tree_process *root = look_root(l), *p;
	bool dumps = kind == TREE_NET || kind == TREE_MNT;
	struct look_items items = {0};
	struct finding *f;
	size_t i;

	/* These two may differ, if the root has its own. */
	if (dumps && !is_outside(l, kind))
		return;
	for (i = 1; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		if (differs(p, root, kind))
			look_item(&items, "%d (%s)", p->pid, p->name);
	}
	if (!items.n)
		return;
	f = look_add(l, "nested-namespace", FINDING_CAUSE, &items,
		     "processes of the tree live in another %s namespace than "
		     "its root, %s",
		     tree_ns_name[kind],
		     dumps ? "which dumps, but CRIU can't restore it"
			   : "which CRIU can't dump");
	finding_value(f, "namespace", "%s", tree_ns_name[kind]);
	finding_cure(f, "dump that part by itself (-t its first process), or "
			"start it without a namespace of its own");
}

static bool look_time(struct look *l)
{
	const struct tree_process *p;
	struct look_items items = {0};
	struct finding *f;
	size_t i;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		if (p->ns[TREE_TIME] && p->ns[TREE_TIME_CHILDREN] &&
		    p->ns[TREE_TIME] != p->ns[TREE_TIME_CHILDREN])
			look_item(&items, "%d (%s)", p->pid, p->name);
	}
	if (!items.n)
		return false;
	f = look_add(l, "time-for-children", FINDING_CAUSE, &items,
		     "children of a process get another time namespace than "
		     "its own, which CRIU can't dump");
	finding_cure(f, "start it inside of a time namespace: unshare --time "
			"--fork");
	return true;
}

/* Whether a namespace belongs to the root's user namespace. */
static bool is_owned(const struct look *l, enum tree_ns kind)
{
	struct stat st;
	char path[64];
	int fd, owner;
	bool owned;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", l->live->pid,
		 tree_ns_name[kind]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	owner = ioctl(fd, NS_GET_USERNS);
	close(fd);
	if (owner < 0)
		return false;
	owned = fstat(owner, &st) < 0 ||
		st.st_ino == look_root(l)->ns[TREE_USER];
	close(owner);
	return owned;
}

static bool maps_zero(pid_t pid, const char *file)
{
	unsigned int inside, outside, count;
	bool found = false;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "re");
	while (f && !found &&
	       fscanf(f, "%u %u %u", &inside, &outside, &count) == 3)
		found = inside == 0 && count > 0;
	if (f)
		fclose(f);
	return found;
}

static void look_user(struct look *l)
{
	static const enum tree_ns kind[] = {TREE_NET, TREE_UTS, TREE_TIME,
					    TREE_IPC, TREE_MNT};
	const struct tree_process *root = look_root(l);
	struct look_items items = {0};
	struct finding *f;
	size_t i;

	if (root->ns[TREE_USER] == l->own_ns[TREE_USER])
		return;
	if (!maps_zero(root->pid, "uid_map") ||
	    !maps_zero(root->pid, "gid_map")) {
		f = look_add(l, "user-namespace-without-root", FINDING_CAUSE,
			     NULL,
			     "the user namespace of %d (%s) has no user or "
			     "group 0, which CRIU needs in there",
			     root->pid, root->name);
		finding_cure(f, "start it with a map that holds 0: unshare "
				"--user --map-root-user");
		return;
	}
	for (i = 0; i < sizeof(kind) / sizeof(*kind); i++)
		if (!is_outside(l, kind[i]) && !is_owned(l, kind[i]))
			look_item(&items, "%s", tree_ns_name[kind[i]]);
	if (!items.n)
		return;
	f = look_add(l, "namespace-of-other-user", FINDING_CAUSE, &items,
		     "namespaces of %d (%s) were not made in its user "
		     "namespace, and CRIU can't enter them from there",
		     root->pid, root->name);
	finding_cure(f, "make the user namespace first, or all at once: "
			"unshare --user --net ...");
}

void look_namespaces(struct look *l)
{
	look_nested(l, TREE_PID);
	look_nested(l, TREE_UTS);
	look_nested(l, TREE_IPC);
	look_nested(l, TREE_USER);
	look_nested(l, TREE_CGROUP);
	look_nested(l, TREE_NET);
	look_nested(l, TREE_MNT);
	if (!look_time(l))
		look_nested(l, TREE_TIME);
	look_user(l);
}
