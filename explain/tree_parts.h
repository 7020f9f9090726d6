/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_TREE_PARTS_H
#define EXPLAIN_TREE_PARTS_H

#include "explain/tree.h"

/*
 * For tree.c: reading in /proc/PID, and the descriptors of a process.
 */

/**
 * tree_parts_read - read the beginning of a file.
 * @dir: of /proc/PID
 * @buf: ends with NUL
 * Returns 0 or -errno.
 */
int tree_parts_read(int dir, const char *name, char *buf, size_t size);

/* Whether the name of an entry is a number, such as a TID. */
bool tree_parts_is_number(const char *name);

/**
 * tree_parts_grow - make room for one more element.
 * @n: how many there are; the room goes by powers of two
 * Returns the list, which may have moved, or NULL with the old one in place.
 */
void *tree_parts_grow(void *list, size_t n, size_t element);

/**
 * tree_parts_files - read the descriptors of a process.
 * @dir: of /proc/PID
 * Returns 0, -ENOMEM or another -errno; what ends meanwhile is left out.
 */
int tree_parts_files(int dir, struct tree_process *p);

#endif
