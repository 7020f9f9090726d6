/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_PICTURE_H
#define EXPLAIN_PICTURE_H

#include <time.h>

#include "explain/obstacle.h"
#include "explain/screen.h"
#include "image/contents.h"

/*
 * An image directory as people want to see it.
 */

struct picture {
	const char *dir; /* its name, as the user knows it */
	const struct image_contents *image;
	const struct obstacles *taken; /* which of its numbers are, here */
	const char *damage;	       /* why it can't be restored, or NULL */
	uint64_t disk;	    /* bytes on disk, all files of the directory */
	time_t dumped, now; /* 0: unknown */
	char **record;	    /* names of the options in criu-ns.conf, ends with
			       NULL; or NULL without one */
	const char *record_problem; /* why it can't be read, or NULL */
};

/**
 * picture_text - the process tree as "ps f" draws it, open files, sockets,
 * mounts, what the dump has recorded, size and age.
 */
void picture_text(const struct screen *to, const struct picture *p);

/**
 * picture_files - the part of it with open files and sockets.
 */
void picture_files(const struct screen *to, const struct picture *p);

/**
 * picture_json - all of it, and mapped files as well, as one object on a line.
 */
void picture_json(FILE *out, const struct picture *p);

/**
 * picture_size - bytes for people: "812K", "3.1M".
 */
void picture_size(uint64_t bytes, char *buf, size_t size);

/**
 * picture_command - the command line of a process, or its name in brackets.
 */
void picture_command(const struct image_process *p, char *buf, size_t size);

#endif
