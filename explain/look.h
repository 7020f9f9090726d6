/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_LOOK_H
#define EXPLAIN_LOOK_H

#include "explain/diag.h"
#include "explain/live.h"
#include "explain/mountinfo.h"
#include "explain/tree.h"

/*
 * For live.c: the single looks at a live tree.
 */

struct look {
	const struct live *live;
	const struct tree *tree;
	struct findings *all;
	ino_t own_ns[TREE_NS_COUNT]; /* the caller's */
	struct mountinfo mounts;     /* of the root's mount namespace */
	char *mounts_text;	     /* what .mounts points into */
	uint32_t *socket;	     /* the inodes of all sockets, in order */
	size_t n_sockets;
};

/* A list in a sentence: "a, b, c and 5 more". */
struct look_items {
	char text[512];
	size_t n, shown;
};

__attribute__((format(printf, 2, 3))) void look_item(struct look_items *items,
						     const char *fmt, ...);

/**
 * look_items_end - the list as a string that lives as long as it does.
 */
const char *look_items_end(struct look_items *items);

/**
 * look_add - a new finding whose cause ends with the list.
 */
__attribute__((format(printf, 5, 6))) struct finding *
look_add(struct look *l, const char *id, enum finding_weight weight,
	 struct look_items *items, const char *fmt, ...);

/**
 * look_command - the cure is the dump with more options.
 * @words: ends with NULL
 */
void look_command(struct look *l, struct finding *f, const char *const *words);

/* Whether somebody in the tree has a socket open. */
bool look_has_socket(const struct look *l, uint32_t inode);

/* The root of the tree. */
const struct tree_process *look_root(const struct look *l);

/* Whether an --external has this value, or this and a ":" behind it. */
bool look_is_external(const struct look *l, const char *value);

/* Whether criu is at least that new, or unknown. */
bool look_criu_is(const struct look *l, int version);

/* A process in a sentence: "4243 (worker)"; of a process that is not of the
 * tree, too.  @buf: 64 bytes; returned. */
const char *look_name(pid_t pid, char *buf);

/* Whether CRIU saves a descriptor by its path. */
bool look_is_path(const struct tree_fd *f);
bool look_is_tty(const struct stat *st);

/* How much it matters that something is left out of the image by --external:
 * with --auto-external it is known to be a loss only. */
enum finding_weight look_left_out(const struct look *l);

/* What a deleted file takes in the image, as the criu counts it against its
 * limit. */
unsigned long long look_ghost_size(const struct look *l, const struct stat *st);
unsigned long long look_ghost_limit(const struct look *l);

/* Who outside of the tree holds a socket or pipe. */
struct look_holder {
	uint32_t inode;
	const char *kind; /* "socket", "pipe" */
	pid_t pid;	  /* 0: nobody was found */
	int fd;
};

/**
 * look_for_holders - find processes outside of the tree by what they hold.
 * @list: .inode and .kind are set; .pid and .fd get filled
 */
void look_for_holders(const struct tree *t, struct look_holder *list, size_t n);

void look_tasks(struct look *l);
void look_namespaces(struct look *l);
void look_mounts(struct look *l);
void look_descriptors(struct look *l);
void look_files(struct look *l);
void look_pipes(struct look *l);
void look_mappings(struct look *l);
void look_locks(struct look *l);
void look_terminals(struct look *l);
void look_unix(struct look *l);
void look_internet(struct look *l);
void look_netlink(struct look *l);

/**
 * look_external_mounts - the mounts that --external 'mnt[...]' has to name.
 * @take: gets each, with a key for it, and the path by which the caller has it,
 *        or NULL
 * Returns how many.
 */
typedef void look_take_mount(void *to, const struct mountinfo_row *row,
			     const char *key, const char *here);
size_t look_external_mounts(struct look *l, look_take_mount *take, void *to);

/* A unix socket of the tree whose peer is outside. */
struct look_unix {
	const struct tree_process *process;
	const struct tree_fd *fd;
	const struct diag_socket *own, *peer;
};

/**
 * look_external_unix - unix sockets whose peer is outside of the tree.
 * @ret: an array that the caller frees; pointers into @d and the tree
 * Returns how many, or -errno.
 */
int look_external_unix(const struct look *l, const struct diag *d,
		       struct look_unix **ret);

/**
 * look_read_diag - the sockets of the tree's network namespace.
 * Returns 0 or -errno; diag_free() @ret.
 */
int look_read_diag(const struct look *l, int family, struct diag *ret);

#endif
