/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_MOUNTINFO_H
#define EXPLAIN_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A mount table as /proc/PID/mountinfo shows it, proc_pid_mountinfo(5).
 */

struct mountinfo_row {
	int id, parent;
	unsigned int major, minor;
	int shared, master; /* peer group and that of the master, or 0 */
	char *root;	    /* in its file system */
	char *point;	    /* mount point, below the root of the process */
	char *type;	    /* such as "tmpfs", "fuse.sshfs" */
	char *source;
	char *options; /* of the file system */
};

struct mountinfo {
	struct mountinfo_row *row;
	size_t n;
};

/**
 * mountinfo_parse - take a table's text apart.
 * @text: changed in place; the rows point into it, so it has to live as long
 * Returns 0, -EBADMSG (a line is none of a mount table) or -ENOMEM.
 * mountinfo_free() @ret, also after a failure.
 */
int mountinfo_parse(char *text, struct mountinfo *ret);
void mountinfo_free(struct mountinfo *m);

/**
 * mountinfo_by_id - the row with a mount id, or NULL.
 */
const struct mountinfo_row *mountinfo_by_id(const struct mountinfo *m, int id);

/**
 * mountinfo_hidden - whether something else is mounted over a mount, so that
 * no path leads to it.
 */
bool mountinfo_hidden(const struct mountinfo *m,
		      const struct mountinfo_row *row);

/**
 * mountinfo_at - the mount that a path leads to: the last one that was mounted
 * on it or the nearest directory above it; or NULL.
 */
const struct mountinfo_row *mountinfo_at(const struct mountinfo *m,
					 const char *path);

/**
 * mountinfo_below - whether path @inner is @outer, or leads below it.
 */
bool mountinfo_below(const char *inner, const char *outer);

#endif
