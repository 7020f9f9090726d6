/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_STILL_H
#define EXPLAIN_STILL_H

#include "explain/finding.h"
#include "image/contents.h"

/*
 * An image directory at rest: what will stand in the way of its restore on this
 * host, in a pid namespace of its own.
 */

struct still {
	const char *program; /* how criu-ns is called in a cure; or NULL */
	const char *dir;     /* its name, for the cures */

	/* Options that restore will have, as argv_build() spells them:
	 * "--tcp-established", "--external=mnt[a]:/b"; ends with NULL. */
	char *const *given; /* those that a cure has to repeat */
	char *const *known; /* those that configuration and image bring along;
			       may have those given, too */
	bool rewinds;	    /* --rewind-files, which is not CRIU's, is given */
};

/**
 * explain_image - add what is found, worst first.
 * @dir: descriptor of the image directory
 *
 * Reads the images but no memory pages, and looks at files, sockets and
 * security modules of this host.  Nothing is changed; to see whether an address
 * can be had, a socket is bound to it for a moment.
 *
 * What an option would cure has a command with all the options that are needed,
 * so that it works as it is.  Of an image that is damaged nothing else is said.
 *
 * Returns 0, -ENOMEM, or -errno when the directory can't be read at all.
 */
int explain_image(struct findings *all, int dir, const struct still *how);

#endif
