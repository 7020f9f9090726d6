/* SPDX-License-Identifier: MIT */
#ifndef MOUNT_DEVPTS_H
#define MOUNT_DEVPTS_H

/**
 * mount_devpts - mount an instance of devpts of our own over /dev/pts, with
 * terminals that are nobody else's and numbers that are all free.
 * Returns 0 or -errno; Documentation/filesystems/devpts.rst of Linux.
 */
int mount_devpts(void);

#endif
