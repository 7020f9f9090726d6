/* SPDX-License-Identifier: MIT */
#ifndef EXEC_DUMPER_H
#define EXEC_DUMPER_H

#include <signal.h>

#include "exec/argv.h"
#include "exec/capture.h"
#include "exec/criu.h"
#include "exec/hook.h"
#include "exec/store.h"
#include "exec/target.h"
#include "exec/wire.h"
#include "exec/world.h"

/*
 * Runs criu dump where the target lives, waits for it and tells how it went.
 */

/* What stands for the target's number in criu's arguments until it is known. */
#define DUMPER_TREE_ROOM "0000000000"

struct dump {
	struct argv *argv; /* not ours */
	struct criu criu;
	struct target target;
	struct world world;
	struct capture log;
	bool swrk; /* criu makes a socket, see carrier.h */
	bool told; /* why criu has failed */
	char **criu_argv;
	sigset_t mask;
	int signals;
	int socket;    /* to the child that becomes criu */
	int pidfd;     /* of that child */
	int holder;    /* to be told of success, or -1 */
	int undone_by; /* the signal that shall end the dump */
	pid_t pid;
	struct store store;	  /* the image directory */
	char pattern[PATH_MAX];	  /* as given */
	char directory[PATH_MAX]; /* its name */
	bool made_directory;
	struct hook hook;  /* none when the tree shall not end */
	bool record;	   /* to be written */
	int version;	   /* of criu, for the record */
	char command[256]; /* the target's, for the record */
	bool committed;	   /* see commit_image() */
	bool agreed;	   /* criu was told to end the tree */
	int *tree;	   /* pidfds of all in it but the root */
	size_t n_tree;
	int refused; /* the exit status of one that was not, or 0 */
};

/**
 * dumper_ends_tree - whether criu ends the tree after a dump with these
 * options.
 */
bool dumper_ends_tree(const struct argv *a);

/**
 * dumper_start - join the target's pid namespace, hold it, start criu.
 * Returns 0, or an exit status after saying what is wrong.
 */
int dumper_start(struct dump *d);

/**
 * dumper_give_up - make criu end the dump in order, as with a full disk.
 * @sig: who wants that; the second time nothing happens
 */
void dumper_give_up(struct dump *d, int sig);

/**
 * dumper_reap - wait for criu, and end what one that was killed leaves.
 * @status: its wait status
 * Returns 0 or -errno.
 */
int dumper_reap(struct dump *d, int *status);

/**
 * dumper_failure - criu was not even started.
 * @failure: what its child has sent
 * Returns the exit status, after saying why.
 */
int dumper_failure(const struct dump *d, const struct wire *failure);

/**
 * dumper_wait - until criu has ended.  Who wants to end it is heard.
 * Returns the exit status, after saying what there is to say about it.
 */
int dumper_wait(struct dump *d);

#endif
