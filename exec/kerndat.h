/* SPDX-License-Identifier: MIT */
#ifndef EXEC_KERNDAT_H
#define EXEC_KERNDAT_H

#include "exec/argv.h"
#include "exec/criu.h"
#include "exec/shelf.h"

/*
 * What criu finds out about the kernel at each start, unless it finds it in
 * /run/criu.kdat.  criu keeps that file on a tmpfs only; where /run is none, we
 * keep what criu has written, and show it to criu under that name, in a
 * directory that covers /run in the new mount namespace.
 *
 * criu waits in open(2) until the cover is gone again: nothing but this one
 * call ever sees it.
 */

#define KERNDAT_DIR "/run"
#define KERNDAT_FILE KERNDAT_DIR "/criu.kdat"

struct kerndat {
	size_t size; /* 0: there is none */
	char data[SHELF_DATA];
};

/**
 * kerndat_prepare - have it ready, from our shelf or from a criu that writes it
 * now.  Nothing is said: without it, criu does as ever.
 * @ret: filled
 * @argv: criu's: options that lead into /run want it as it is
 * @images: absolute path of the image directory; @work_dir: as given
 */
void kerndat_prepare(struct kerndat *ret, const struct criu *criu,
		     char *const *argv, const char *images,
		     const char *work_dir);

struct kerndat_feed {
	int opened; /* readable: call kerndat_feed(); -1: nothing is fed */
	int file;
};

#define KERNDAT_FEED_NONE                \
	(struct kerndat_feed)            \
	{                                \
		.opened = -1, .file = -1 \
	}

/**
 * kerndat_cover - cover /run, before criu is started.  Blocks SIGIO.
 * @k: NULL, or as prepared
 * @ret: kerndat_end() it
 */
void kerndat_cover(const struct kerndat *k, struct kerndat_feed *ret);

/**
 * kerndat_feed - criu opens the file: take the cover away, and let it.
 * Returns 0, or -errno: criu must not go on.
 */
int kerndat_feed(struct kerndat_feed *f);

/**
 * kerndat_end - close what is open.
 */
void kerndat_end(struct kerndat_feed *f);

#endif
