/* SPDX-License-Identifier: MIT */
#ifndef MOUNT_COVER_H
#define MOUNT_COVER_H

/**
 * mount_cover - put a small empty directory, of the caller's user alone, over
 * another one.  In a mount namespace from which nothing propagates.
 * Returns 0 or -errno.
 */
int mount_cover(const char *dir);

/**
 * mount_uncover - take it away, also when somebody has it open: for all others
 * the directory is what it was.
 * Returns 0 or -errno.
 */
int mount_uncover(const char *dir);

#endif
