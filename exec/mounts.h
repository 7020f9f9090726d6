/* SPDX-License-Identifier: MIT */
#ifndef EXEC_MOUNTS_H
#define EXEC_MOUNTS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The mounts that only a target has, as criu-ns-mounts names them.
 */

struct mounts {
	char *text; /* mount points, each ended by NUL; owned */
	size_t size;
};

/**
 * mounts_added - the mounts that a process has and the caller has not; a
 * procfs on /proc and a devpts on /dev/pts do not count.
 * Runs criu-ns-mounts, which lies beside this program or in LIBEXECDIR.
 * Returns 0; -ELIBACC: it can't be run; or -errno.  mounts_free() @ret.
 */
int mounts_added(pid_t pid, struct mounts *ret);

/**
 * mounts_next - the mount point behind @at, the first for NULL; NULL at the
 * end.
 */
const char *mounts_next(const struct mounts *m, const char *at);

void mounts_free(struct mounts *m);

#endif
