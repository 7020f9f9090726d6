/* SPDX-License-Identifier: MIT */
#ifndef EXEC_BEFORE_H
#define EXEC_BEFORE_H

#include "exec/argv.h"
#include "exec/criu.h"
#include "image/image.h"

/*
 * What is looked at before anything is started.  Each function says on stderr
 * what is in the way and what to do, and returns an exit status for it, or 0.
 */

/**
 * before_privileges - the right to make and join namespaces.
 */
int before_privileges(void);

/**
 * before_criu - find the criu to run; criu_close() it.
 */
int before_criu(struct criu *ret, const struct argv *a);

/**
 * before_word - see that an option which takes one word only has that.
 */
int before_word(const struct argv *a, enum option_id id, const char *word);

/**
 * before_directory - open a directory that an option names.
 * @path: as given
 * @what: "image", "work" ...: for the message
 * @ret_fd: close-on-exec, the caller closes it
 */
int before_directory(const char *path, const char *what, int *ret_fd);

/**
 * before_tracking - see that the kernel can tell which pages were written to,
 * if the options of a dump need that.
 */
int before_tracking(const struct argv *a);

/**
 * before_record - put the options of a record, criu-ns.conf, under those that
 * were typed; not with --no-record.
 * @path: the image directory
 * @a: the options
 */
int before_record(const char *path, struct argv *a);

/**
 * before_image - see that an image directory can be restored.
 * @path: the image directory
 * @a: the options: --root, --stream
 * @ret: the process tree; image_free() it.  It is empty with --stream, where
 *       there are no files to look at, and with --no-image-check, if it can't
 *       be read.
 */
int before_image(const char *path, const struct argv *a,
		 struct image_tree *ret);

/**
 * before_criu_too_old - whether a criu can't start on this kernel at all.
 * Returns its version as criu_version() does, or 0.
 */
int before_criu_too_old(const struct criu *criu);

/**
 * before_blame_criu - after criu has failed: whether that is because it
 * can't start on this kernel at all.
 * Says so and returns STATUS_CANNOT_RUN, or returns 0.
 */
int before_blame_criu(const struct criu *criu);

#endif
