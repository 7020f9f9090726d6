/* SPDX-License-Identifier: MIT */
#ifndef EXEC_TITLE_H
#define EXEC_TITLE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The command line of our init: what anybody may know about its tree.
 *
 *   criu-ns: init DIR
 *   root=4242
 *   how=restored
 *   generation=2
 *   checkpoint=1795471200
 *
 * Each line is a word of its own, so the directory may have any name.  The last
 * word is as long without a checkpoint: init writes into it.
 */

struct title {
	char dir[PATH_MAX];	 /* the image directory, "" without one */
	pid_t root;		 /* its number among init's children */
	bool started;		 /* rather than restored */
	unsigned int generation; /* how often the tree was restored */
	int64_t checkpoint;	 /* of this one, since 1970; 0: none yet */
};

#define TITLE_WORDS 5

struct title_words {
	char first[PATH_MAX + 32];
	char more[TITLE_WORDS - 1][32];
	char *argv[TITLE_WORDS + 1];
};

/**
 * title_write - the words of a command line.
 * @ret: its argv, which points into it, ends with NULL
 */
void title_write(const struct title *t, struct title_words *ret);

/**
 * title_parse - understand a command line as /proc/PID/cmdline has it.
 * @size: of @text, with the NULs
 * Returns 0, or -EBADMSG: it is not one of an init of ours.
 */
int title_parse(const char *text, size_t size, struct title *ret);

/**
 * title_stamp - note in one's own command line that the tree was dumped, now.
 * @argv: of main()
 */
void title_stamp(char **argv);

/**
 * title_read - what an init of ours says of its tree.
 * Believed is only PID 1 of a namespace that belongs to user 0: anybody can
 * give himself such a command line. Returns 0, -EPERM: it is not believed, or
 * another -errno.
 */
int title_read(pid_t pid, struct title *ret);

/**
 * title_names - whether a process that lives under an init is the root that
 * this names.
 */
bool title_names(const struct title *t, pid_t init, pid_t pid);

/**
 * title_find_init - the init of ours that a process lives under.
 * @ret: what that says, or NULL
 * Returns its number, or 0.
 */
pid_t title_find_init(pid_t pid, struct title *ret);

#endif
