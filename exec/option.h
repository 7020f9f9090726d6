/* SPDX-License-Identifier: MIT */
#ifndef EXEC_OPTION_H
#define EXEC_OPTION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The options of CRIU 3.17 to 4.2 and our own: one row each.  The command
 * line, the configuration files, --help and the check of the manual all read
 * these rows.
 */

enum option_arg { ARG_NONE, ARG_REQUIRED, ARG_OPTIONAL };

/* What an option means to us.  OPT_PASS: nothing, it goes on to CRIU. */
enum option_id {
	OPT_PASS,
	OPT_TREE,
	OPT_IMAGES_DIR,
	OPT_WORK_DIR,
	OPT_PREV_IMAGES_DIR,
	OPT_LOG_FILE,
	OPT_PIDFILE,
	OPT_ROOT,
	OPT_DETACH, /* --restore-detached, -d and --daemon */
	OPT_SIBLING,
	OPT_SHELL_JOB,
	OPT_LEAVE_STOPPED,
	OPT_LEAVE_RUNNING,
	OPT_EXEC_CMD,
	OPT_JOIN_NS,
	OPT_INHERIT_FD,
	OPT_EXTERNAL,
	OPT_VERBOSITY,
	OPT_EXT_MOUNT_MAP,
	OPT_ENABLE_FS,
	OPT_TCP_CLOSE,
	OPT_TCP_ESTABLISHED,
	OPT_PAGE_SERVER,
	OPT_TRACK_MEM,
	OPT_ACTION_SCRIPT,
	OPT_CONFIG,
	OPT_NO_DEFAULT_CONFIG,
	OPT_STREAM,
	OPT_LAZY_PAGES,
	OPT_TIMEOUT,
	OPT_LOG_PID,
	OPT_ALL,
	OPT_AUTO_DEDUP,
	OPT_HELP,
	OPT_VERSION,
	/* ours: never passed on */
	OPT_CRIU_BINARY,
	OPT_IMAGE_CHECK, /* --no-image-check */
	OPT_CHECK,
	OPT_EVERY,
	OPT_MAX_TIME,
	OPT_CHECKPOINT_ON,
	OPT_END_ON,
	OPT_ON_CHECKPOINT,
	OPT_ON_RESTORE,
	OPT_HOOK_MUST_SUCCEED,
	OPT_STDIN,
	OPT_STDOUT,
	OPT_STDERR,
	OPT_KEEP_FD,
	OPT_FRESH,
	OPT_FALLBACK,
	OPT_GENERATIONS,
	OPT_KEEP,
	OPT_RECORD, /* --no-record */
	OPT_REDUMP,
	OPT_REDUMP_AFTER,
	OPT_REDUMP_ON_SIGNAL,
	OPT_REWIND,
	OPT_SYNC, /* --no-sync */
	OPT_MOUNTS,
	OPT_AUTO_EXTERNAL,
	OPT_JSON,
	OPT_QUIET,
	OPT_KILL,
	OPT_YES,
	OPT_NO_EXPLAIN,
	OPT_UNSHARE,
	OPT_HOSTNAME,
	OPT_COPIES,
	OPT_COPY_INDEX,
	OPT_JOBS,
	OPT_SHARED_FILES,
	OPT_MERGE,
	OPT_KERNDAT, /* --no-kerndat-cache */
};

struct option_row {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;	  /* the short form, 0 without one */
	enum option_arg arg;
	bool negatable; /* --no-NAME exists as well */
	enum option_id id;
	bool ours;	     /* taken in full spelling only */
	const char *metavar; /* of the argument, for --help; or NULL */
	const char *help;    /* one line; for --help, of our options */
	const char *actions; /* that one of ours is for, NULL: all */
	const char *record;  /* why a restore needs what the dump was given,
				for criu-ns.conf; NULL: it does not */
};

extern const struct option_row option_table[];

/**
 * option_is_for - whether an action takes an option; it takes all of CRIU's.
 */
bool option_is_for(const struct option_row *row, const char *action);

/**
 * option_by_letter - the row of a short option.
 * Returns NULL when no option of CRIU has this letter.
 */
const struct option_row *option_by_letter(char letter);

/**
 * option_by_name - the row that a long option means, by getopt_long(3)'s rules.
 * @name: what stands after the dashes, up to @len (an "=" and a value are not
 *        part of it)
 * @ret_negated: set to whether it was the --no- form
 *
 * An exact name wins; else an abbreviation counts when it fits one option
 * only.  Our own options are found by their full name alone and are not among
 * the candidates of an abbreviation.
 *
 * Returns NULL with errno = ENOENT (nothing fits) or EEXIST (ambiguous).
 */
const struct option_row *option_by_name(const char *name, size_t len,
					bool *ret_negated);

/**
 * option_fits - whether an option, with @negated its --no- form, is among
 * those that the first @len characters of @name may mean.
 */
bool option_fits(const struct option_row *row, bool negated, const char *name,
		 size_t len);

#endif
