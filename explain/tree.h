/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_TREE_H
#define EXPLAIN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "explain/fdinfo.h"

/*
 * A live tree of processes: the root and all its descendants, with threads,
 * namespaces and descriptors, read from /proc.  Nobody is stopped or traced;
 * who ends meanwhile is left out.
 */

enum tree_ns {
	TREE_PID,
	TREE_MNT,
	TREE_NET,
	TREE_UTS,
	TREE_IPC,
	TREE_USER,
	TREE_CGROUP,
	TREE_TIME,
	TREE_TIME_CHILDREN,
	TREE_NS_COUNT,
};

extern const char *const tree_ns_name[TREE_NS_COUNT]; /* in /proc/PID/ns */

struct tree_fd {
	int fd;
	char *link; /* where /proc/PID/fd/FD leads */
	char *text; /* fdinfo of an epoll, else NULL */
	struct stat st;
	struct fdinfo info;
};

struct tree_thread {
	pid_t tid;
	char state;
};

struct tree_process {
	pid_t pid, ppid, tracer;
	pid_t group, session;
	pid_t inner_session;   /* in the innermost pid namespace; 0: outside */
	unsigned int terminal; /* device of the controlling one, or 0 */
	char state;	       /* as in ps */
	char name[32];
	ino_t ns[TREE_NS_COUNT]; /* 0: it could not be read */
	struct tree_thread *thread;
	size_t n_threads;
	struct tree_fd *fd;
	size_t n_fds;
};

struct tree {
	struct tree_process *process; /* the root first */
	size_t n;
};

/**
 * tree_read - read the tree below and with a process.
 * @root: as the caller's /proc knows it
 * Returns 0, -ESRCH, -ENOMEM or another -errno.  tree_free() @ret, also after a
 * failure.
 */
int tree_read(pid_t root, struct tree *ret);
void tree_free(struct tree *t);

/**
 * tree_find - the process of a tree with a PID, or NULL.
 */
const struct tree_process *tree_find(const struct tree *t, pid_t pid);

/**
 * tree_has_thread - whether a TID (or PID) is of the tree.
 */
bool tree_has_thread(const struct tree *t, pid_t tid);

/**
 * tree_text - read a whole file, such as /proc/PID/mountinfo.
 * Returns a string that the caller frees, or NULL with errno.
 */
char *tree_text(const char *path);

/**
 * tree_inode - the number in a link such as "socket:[31337]", or 0 when it does
 * not begin with @kind.
 */
uint32_t tree_inode(const char *link, const char *kind);

/**
 * tree_deleted - whether a link is of a file whose name is gone.
 */
bool tree_deleted(const struct tree_fd *f);

#endif
