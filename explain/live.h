/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_LIVE_H
#define EXPLAIN_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "explain/finding.h"

/*
 * What stands in the way of the dump of a live tree.  Everything is read;
 * nobody is stopped or traced, nothing is changed.
 */

/* The options of the dump that is planned, or has failed. */
struct live_options {
	bool shell_job, file_locks, link_remap, evasive_devices, allow_uprobes;
	bool tcp_established, tcp_close, skip_in_flight, ext_unix_sk;
	bool auto_external;		/* see live_externals() */
	unsigned long long ghost_limit; /* bytes; 0: CRIU's 1 MiB */
	const char *network_lock;	/* "skip" ... or NULL */
	const char *const *external;	/* values of --external, ends with NULL;
					   or NULL */
};

struct live {
	pid_t pid; /* the root of the tree, as the caller sees it */
	/* "criu-ns", "dump", "-t", "4242", ... NULL: what a cure adds its
	 * options to */
	const char *const *command;
	struct live_options options;
	int criu_version;      /* major * 10000 + minor * 100 + sublevel */
	const char *criu_path; /* the criu that will do it, or NULL */
	bool saves_mounts;     /* its mount namespace is dumped with it */
	bool finds_mounts; /* by --external 'mnt[]:sm', which criu-ns adds */
};

/* What to look at. */
enum live_part {
	LIVE_TASKS = 1 << 0,	  /* tracers, sessions, states */
	LIVE_NAMESPACES = 1 << 1, /* nested ones */
	LIVE_MOUNTS = 1 << 2,
	LIVE_FILES = 1 << 3, /* deleted ones, unsupported descriptors */
	LIVE_MAPPINGS = 1 << 4,
	LIVE_LOCKS = 1 << 5,
	LIVE_TERMINALS = 1 << 6,
	LIVE_UNIX = 1 << 7,
	LIVE_INTERNET = 1 << 8,
	LIVE_ALL = (1 << 9) - 1,
};

/**
 * live_look - add what will stop a dump, or get lost by it, worst first.
 * @parts: LIVE_*: a mask
 * @ret: a list that may hold others already; they stay before these
 * Returns 0, -ESRCH (there is no such process), -ENOMEM or another -errno.
 */
int live_look(const struct live *live, unsigned int parts,
	      struct findings *ret);

/**
 * live_externals - what --auto-external adds to a dump.
 * @ret_words: "external", VALUE, "ext-unix-sk", "" ...: names of options of
 *             criu, each followed by its value or ""; ends with NULL;
 *             live_free_words() it
 * @ret_losses: a finding for each thing that will be lost or changed
 * Returns 0 or -errno.
 */
int live_externals(const struct live *live, char ***ret_words,
		   struct findings *ret_losses);
void live_free_words(char **words);

#endif
