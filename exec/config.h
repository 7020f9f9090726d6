/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CONFIG_H
#define EXEC_CONFIG_H

#include <stdio.h>

#include "exec/argv.h"

/*
 * CRIU's configuration: /etc/criu/default.conf, ~/.criu/default.conf,
 * $CRIU_CONFIG_FILE and --config, each read before the next, the command line
 * last.  We read them once, in the caller's world, and hand CRIU one command
 * line with --no-default-config: what we act on and what CRIU acts on is the
 * same, whatever files the target's mount namespace has at these places.
 */

/* The first file, /etc/criu/default.conf; tests point it elsewhere. */
extern const char *config_global;

/**
 * config_merge - put the options of the configuration files before those of
 * the command line.
 * @a: the parsed command line; --config and --no-default-config are taken out
 *     and --no-default-config is appended
 * @why: ARGV_WHY bytes; on failure a sentence that names file and line
 *
 * --no-default-config and --config leave the two default files unread, as in
 * CRIU; $CRIU_CONFIG_FILE is read all the same.  A file that does not exist is
 * skipped; CRIU skips a missing --config FILE as well, we say so instead.
 *
 * The environment variable CRIU_CONFIG_FILE must be removed from the
 * environment of the CRIU that gets this command line (config_merge() does
 * not do it).
 *
 * Returns 0, -EINVAL or another -errno with @why filled.
 */
int config_merge(struct argv *a, char *why);

/**
 * config_parse - read one file into options, appended to @a.
 * @path: for messages and to open
 * A statement is "name", "name value", 'name "value with blanks"' or
 * "name=value"; '#' starts a comment, \" stands for a quote (criu(8),
 * CONFIGURATION FILES).  Names may be abbreviated as on the command line.
 *
 * What CRIU misreads in silence is refused: words after the value, '#' inside
 * quotes, a missing value (CRIU takes the next line for it), a value of an
 * option that has none, or an optional one that isn't attached by "=", --config
 * and --no-default-config.  Our own options are refused as well.
 * Returns 0, -ENOENT without a file, -EINVAL or another -errno, with @why.
 */
int config_parse(struct argv *a, const char *path, char *why);

/**
 * config_parse_record - as config_parse(), of a file that was opened before,
 * whose options must be among those that a record may hold.
 * @path: for messages
 */
int config_parse_record(struct argv *a, FILE *file, const char *path,
			char *why);

#endif
