/* SPDX-License-Identifier: MIT */
#ifndef EXEC_NOTE_H
#define EXEC_NOTE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The note in an image directory that says: the dump into it is not complete.
 * It is there from before criu starts until all is written.
 */

#define NOTE_NAME "criu-ns.incomplete"

/**
 * note_write - leave a note, in place of the one that is there.
 * @text: a sentence about the dump; the time is put before it
 * Returns 0 or -errno.
 */
int note_write(int dir, const char *text);

/**
 * note_remove - the image is complete.
 * Returns 0, also when there is none, or -errno.
 */
int note_remove(int dir);

/**
 * note_read - the note about an image directory.
 * One that is older than inventory.img, which CRIU writes last, is of a dump
 * before and does not count.
 * @ret: its text without a newline; not printable bytes are replaced
 * Returns whether there is one.
 */
bool note_read(int dir, char *ret, size_t size);
bool note_is_there(int dir);

#endif
