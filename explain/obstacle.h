/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_OBSTACLE_H
#define EXPLAIN_OBSTACLE_H

#include <stdio.h>

#include "explain/finding.h"
#include "image/image.h"
#include "ns/stat.h"

/*
 * Numbers of an image that are taken in this pid namespace, and by whom.
 */

enum obstacle_kind {
	OBSTACLE_PROCESS,
	OBSTACLE_ZOMBIE, /* a process that has ended and was not waited for */
	OBSTACLE_THREAD,
	OBSTACLE_SESSION, /* of processes whose leader is long gone */
	OBSTACLE_GROUP,	  /* likewise */
};

struct obstacle {
	pid_t id; /* the number */
	enum obstacle_kind kind;
	struct ns_stat by; /* the process, that of the thread, or a member */
	size_t members;	   /* of the session or group */
	char parent[64];   /* name of a zombie's parent, or "" */
};

struct obstacles {
	struct obstacle *list; /* ordered by id, each id once */
	size_t n;
};

/**
 * obstacle_find - look for every PID, TID, group and session of a tree.
 * @ret: obstacle_free() it
 * Returns 0 or -errno.
 */
int obstacle_find(const struct image_tree *tree, struct obstacles *ret);
void obstacle_free(struct obstacles *all);

/**
 * obstacle_process - the process that has to end for the number to be free: the
 * one that has it, as its own or for one of its threads.  0: there is none; a
 * zombie has ended, and a session or group is of processes with other numbers.
 */
pid_t obstacle_process(const struct obstacle *o);

/**
 * obstacle_sentence - "process 4242 (nginx: worker), of user www-data, for 3
 * days": who holds it.
 */
void obstacle_sentence(const struct obstacle *o, char *buf, size_t size);

/**
 * obstacle_text, obstacle_json - print them all: a line each, or a JSON list.
 */
void obstacle_text(FILE *out, const struct obstacles *all);
void obstacle_json(FILE *out, const struct obstacles *all);

/**
 * obstacle_explain - findings for a restore that takes the host's numbers.
 * @program: how criu-ns is called in the command, which the first one has
 * @dir: name of the image directory
 */
void obstacle_explain(struct findings *findings, const struct obstacles *all,
		      const char *program, const char *dir);

#endif
