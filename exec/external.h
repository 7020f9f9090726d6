/* SPDX-License-Identifier: MIT */
#ifndef EXEC_EXTERNAL_H
#define EXEC_EXTERNAL_H

#include "exec/argv.h"
#include "exec/criu.h"
#include "exec/target.h"

/*
 * dump --auto-external.
 */

/**
 * external_add - add to a dump's options what leaves out of it that leads out
 * of the tree: mounts that CRIU can't save, unix stream connections, and
 * datagram sockets connected to a name.
 * @criu: the one that will do it
 * Says on stderr, a line each, what will be lost.
 * Returns 0 or -errno.
 */
int external_add(struct argv *a, const struct target *t,
		 const struct criu *criu);

#endif
