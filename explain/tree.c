/* SPDX-License-Identifier: MIT */
#include "explain/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/tree_parts.h"

const char *const tree_ns_name[TREE_NS_COUNT] = {
	[TREE_PID] = "pid",
	[TREE_MNT] = "mnt",
	[TREE_NET] = "net",
	[TREE_UTS] = "uts",
	[TREE_IPC] = "ipc",
	[TREE_USER] = "user",
	[TREE_CGROUP] = "cgroup",
	[TREE_TIME] = "time",
	[TREE_TIME_CHILDREN] = "time_for_children",
};

/* The kernel gives a long list a page at a time. */
static int read_long_at(int dir, const char *name, char *buf, size_t size)
{
	size_t done = 0;
	ssize_t n;
	int fd, err;

	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf + done, size - 1 - done);
		done += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	err = n < 0 ? -errno : 0;
	close(fd);
	buf[done] = '\0';
	return err;
}

char *tree_text(const char *path)
{
	size_t size = 0, room = 0;
	char *text = NULL, *grown;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	do {
		if (room - size < 4096) {
			room = room ? 2 * room : 16384;
			grown = realloc(text, room);
			if (!grown) {
				n = -1;
				break;
			}
			text = grown;
		}
		n = read(fd, text + size, room - size - 1);
		size += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

/* --- what /proc/PID/stat and status say --- */

static pid_t number_in(const char *text, const char *name, bool last)
{
	const char *at = strstr(text, name);
	pid_t value = 0;
	char *end;

	if (!at)
		return -1;
	for (at += strlen(name); *at && *at != '\n'; at = end) {
		value = (pid_t)strtol(at, &end, 10);
		if (end == at || !last)
			break;
		end += strspn(end, " \t");
	}
	return value;
}

static int read_stat(int dir, struct tree_process *p)
{
	char text[4096], *name, *end;
	size_t len;
	int err;

	err = tree_parts_read(dir, "stat", text, sizeof(text));
	if (err)
		return err;
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (!name || !end ||
	    sscanf(end, ") %c %d %d %d %u", &p->state, &p->ppid, &p->group,
		   &p->session, &p->terminal) != 5)
		return -EBADMSG;
	len = (size_t)(end - name - 1);
	if (len >= sizeof(p->name))
		len = sizeof(p->name) - 1;
	memcpy(p->name, name + 1, len);
	err = tree_parts_read(dir, "status", text, sizeof(text));
	if (err)
		return err;
	p->tracer = number_in(text, "\nTracerPid:", false);
	p->inner_session = number_in(text, "\nNSsid:", true);
	return 0;
}

static void read_namespaces(int dir, struct tree_process *p)
{
	char path[32], link[64];
	ssize_t n;
	int i;

	for (i = 0; i < TREE_NS_COUNT; i++) {
		snprintf(path, sizeof(path), "ns/%s", tree_ns_name[i]);
		n = readlinkat(dir, path, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		p->ns[i] = strtoul(link + strcspn(link, "[") + 1, NULL, 10);
	}
}

/* --- threads and children --- */

static int add_pid(struct tree *t, pid_t pid)
{
	struct tree_process *list =
		tree_parts_grow(t->process, t->n, sizeof(*list));

	if (!list)
		return -ENOMEM;
	t->process = list;
	list[t->n++] = (struct tree_process){.pid = pid};
	return 0;
}

static int add_children(struct tree *t, int dir, const char *tid)
{
	char path[64], text[65536], *at = text, *end;
	pid_t pid;
	int err;

	snprintf(path, sizeof(path), "task/%.16s/children", tid);
	err = read_long_at(dir, path, text, sizeof(text));
	if (err)
		return err == -ENOENT || err == -ESRCH ? 0 : err;
	for (; !err; at = end) {
		pid = (pid_t)strtol(at, &end, 10);
		if (end == at)
			break;
		err = add_pid(t, pid);
	}
	return err;
}

static int add_thread(struct tree_process *p, int dir, const char *tid)
{
	struct tree_thread *list;
	char path[64], text[1024];
	const char *end;

	list = tree_parts_grow(p->thread, p->n_threads, sizeof(*list));
	if (!list)
		return -ENOMEM;
	p->thread = list;
	snprintf(path, sizeof(path), "task/%.16s/stat", tid);
	if (tree_parts_read(dir, path, text, sizeof(text)) < 0)
		return 0;
	end = strrchr(text, ')');
	list[p->n_threads++] = (struct tree_thread){
		.tid = atoi(tid),
		.state = end && end[1] ? end[2] : '?',
	};
	return 0;
}

static int read_threads(struct tree *t, size_t at, int dir)
{
	struct dirent *e;
	int fd, err = 0;
	DIR *tasks;

	fd = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	tasks = fdopendir(fd);
	if (!tasks) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (e = readdir(tasks))) {
		if (!tree_parts_is_number(e->d_name))
			continue;
		/* It may move the list of processes. */
		err = add_children(t, dir, e->d_name);
		if (!err)
			err = add_thread(&t->process[at], dir, e->d_name);
	}
	closedir(tasks);
	return err;
}

static int read_process(struct tree *t, size_t at)
{
	char path[32];
	int dir, err;

	snprintf(path, sizeof(path), "/proc/%d", t->process[at].pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	err = read_stat(dir, &t->process[at]);
	read_namespaces(dir, &t->process[at]);
	if (!err)
		err = read_threads(t, at, dir);
	if (!err)
		err = tree_parts_files(dir, &t->process[at]);
	close(dir);
	return err == -ENOENT ? -ESRCH : err;
}

static void free_process(struct tree_process *p)
{
	size_t i;

	for (i = 0; i < p->n_fds; i++) {
		free(p->fd[i].link);
		free(p->fd[i].text);
	}
	free(p->fd);
	free(p->thread);
}

int tree_read(pid_t root, struct tree *ret)
{
	size_t i = 0;
	int err;

	*ret = (struct tree){0};
	err = add_pid(ret, root);
	while (!err && i < ret->n) {
		err = read_process(ret, i);
		if (err == -ESRCH && i > 0) {
			/* It has ended.  What it has forked is still to come,
			 * or has another parent. */
			free_process(&ret->process[i]);
			ret->process[i] = ret->process[--ret->n];
			err = 0;
		} else {
			i++;
		}
	}
	return err;
}

void tree_free(struct tree *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		free_process(&t->process[i]);
	free(t->process);
	*t = (struct tree){0};
}

const struct tree_process *tree_find(const struct tree *t, pid_t pid)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->process[i].pid == pid)
			return &t->process[i];
	return NULL;
}

bool tree_has_thread(const struct tree *t, pid_t tid)
{
	size_t i, j;

	for (i = 0; i < t->n; i++)
		for (j = 0; j < t->process[i].n_threads; j++)
			if (t->process[i].thread[j].tid == tid)
				return true;
	return false;
}
