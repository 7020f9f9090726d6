/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_GATHER_H
#define IMAGE_GATHER_H

#include "image/contents.h"
#include "image/file.h"
#include "image/set.h"

/*
 * The pieces that image_contents_read() is made of.  What a piece can't read it
 * leaves out; -ENOENT of something that not every image has is no problem.
 */

struct gather {
	struct reading in;
	struct image_contents *c;
	struct arena *strings; /* live as long as the contents */
	struct set mount_namespaces;
	bool titles;
};

/**
 * image_gather_problem - take a note of what @err has left in the problem.
 * Returns 0, or -ENOMEM.
 */
int image_gather_problem(struct gather *g, int err);

/**
 * image_gather_forget - what the problem says is none.
 */
void image_gather_forget(struct gather *g);

/**
 * image_gather_string - a copy that lives as long as the contents; NULL of a
 * NULL, or without memory.
 */
const char *image_gather_string(struct gather *g, const char *text);
const char *image_gather_bytes(struct gather *g, const void *at, size_t len);

/**
 * image_gather_room - room for one more element behind @n in an array that has
 * grown in this way from NULL.  Returns it, zeroed, or NULL.
 */
void *image_gather_room(void **array, size_t n, size_t size);

int image_gather_files(struct gather *g);
int image_gather_processes(struct gather *g);
int image_gather_mounts(struct gather *g);

/**
 * image_gather_title - a command line out of the memory between two addresses,
 * its words joined by blanks.
 * Returns NULL when it isn't in this directory or its parents.
 */
const char *image_gather_title(struct gather *g, uint64_t pid, uint64_t start,
			       uint64_t end);

#endif
