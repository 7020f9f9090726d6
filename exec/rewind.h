/* SPDX-License-Identifier: MIT */
#ifndef EXEC_REWIND_H
#define EXEC_REWIND_H

#include "exec/argv.h"
#include "image/image.h"

/*
 * --rewind-files: a program that went on after its dump has gone on writing.
 * Its files are put back to the size that they had, so that CRIU takes them
 * and the program writes on where it was.
 */

/**
 * rewind_files - put back each regular file that the image holds open, or
 * mapped, to be written, and that has grown.  What was added is kept in
 * FILE.criu-ns-tail.N first.
 * @path: the image directory
 * @a: the options: --root, --inherit-fd
 * @tree: of that image
 *
 * First everything is looked at; nothing is changed unless each file can be put
 * back: none has shrunk, and nobody can write to one.  Then all copies are made
 * and synced, then the files are cut.  Whenever this is killed, each byte is in
 * its file or in a complete copy, or both.
 *
 * Says on stderr what it has done to each file.  Returns 0, or an exit status
 * after saying what is in the way, a line for each file.
 */
int rewind_files(const char *path, const struct argv *a,
		 const struct image_tree *tree);

#endif
