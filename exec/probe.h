/* SPDX-License-Identifier: MIT */
#ifndef EXEC_PROBE_H
#define EXEC_PROBE_H

#include <stddef.h>
#include <sys/types.h>

#include "exec/criu.h"

/*
 * A criu that is started for what it finds out about the kernel.
 */

/**
 * probe_key - all that its answer depends on, as text: the machine's start, the
 * kernel, the file of criu, capabilities, seccomp, user and network namespace.
 * Returns 0 or -errno.
 */
int probe_key(const struct criu *criu, char *ret, size_t size);

/**
 * probe_run - start "criu check" in new pid and mount namespaces and fetch what
 * it writes into /run/criu.kdat, a file that nobody else ever sees. Returns its
 * size, 0 when criu has succeeded and written none, or -errno. Everything of it
 * is gone then, and when we are killed.
 */
ssize_t probe_run(const struct criu *criu, void *ret, size_t size);

#endif
