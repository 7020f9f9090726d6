/* SPDX-License-Identifier: MIT */
#ifndef EXEC_PIDFILE_H
#define EXEC_PIDFILE_H

/*
 * The pidfile of a restore.  CRIU's own holds the inner number, is written
 * before the tree runs and must not exist before; ours holds the number that
 * the caller sees, appears in one step, after success only, and replaces an
 * old one.
 */

struct pidfile {
	int dir;	  /* directory it will be in, or -1 */
	int fd;		  /* what becomes the file, or -1 */
	char *path;	  /* as given; NULL: none is wanted */
	const char *name; /* in that directory: the last part of path */
	char temp[64];	  /* name of fd in that directory, or "" */
};

#define PIDFILE_NONE                \
	(struct pidfile)            \
	{                           \
		.dir = -1, .fd = -1 \
	}

/**
 * pidfile_prepare - see that a pidfile can be written, before anything starts.
 * @path: copied; a relative one is meant from @base
 * @base: directory, NULL for the working directory
 *
 * Takes the disk space as well.  Where the file system can, the new file has
 * no name yet, so that nothing is left of it if we are killed.
 *
 * Returns 0; -EEXIST: there is something that is no regular file; or -errno.
 */
int pidfile_prepare(struct pidfile *p, const char *path, const char *base);

/**
 * pidfile_write - put the number in and the file in its place.
 * Returns 0 or -errno.
 */
int pidfile_write(struct pidfile *p, int pid);

/**
 * pidfile_remove - take an old pidfile away: its number is nobody's any more.
 */
void pidfile_remove(struct pidfile *p);

/**
 * pidfile_drop - close everything; what was not written leaves no trace.
 */
void pidfile_drop(struct pidfile *p);

#endif
