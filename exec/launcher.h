/* SPDX-License-Identifier: MIT */
#ifndef EXEC_LAUNCHER_H
#define EXEC_LAUNCHER_H

#include "exec/capture.h"
#include "exec/carrier.h"
#include "exec/checkpoints.h"
#include "exec/claim.h"
#include "exec/init.h"
#include "exec/pidfile.h"
#include "exec/pumps.h"
#include "exec/redump.h"
#include "exec/reuse.h"
#include "exec/world.h"
#include "image/image.h"
#include "tty/relay.h"

/*
 * The launcher's side of a restore, or of a command that is started in new
 * namespaces: it starts init, hears from it, passes signals on and knows the
 * exit status.
 */

struct restore {
	struct argv *argv; /* not ours */
	struct criu criu;
	struct image_tree tree;
	struct world world;
	struct pidfile pidfile;
	struct init_plan plan;
	struct capture log;
	struct kerndat kerndat;
	struct reuse reuse;
	char *images; /* absolute path, for people */
	int socket;
	int signals;
	int init; /* pidfd */
	pid_t init_pid;
	int root; /* pidfd, -1 until the tree runs */
	pid_t root_pid;
	bool detached;
	struct tty_relay relay; /* of a shell job; master -1 without */
	struct redump redump;
	struct pumps pumps; /* of what has pipes of ours for its stdio */
	struct checkpoints *checkpoints; /* of criu-ns run, or NULL; not ours */
	struct stdio *stdio;		 /* the same */
	struct claim *claim;		 /* the same */
	struct carrier *carrier;       /* of criu-ns swrk, or NULL; the same */
	int *told;		       /* see struct failure */
	void (*up)(struct restore *r); /* called when the tree runs, or NULL */
	int undone_by; /* the signal that ended it before the tree ran */
	int status;    /* exit status as known so far, or -1 */
};

/* One for which nothing is known, open or running yet. */
#define LAUNCHER_NONE                                                         \
	(struct restore)                                                      \
	{                                                                     \
		.criu.fd = -1, .pidfile = PIDFILE_NONE, .plan.self = -1,      \
		.plan.claim = -1, .redump = REDUMP_NONE, .log = CAPTURE_NONE, \
		.pumps = PUMPS_NONE, .init = -1, .signals = -1, .socket = -1, \
		.root = -1, .status = -1,                                     \
		.relay = {.in = -1,                                           \
			  .out = -1,                                          \
			  .typed = -1,                                        \
			  .master = -1,                                       \
			  .modes.fd = -1},                                    \
	}

/**
 * launcher_start - start init in new namespaces; it runs criu.
 * @r: with the plan made
 * Returns 0, or an exit status after saying what is wrong.
 */
int launcher_start(struct restore *r);

/**
 * launcher_wait - until the root has ended, or runs and nobody waits for more.
 * Returns the exit status.
 */
int launcher_wait(struct restore *r);

/**
 * launcher_release - close and free what is its own.
 */
void launcher_release(struct restore *r);

#endif
