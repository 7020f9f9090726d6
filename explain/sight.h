/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_SIGHT_H
#define EXPLAIN_SIGHT_H

#include "explain/still.h"

/*
 * What the eyes on an image have in common: explain_image() opens them one
 * after the other.
 */

struct sight {
	struct findings *all;
	const struct image_contents *image;
	const struct still *how;
	int root; /* descriptor of what will be the tree's root directory */
	bool own_root; /* --root, or the image has mounts of its own */
	bool own_net;  /* the network namespace was dumped as well */

	char **need; /* options that cures ask for, each once */
	size_t n_needs;
	size_t *command; /* findings whose cure is a restore with these */
	size_t n_commands;
	bool broken; /* no memory */
};

/**
 * sight_has - whether restore will have an option.
 * @option: its beginning: "tcp-close", "external=mnt[key]"
 */
bool sight_has(const struct sight *l, const char *option);

/**
 * sight_value - the value of an option given as NAME=VALUE, or NULL.
 */
const char *sight_value(const struct sight *l, const char *name);

/**
 * sight_need - @f is cured by a restore with one more option; NULL: with those
 * that other findings need.
 */
__attribute__((format(printf, 3, 4))) void
sight_need(struct sight *l, const struct finding *f, const char *fmt, ...);

/* What a task does with a file: any of these. */
enum use {
	USE_OPEN = 1 << 0,
	USE_RUN = 1 << 1, /* executable, mapped */
	USE_DIRECTORY = 1 << 2,
	USE_WRITE = 1 << 3, /* open or mapped, to be written */
};

struct sight_use {
	const struct image_file *file;
	unsigned int use;
	pid_t pid; /* of the first to use it */
};

#define SIGHT_PERMISSIONS 07777

/* Findings about a file that is not what it was. */
void sight_missing(struct sight *l, const struct sight_use *u, int err);
void sight_size(struct sight *l, const struct sight_use *u, off_t size);
void sight_mode(struct sight *l, const struct sight_use *u, mode_t mode);
void sight_read_only(struct sight *l, const struct sight_use *u);
/* A deleted file that a link of CRIU's has kept: used up by one restore. */
void sight_link(struct sight *l, const struct sight_use *u);

/* The eyes. */
void sight_files(struct sight *l);
void sight_inet(struct sight *l);
void sight_unix(struct sight *l);
void sight_outside(struct sight *l); /* external resources, terminals */

#endif
