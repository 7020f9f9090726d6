/* SPDX-License-Identifier: MIT */
#ifndef EXEC_SERIES_H
#define EXEC_SERIES_H

#include <limits.h>
#include <stdbool.h>

/*
 * Image directories that are numbered or named after the time: 'ckpt/%n' and
 * 'ckpt/%t'.
 */

/**
 * series_is - whether the last part of a path has %n or %t in it.
 */
bool series_is(const char *pattern);

/**
 * series_next - make the directory for the next image, with mode 0700.
 * %n becomes a number above all that are there, %t the time
 * (20261123T183000Z), or a second more than the newest has.
 * @ret: its path
 * Returns 0 or -errno.
 */
int series_next(const char *pattern, char ret[PATH_MAX]);

/**
 * series_newest - find the newest directory that holds a complete image.
 * @ret: its path
 * Returns 0; -ENOENT: there is none; another -errno.
 */
int series_newest(const char *pattern, char ret[PATH_MAX]);

/**
 * series_doubtful - whether a directory of the series holds images that are not
 * complete, and no note says that this is how a dump has left it: somebody may
 * be copying it.
 * Returns 1, 0 or -errno.
 */
int series_doubtful(const char *pattern);

/**
 * series_keep - remove all but the newest complete images.
 * One that another one builds upon (--prev-images-dir) stays.  What is not
 * complete, and files that are not criu's, stay, too.
 * @newest: path of the one that was just made; it stays, whatever the clock
 * says
 * @log: name of the log file in there, or NULL
 * Says what it could not remove.
 */
void series_keep(const char *pattern, unsigned int keep, const char *newest,
		 const char *log);

#endif
