/* SPDX-License-Identifier: MIT */
#ifndef EXEC_LITTER_H
#define EXEC_LITTER_H

#include <time.h>

/*
 * What a criu that is killed leaves in /tmp and in its work directory: .criu.*,
 * directories that it mounts something on.
 */

/**
 * litter_wait - before criu is killed: give it a moment to remove a directory
 * that it has just made and has nothing mounted on.
 * @since: the realtime clock when criu was started; older ones are another's
 * Returns when there is none, or after 50 ms.
 */
void litter_wait(const struct timespec *since);

/**
 * litter_remove - unmount and remove what criu has mounted.
 * What is no mount point in this mount namespace may be another criu's and
 * stays.
 */
void litter_remove(const char *work_dir);

#endif
