/* SPDX-License-Identifier: MIT */
/*
 * Memory mappings that CRIU refuses.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "explain/look.h"

#define MIB (1ULL << 20)

struct mappings {
	struct look_items sysv, uprobes, device, big, gone, elsewhere;
	unsigned long long biggest;
	struct stat last; /* a file is mapped in several pieces */
	pid_t last_pid;
};

static bool is_deleted(const char *path)
{
	size_t len = strlen(path);

	return len > 10 && !strcmp(path + len - 10, " (deleted)");
}

/* Memory that only looks like a file. */
static bool is_memory(const char *path)
{
	return !strncmp(path, "/memfd:", 7) || !strncmp(path, "/SYSV", 5) ||
	       !strncmp(path, "/dev/zero", 9) ||
	       !strncmp(path, "/anon_hugepage", 14) ||
	       !strncmp(path, "/[aio]", 6);
}

static void look_at_file(struct look *l, struct mappings *m,
			 const struct tree_process *p, const char *range,
			 const char *path)
{
	unsigned long long size;
	char link[128];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%.64s", p->pid, range);
	if (stat(link, &st) < 0 ||
	    (m->last_pid == p->pid && st.st_ino == m->last.st_ino &&
	     st.st_dev == m->last.st_dev))
		return;
	m->last = st;
	m->last_pid = p->pid;
	size = look_ghost_size(l, &st);
	if (S_ISCHR(st.st_mode) && st.st_rdev != makedev(1, 5)) {
		look_item(&m->device, "%d (%s), %s", p->pid, p->name, path);
	} else if (!is_deleted(path)) {
		return;
	} else if (st.st_nlink > 0 && !l->live->options.link_remap) {
		look_item(&m->gone, "%d (%s), %s", p->pid, p->name, path);
	} else if (st.st_nlink == 0 && size > look_ghost_limit(l)) {
		m->biggest = size > m->biggest ? size : m->biggest;
		look_item(&m->big, "%d (%s), %s, %llu kB", p->pid, p->name,
			  path, size / 1024);
	}
}

static void look_at_line(struct look *l, struct mappings *m,
			 const struct tree_process *p, char *line)
{
	const struct tree_process *root = look_root(l);
	char *path = line;
	int i;

	/* range, permissions, offset, device, inode, path */
	for (i = 0; i < 5 && *path; i++) {
		path += strcspn(path, " ");
		path += strspn(path, " ");
	}
	line[strcspn(line, " ")] = '\0';
	if (!strcmp(path, "[uprobes]") && !l->live->options.allow_uprobes &&
	    look_criu_is(l, 40200))
		look_item(&m->uprobes, "%d (%s)", p->pid, p->name);
	else if (!strncmp(path, "/SYSV", 5) &&
		 root->ns[TREE_IPC] == l->own_ns[TREE_IPC])
		look_item(&m->sysv, "%d (%s), %.13s", p->pid, p->name, path);
	else if (!strncmp(path, "anon_inode:", 11))
		look_item(&m->device, "%d (%s), %s", p->pid, p->name, path);
	else if (*path == '/' && !is_memory(path) &&
		 (is_deleted(path) || !strncmp(path, "/dev/", 5)))
		look_at_file(l, m, p, line, path);
}

/* The mount of its program, by way of a descriptor of ours. */
static int mount_of_program(pid_t pid)
{
	struct fdinfo info = {.mnt_id = -1};
	char path[48], *text;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = tree_text(path);
	close(fd);
	if (text)
		fdinfo_parse(text, &info);
	free(text);
	return info.mnt_id;
}

static void look_at_program(struct look *l, struct mappings *m,
			    const struct tree_process *p)
{
	int id;

	if (!l->mounts.n || p->ns[TREE_MNT] != look_root(l)->ns[TREE_MNT])
		return;
	id = mount_of_program(p->pid);
	if (id >= 0 && !mountinfo_by_id(&l->mounts, id))
		look_item(&m->elsewhere, "%d (%s)", p->pid, p->name);
}

static void look_at_process(struct look *l, struct mappings *m,
			    const struct tree_process *p)
{
	char path[32], *text, *rest, *line;

	snprintf(path, sizeof(path), "/proc/%d/maps", p->pid);
	text = tree_text(path);
	rest = text;
	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			look_at_line(l, m, p, line);
	free(text);
}

static void say_memory(struct look *l, struct mappings *m)
{
	struct finding *f;

	if (m->sysv.n) {
		f = look_add(l, "sysv-memory", FINDING_CAUSE, &m->sysv,
			     "System V shared memory is mapped, which belongs "
			     "to the whole host as long as the tree has no "
			     "IPC namespace of its own");
		finding_cure(f, "start it in one: unshare --ipc");
	}
	if (m->device.n) {
		f = look_add(l, "mapping-unsupported", FINDING_CAUSE,
			     &m->device,
			     "a device or kernel object is mapped, which CRIU "
			     "can't save");
		finding_cure(f, "have it unmapped before the dump");
	}
	if (m->elsewhere.n) {
		f = look_add(l, "program-elsewhere", FINDING_CAUSE,
			     &m->elsewhere,
			     "a process has entered its mount namespace "
			     "without executing a program in there: its code "
			     "is of another one");
		finding_cure(f, "enter or make the namespace first, then "
				"start the program: nsenter --mount, unshare "
				"--mount");
	}
	if (m->uprobes.n) {
		f = look_add(l, "uprobes", FINDING_CAUSE, &m->uprobes,
			     "a process is or was watched by uprobes (perf, "
			     "bpftrace)");
		finding_cure(f, "allow it; at restore the same probes have to "
				"be there");
		look_command(l, f,
			     (const char *const[]){"--allow-uprobes", NULL});
	}
}

static void say_deleted(struct look *l, struct mappings *m)
{
	struct finding *f;
	char limit[32];

	if (m->big.n) {
		snprintf(limit, sizeof(limit), "%lluM", m->biggest / MIB + 1);
		f = look_add(l, "ghost-mapping-too-big", FINDING_CAUSE, &m->big,
			     "a deleted file is mapped: its content has to go "
			     "into the image, and it is larger than the ghost "
			     "limit");
		finding_value(f, "size", "%llu", m->biggest);
		finding_cure(f, "allow that much");
		look_command(
			l, f,
			(const char *const[]){"--ghost-limit", limit, NULL});
	}
	if (m->gone.n) {
		f = look_add(l, "link-remap-mapping", FINDING_CAUSE, &m->gone,
			     "a file is mapped by a name that is deleted while "
			     "it has another one");
		finding_cure(f, "let CRIU give it a temporary name in that "
				"directory; restore uses that up, so the image "
				"can be restored once");
		look_command(l, f, (const char *const[]){"--link-remap", NULL});
	}
}

void look_mappings(struct look *l)
{
	struct mappings m = {0};
	size_t i;

	for (i = 0; i < l->tree->n; i++) {
		look_at_program(l, &m, &l->tree->process[i]);
		look_at_process(l, &m, &l->tree->process[i]);
	}
	say_memory(l, &m);
	say_deleted(l, &m);
}
