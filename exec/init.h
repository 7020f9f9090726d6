/* SPDX-License-Identifier: MIT */
#ifndef EXEC_INIT_H
#define EXEC_INIT_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "exec/criu.h"
#include "exec/kerndat.h"
#include "exec/stdio.h"
#include "exec/unshare.h"
#include "exec/wire.h"

/*
 * PID 1 of the new namespaces.  It prepares them, runs criu, says over the
 * socket how that went, and stays, as small as it can be, until the namespace
 * is empty.
 */

struct init_plan {
	int socket; /* to the launcher */
	int self;   /* our own program, opened */
	const struct criu *criu;
	char **argv;	/* for criu */
	sigset_t mask;	/* the caller's signal mask, for criu */
	pid_t root;	/* of the tree, as in the image; 0: not known */
	bool nested;	/* the root is PID 1 of a namespace of the image */
	pid_t first;	/* numbers from here on are free for criu */
	pid_t highest;	/* the highest number in the image */
	bool shell_job; /* give criu the terminal on stdin */
	unsigned int terminal; /* the number of that terminal in the image */
	bool detached;	       /* nobody waits for the root's end */
	char **exec_cmd;       /* what becomes PID 1 afterwards, or NULL */
	char **command;	       /* started in criu's place, or NULL */
	const struct stdio *stdio; /* of the command; pipes for criu */
	bool swrk;		   /* criu makes a socket, see carrier.h */
	int claim;		   /* a lock to be held, or -1 */
	const char *work_dir;	   /* where exec_cmd starts */
	const char *images;	   /* the image directory, for ps */
	unsigned int generation;   /* how often it was restored; for ps */
	struct unshare unshare;
	bool merge;		       /* --merge-memory */
	const struct kerndat *kerndat; /* for criu, or NULL */
};

/**
 * init_run - what the child that ns_spawn() made does; never returns.
 */
_Noreturn void init_run(const struct init_plan *plan);

/**
 * init_is_me - whether this process is an init that has executed its own
 * program again to leave the launcher's memory behind.
 */
bool init_is_me(void);

/**
 * init_resume - go on as such an init; never returns.
 * @argv: of main(), see exec/title.h
 */
_Noreturn void init_resume(char **argv);

/* Before the image directory in the command line: by it an init is known. */
#define INIT_TITLE "criu-ns: init"

#endif
