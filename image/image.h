/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What a CRIU image directory holds, as far as it has to be known before a
 * restore: the process tree, the namespaces that were dumped with it, and
 * whether the files that CRIU will read are all there and whole.
 *
 * Nothing here prints.  What is wrong goes into a struct image_problem.
 */

struct image_problem {
	char file[NAME_MAX + 1]; /* "" when it is the directory as a whole */
	char text[256];		 /* "is missing", "ends after 12 of 20 bytes" */
};

struct image_task {
	pid_t pid, ppid, pgid, sid;
	pid_t *thread;	  /* thread[0] is not always pid; owned by the tree */
	size_t n_threads; /* none when it is a zombie */
	bool zombie; /* dead when it was dumped: it has a core and no more */
};

struct image_tree {
	struct image_task *task; /* task[0] is the root; owned */
	size_t n_tasks;
	unsigned int namespaces; /* CLONE_NEW* dumped with the root */
	int pdeath_sig;		 /* the root's parent death signal, or 0 */
	bool lazy; /* pages stayed behind: only restore --lazy-pages works */
	bool terminal; /* a pty's slave without its master: a shell job */
	unsigned int terminal_number; /* N of its /dev/pts/N */
};

/**
 * image_read - read the process tree of an image directory and see that the
 * directory is complete.
 * @dir: descriptor of the directory, O_PATH will do; stays the caller's, its
 * offset too
 * @ret: filled; image_free() it
 * @problem: what is wrong, when it fails
 *
 * Complete means: inventory.img, pstree.img and files.img; core, ids, mm, fs,
 * pagemap and fdinfo of each living task, a core for each of its threads; what
 * describes the namespaces that were dumped; pages files, in parent directories
 * too, at least as long as their pagemaps say; the contents of deleted files
 * and of shared memory; every *.img with a known name starts with its own magic
 * and ends with a whole record.  A program without a single descriptor has no
 * fdinfo: that is believed when no task of the tree has one and files.img holds
 * nothing but executables and directories.
 *
 * Nothing else is looked into and nothing is written; pages are not read.
 *
 * Returns 0; -ENOENT: a file is missing (an empty directory: inventory.img);
 * -EBADMSG: damaged, incomplete, a pre-dump or another kind of file; -ENOTSUP:
 * an image version that is not known, to us or to any CRIU since 3.17; -ENOMEM;
 * another -errno of open(2) or read(2).  @ret is untouched when it fails.
 */
int image_read(int dir, struct image_tree *ret, struct image_problem *problem);

/**
 * image_free - NULL and a tree of zeroes are welcome.
 */
void image_free(struct image_tree *tree);

/**
 * image_names - whether a number is taken in the tree: as the id of a task, a
 * thread, a process group or a session.
 */
bool image_names(const struct image_tree *tree, pid_t id);

/**
 * image_numbers - every number that the tree uses, in ascending order; some of
 * them are there twice.
 * Returns a list of @ret_n that the caller frees, or NULL without memory.
 */
pid_t *image_numbers(const struct image_tree *tree, size_t *ret_n);

/**
 * image_gap - the start of @width numbers in a row that the tree does not use.
 * @limit: numbers from it on are not to be used (pid_max)
 * Looks above the highest number of the tree first, then from 300 up, and
 * leaves out the numbers that CRIU will take for helpers of its own (a task for
 * each session whose leader lives elsewhere in the tree).
 * Returns the first of them, or 0 when there is no such gap (or no memory).
 */
pid_t image_gap(const struct image_tree *tree, pid_t width, pid_t limit);

/**
 * image_highest - the highest number that the tree uses.
 */
pid_t image_highest(const struct image_tree *tree);

/**
 * image_root - the number of the root task, from pstree.img.
 * Returns it, or -errno.
 */
pid_t image_root(int dir);

/**
 * image_fingerprint - a number by which one dump is told from another: a hash
 * of inventory.img, pstree.img and the core of the root, which holds its
 * registers.
 * Returns 0 or -errno.
 */
int image_fingerprint(int dir, uint64_t *ret);

/**
 * image_frozen - how long the tree stood still, from stats-dump, which CRIU
 * writes into the work directory.
 * Returns microseconds, or -errno.
 */
int64_t image_frozen(int dir);

/**
 * image_size - what the files of an image take on the disk, in bytes.
 * Returns it, or -errno.
 */
int64_t image_size(int dir);

/**
 * image_complete - whether a directory holds an image that can be restored.
 */
bool image_complete(int dir);

/**
 * image_sync - make an image safe against a loss of power: each file of the
 * directory, the directory itself, and those of the parents that it builds
 * upon.
 * @problem: the file that it failed with
 * Returns 0 or -errno; fsync(2).
 */
int image_sync(int dir, struct image_problem *problem);

#endif
