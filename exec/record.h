/* SPDX-License-Identifier: MIT */
#ifndef EXEC_RECORD_H
#define EXEC_RECORD_H

#include <sys/types.h>

#include "exec/argv.h"

/*
 * The record of a dump: the file criu-ns.conf in the image directory, in the
 * syntax of CRIU's configuration.  It holds the options that restore has to be
 * given again, and comments.
 */

#define RECORD_NAME "criu-ns.conf"

struct record {
	int criu;	     /* criu_version(), or negative */
	pid_t inner;	     /* of the root, as the image has it; 0: unknown */
	pid_t outer;	     /* of the root, as the caller saw it */
	const char *command; /* its command line */
	const char *program; /* our own version */
	unsigned int generation; /* how often the tree was restored */
};

/**
 * record_write - write the record of an image that is complete.
 * @dir: the image directory
 * @a: what criu was given for the dump
 *
 * The file has mode 0600 and appears in one step.  What the syntax can't say
 * becomes a comment, and so does what restore needs and can't be known yet, as
 * the number of an --inherit-fd.
 * Returns 0 or -errno.
 */
int record_write(int dir, const struct argv *a, const struct record *facts);

/**
 * record_read - put the options of a record under those that were typed.
 * @a: what was typed wins, option by option
 * @dir: the image directory; @path: its name, for messages
 * @why: ARGV_WHY bytes
 *
 * Nobody else than root and the caller may have written it: it is no symbolic
 * link, and its owner and mode are looked at.  Only options that run nothing
 * and name no program are taken, see the column "record" of option_table.
 *
 * Returns 0: there is none, or it is read; 1 with @why filled: it belongs to
 * another dump and was left unread; -errno with @why filled.
 */
int record_read(struct argv *a, int dir, const char *path, char *why);

/**
 * record_generation - how often the tree of an image was restored before.
 * @dir: the image directory
 * Returns 0 as well when there is no record of this image, or none to be
 * trusted.
 */
unsigned int record_generation(int dir);

/**
 * record_turn - what restore is told about a resource that the dump was told
 * about, and the other way round: mnt[/path]:key and mnt[key]:/path.  A key
 * that is a path itself says where the caller has the mount, as --auto-external
 * writes it: mnt[/path]:/key becomes mnt[/key]:/key.
 * @ret: the caller frees it
 * Returns 0; -ENOENT: nothing that can be known; -ENOMEM.
 */
int record_turn(const struct argv_option *o, char **ret);

#endif
