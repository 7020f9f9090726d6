/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_FILE_H
#define IMAGE_FILE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/kind.h"
#include "image/reading.h"

/*
 * An image file, read record by record.  After its magic each record is a
 * length of four bytes and as many bytes of protobuf.  Lengths are believed
 * only as far as the file goes.  One file at a time: they share a buffer.
 */

struct file {
	struct reading *in;
	const struct kind *kind;
	char name[64];
	int fd;
	uint64_t size, at;	    /* at: of the next byte to be used */
	uint64_t window, in_window; /* what of it is in the buffer */
};

/**
 * image_file_open - open an image and check its magic.
 * @number: the number in its name, when its kind has one
 *
 * Returns 0; -ENOENT: it isn't there; -EBADMSG: it is something else; another
 * -errno.  The problem says which file in any case.  image_file_close() it.
 */
int image_file_open(struct file *file, struct reading *in,
		    const struct kind *kind, uint64_t number);
int image_file_open_name(struct file *file, struct reading *in,
			 const struct kind *kind, const char *name);
void image_file_close(struct file *file);

/**
 * image_file_next - find the next record.
 * @ret_len: its length; file->at is where it begins: to be used or skipped
 *
 * Returns 1; 0 at the end of the file; -errno.
 */
int image_file_next(struct file *file, uint32_t *ret_len);
int image_file_skip(struct file *file, uint64_t len);

/**
 * image_file_message - read the next record.
 * @ret: valid until the next message of any file; not to be freed
 * Returns 1; 0 at the end of the file; -errno.
 */
int image_file_message(struct file *file,
		       const ProtobufCMessageDescriptor *type, void *ret);

/**
 * image_file_only - read the first record of a file that must have one, and no
 * more.
 */
int image_file_only(struct reading *in, const struct kind *kind,
		    uint64_t number, const ProtobufCMessageDescriptor *type,
		    void *ret);

/**
 * image_file_whole - see that a file is there, has a record, and is whole.
 */
int image_file_whole(struct reading *in, const struct kind *kind,
		     const char *name);

/**
 * image_file_rest - walk over the records that are left, and over what follows
 * them, without looking into them.
 */
int image_file_rest(struct file *file);

/**
 * image_file_fail - fill in the problem with this file; returns -EBADMSG.
 */
#define image_file_fail(file, ...) \
	image_reading_fail((file)->in, EBADMSG, (file)->name, __VA_ARGS__)

#endif
