/* SPDX-License-Identifier: MIT */
#ifndef EXEC_SHELF_H
#define EXEC_SHELF_H

#include <stddef.h>
#include <sys/types.h>

/*
 * A few small things that one run of ours leaves for the next, until the
 * machine is started anew: /dev/shm/criu-ns, on a tmpfs, ours alone.  Whoever
 * is not root can at most have the name first; then there is no shelf.
 */

enum {
	SHELF_KEY = 768, /* bytes that a key may have, with its end */
	SHELF_DATA = 4096,
};

/**
 * shelf_get - what was put there under this very key.
 * @ret: SHELF_DATA bytes
 * Returns the size, which may be 0; -ENOENT when there is nothing, or it is
 * damaged or not ours; another -errno when there can't be a shelf here.
 */
ssize_t shelf_get(const char *key, void *ret);

/**
 * shelf_put - leave something there; what has the same place is replaced, as a
 * whole.
 * @key: text without line ends
 * @size: at most SHELF_DATA
 * Returns 0 or -errno.
 */
int shelf_put(const char *key, const void *data, size_t size);

#endif
