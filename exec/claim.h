/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CLAIM_H
#define EXEC_CLAIM_H

#include <limits.h>
#include <sys/types.h>

/*
 * One job for one image directory.  The claim is a file beside it,
 * .NAME.criu-ns-lock, with a lock that launcher and init share: it ends with
 * the last of them, however they end.
 */

struct claim {
	int fd; /* -1: none */
	int dir;
	char name[NAME_MAX + 1]; /* in @dir */
};

#define CLAIM_NONE                              \
	(struct claim)                          \
	{                                       \
		.fd = -1, .dir = -1, .name = "" \
	}

/**
 * claim_take - see that no other job runs on a directory.
 * @path: the image directory, which need not be there, or the pattern of a
 *        series
 * Says who has it and returns an exit status, or returns 0.
 */
int claim_take(struct claim *c, const char *path);

/**
 * claim_name - write down who has it, for whom it is refused.
 * @root: 0 before there is one
 */
void claim_name(const struct claim *c, pid_t launcher, pid_t root);

/**
 * claim_leave - close it; it lasts while init has it.
 */
void claim_leave(struct claim *c);

/**
 * claim_end - the job has ended: remove the file.
 */
void claim_end(struct claim *c);

#endif
