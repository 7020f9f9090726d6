/* SPDX-License-Identifier: MIT */
#ifndef EXEC_WRITER_H
#define EXEC_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Who has a file open to write to it.
 */

enum writer_is {
	WRITER_NONE,
	WRITER_ASKED,  /* not known yet: writer_find() looks */
	WRITER_FOUND,  /* .pid */
	WRITER_HIDDEN, /* there is one, in no process that is seen from here,
			  or by a mapping alone */
};

struct writer {
	dev_t dev;
	ino_t ino;
	enum writer_is is;
	pid_t pid;
	bool sure; /* the kernel says that there is one */
	bool ours; /* the caller or an ancestor of it has it */
};

/**
 * writer_ask - ask the kernel: it gives a lease to read on a file that nobody
 * can write to.
 * @fd: of the file, opened to be read only
 * @w: filled: WRITER_NONE, or WRITER_ASKED with what writer_find() needs
 * Returns 0 or -errno.
 */
int writer_ask(int fd, struct writer *w);

/**
 * writer_find - look in /proc for those who have the files of @list open to
 * write to them.  The caller and its ancestors, who have it as their output,
 * do not count.
 * @list: what is WRITER_ASKED is known afterwards
 * Returns 0 or -errno.
 */
int writer_find(struct writer *list, size_t n);

#endif
