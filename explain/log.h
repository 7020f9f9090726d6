/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_LOG_H
#define EXPLAIN_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Lines of a CRIU log, as CRIU 3.17 to 4.2 writes them:
 *
 *   (00.034917)     15: Error (criu/cr-restore.c:1480): text
 *   (00.034917) pie: 15: Error (criu/pie/restorer.c:2190): text
 *
 * without the time stamp up to log level 2, without a PID in the log's first
 * process, without "Error (...): " or "Warn  (...): " for other levels.
 */

enum log_level { LOG_LEVEL_ERROR = 1, LOG_LEVEL_WARN, LOG_LEVEL_REST };

struct log_line {
	enum log_level level;
	bool stamped;
	const char *message; /* behind the time stamp */
	const char *file;    /* source file, not terminated; NULL without */
	size_t file_len;
	const char *text; /* behind all of that */
	size_t len;	  /* of the text, without a line end */
	long pid;	  /* as in the log, or 0 */
};

/**
 * log_split - take one line apart.
 * @len: of the line, its '\n' not counted
 */
void log_split(const char *line, size_t len, struct log_line *ret);

/**
 * log_each - call @take for each line that can be read from a descriptor, with
 * its number, until there is no more.  A line that is longer than LOG_LONGEST
 * is cut.
 * Returns 0, or -errno of read(2).
 */
typedef void log_take(void *self, const struct log_line *line, size_t number);
int log_each(int fd, log_take *take, void *self);
#define LOG_LONGEST 65536

#endif
