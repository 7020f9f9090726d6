/* SPDX-License-Identifier: MIT */
#ifndef EXEC_LAUNCHER_H
#define EXEC_LAUNCHER_H

#include "exec/capture.h"
#include "exec/init.h"
#include "exec/pidfile.h"
#include "exec/redump.h"
#include "exec/reuse.h"
#include "exec/world.h"
#include "image/image.h"
#include "tty/relay.h"

/*
 * The launcher's side of a restore: it starts init, hears from it, passes
 * signals on and knows the exit status.
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
	int undone_by; /* the signal that ended it before the tree ran */
	int status;    /* exit status as known so far, or -1 */
};

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

#endif
