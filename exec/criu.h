/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CRIU_H
#define EXEC_CRIU_H

#include <limits.h>

/*
 * The criu to run.
 */

struct criu {
	char path[PATH_MAX];
	int fd; /* opened to be executed from another mount namespace, or -1 */
};

/**
 * criu_find - find criu: @binary (--criu-binary), else $CRIU, else PATH.
 * A name without a slash is looked for in PATH.
 * @ret: filled; criu_close() it
 * @ret_what: set to the words that name what was looked for and where
 * Returns 0, -ENOENT, or -EACCES and the like: it is there and can't be run.
 */
int criu_find(struct criu *ret, const char *binary, const char **ret_what);
void criu_close(struct criu *criu);

/**
 * criu_exec_as_is - become criu.
 * By path; in a mount namespace where the path leads to another file, by the
 * descriptor.
 * Returns only when it fails: -errno.
 */
int criu_exec_as_is(const struct criu *criu, char *const *argv);

/**
 * criu_exec - become criu, with the configuration in its command line.
 * CRIU_CONFIG_FILE, which config_merge() has read, and POSIXLY_CORRECT, which
 * argv_parse() has honoured, are taken out of the environment.
 * Returns only when it fails: -errno.
 */
int criu_exec(const struct criu *criu, char *const *argv);

/**
 * criu_version - ask a criu for its version.
 * Returns major * 10000 + minor * 100 + sublevel, or -errno.
 */
int criu_version(const struct criu *criu);

/**
 * criu_check - whether "criu check" fails: it can't start on this kernel.
 * Its output is not shown.  Returns 1, 0 or -errno.
 */
int criu_check(const struct criu *criu);

#endif
