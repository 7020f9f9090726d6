/* SPDX-License-Identifier: MIT */
#ifndef EXEC_COPIES_H
#define EXEC_COPIES_H

#include "exec/launcher.h"

/*
 * restore --copies N: several copies of one image, each in namespaces of its
 * own.  The options, the record, the images are read once; each copy then gets
 * a launcher of its own, forked from here, that knows its number.
 */

struct copies {
	unsigned int n; /* 0: an ordinary restore */
	unsigned int jobs;
	bool share_files;
};

/**
 * copies_read - read the options; with --copy-index the options are those of
 * that copy afterwards.
 * Says what is wrong with them and returns an exit status, or returns 0.
 */
int copies_read(struct copies *ret, struct argv *a);

/**
 * copies_run - restore them all.
 * @r: after restore_options()
 * Returns the exit status.
 */
int copies_run(struct copies *c, struct restore *r);

#endif
