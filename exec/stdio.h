/* SPDX-License-Identifier: MIT */
#ifndef EXEC_STDIO_H
#define EXEC_STDIO_H

#include <stdbool.h>
#include <sys/types.h>

#include "exec/argv.h"

/*
 * The descriptors of a command that criu-ns run starts.  CRIU can dump a file
 * only if it was opened in the mount namespace where the tree lives, so they
 * are opened anew in there:
 *
 *   file, device    by its path, with its flags and offset
 *   terminal        the slave of our pty
 *   pipe            the same one: it belongs to no mount
 *   socket, fifo    a pipe of ours; the launcher carries the bytes
 */

enum stdio_kind {
	STDIO_CLOSED,
	STDIO_PATH,
	STDIO_TERMINAL,
	STDIO_PIPE,
	STDIO_RELAYED,
};

struct stdio_fd {
	int number; /* of the caller's, and of the command's */
	enum stdio_kind kind;
	int same_as; /* index of one that shares its offset and flags, or -1 */
	char *path;
	int flags;
	off_t at;
	bool seeks; /* @at means something */
	dev_t dev;
	ino_t ino;
	int inside;  /* the command's end of our pipe, or -1 */
	int outside; /* the launcher's */
};

#define STDIO_MAX 64

struct stdio {
	struct stdio_fd fd[STDIO_MAX]; /* 0 to 2 first, then --keep-fd */
	size_t n;
	bool terminal; /* one of the first three is a terminal */
};

/* What could not be opened inside. */
struct stdio_error {
	int number;
	int err; /* negative errno; -ESTALE: the path leads to another file */
};

/**
 * stdio_look - what the command shall have, from our own descriptors and
 * --stdin, --stdout, --stderr and --keep-fd.
 * @s: filled; stdio_free() it
 * @detached: nobody will be there to carry bytes
 * Makes the file of --stdout if it is not there.  Says what is wrong and
 * returns an exit status, or returns 0.
 */
int stdio_look(struct stdio *s, const struct argv *a, bool detached);

/**
 * stdio_make_pipes - for those that are relayed.
 * Says what is wrong and returns an exit status, or returns 0.
 */
int stdio_make_pipes(struct stdio *s);

/**
 * stdio_open - in the child that becomes the command: open all of them and
 * close everything else, but @keep.
 * @slave: the pty's, or -1
 * @keep: one descriptor that stays open until the exec; gets another number
 * Returns 0 or -errno with @ret filled.
 */
int stdio_open(const struct stdio *s, int slave, int *keep,
	       struct stdio_error *ret);

/**
 * stdio_pipe - make a pipe of ours for one of them.
 * Returns 0 or -errno.
 */
int stdio_pipe(struct stdio_fd *f);

/**
 * stdio_share - let the command's ends of our pipes pass an exec.
 * @s: NULL is fine
 * Returns 0 or -errno.
 */
int stdio_share(const struct stdio *s);

/**
 * stdio_started - the launcher needs the command's ends no more.
 */
void stdio_started(struct stdio *s);

/**
 * stdio_finish - the command has ended: put the offset of a file that others
 * go on writing to behind what it has written.
 */
void stdio_finish(const struct stdio *s);

void stdio_free(struct stdio *s);

#endif
