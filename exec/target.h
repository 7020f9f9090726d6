/* SPDX-License-Identifier: MIT */
#ifndef EXEC_TARGET_H
#define EXEC_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "exec/argv.h"
#include "exec/mounts.h"
#include "exec/unshare.h"
#include "ns/process.h"

/*
 * The process that is to be dumped, and where criu has to stand for it.
 */

enum target_way {
	/* The target lives where the caller lives, or is PID 1 of a child
	 * namespace: criu runs here. */
	TARGET_HERE,
	/* criu joins the pid and mount namespaces of the target. */
	TARGET_INSIDE,
	/* criu joins the pid namespace only; its mount namespace is a copy of
	 * the caller's, so that criu dumps the target's with the tree. */
	TARGET_OUTSIDE,
};

#define TARGET_NONE                                                \
	(struct target)                                            \
	{                                                          \
		.pidfd = -1, .pidns = -1, .mntns = -1, .others = { \
			[0 ... UNSHARE_KINDS - 1] = -1             \
		}                                                  \
	}

struct target {
	pid_t pid; /* as the caller sees it */
	int pidfd;
	int pidns;		   /* to be joined, or -1 */
	int mntns;		   /* to be joined, or -1 */
	int others[UNSHARE_KINDS]; /* likewise, in unshare_kind()'s order */
	enum target_way way;
	bool same_root;	     /* the root of its mount namespace is ours */
	bool other_mounts;   /* it lives in another mount namespace */
	struct mounts added; /* mounts that only the target has */
	struct ns_process process;
	pid_t init;		 /* of ours, that it lives under, or 0 */
	bool is_root;		 /* of the tree of that init */
	unsigned int generation; /* of that tree */
};

/**
 * target_number - the PID that -t names.
 * Returns 0, or an exit status after saying what is wrong with it.
 */
int target_number(const struct argv *a, pid_t *ret);

/**
 * target_open - find out about the target.
 * @leave_mounts: --mounts=leave: mounts of its own do not matter
 * @ret: filled; target_close() it, also after a failure
 *
 * Says on stderr what makes a process no target (there is none, a thread, a
 * kernel thread, a zombie, ourselves or an ancestor of ours, an init of ours).
 * Returns 0 or an exit status.
 */
int target_open(pid_t pid, bool leave_mounts, struct target *ret);

void target_close(struct target *t);

#endif
