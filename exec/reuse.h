/* SPDX-License-Identifier: MIT */
#ifndef EXEC_REUSE_H
#define EXEC_REUSE_H

#include <stddef.h>

#include "exec/argv.h"

/*
 * An image can be restored again.  For a file that was deleted under one of its
 * names, dump --link-remap has made another name, link_remap.N, and criu takes
 * it away at restore.  We keep a name of our own beside it meanwhile, and put
 * it back.
 */

struct reuse {
	char **path; /* of the names that criu takes away */
	size_t n;
	int lock; /* with names only */
};

/**
 * reuse_prepare - before criu starts.  Says what can't be kept.  Waits for
 * another restore of such an image.
 * @images: the image directory
 * @ret: reuse_finish() it
 */
void reuse_prepare(struct reuse *ret, const char *images, const struct argv *a);

/**
 * reuse_finish - criu has restored the files, or failed.  May be called again.
 */
void reuse_finish(struct reuse *r);

#endif
