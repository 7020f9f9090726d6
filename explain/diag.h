/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_DIAG_H
#define EXPLAIN_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The sockets of a network namespace, by sock_diag(7).
 */

struct diag_socket {
	unsigned int family; /* AF_UNIX, AF_INET, AF_INET6 */
	unsigned int type;   /* SOCK_STREAM ...; of AF_UNIX */
	unsigned int state; /* as of TCP: 1 established, 7 closed, 10 listens */
	uint32_t inode;
	uint32_t peer;	    /* the inode of the other end, or 0; of AF_UNIX */
	uint32_t receiving; /* queued, or waiting to be accepted */
	uint32_t *pending;  /* of a listening unix socket: who waits; 0: gone */
	size_t n_pending;
	char *name; /* of a unix socket, "@..." for abstract ones; or NULL */
	char local[64], remote[64]; /* "ADDRESS:PORT" of an internet socket */
};

struct diag {
	struct diag_socket *list; /* ordered by inode */
	size_t n;
};

/**
 * diag_open - a socket to ask a network namespace by.
 * @netns: a descriptor of it, or -1 for the caller's.  The caller is in there
 *         while the socket is made (needs CAP_SYS_ADMIN), and back again when
 *         it returns.
 * Returns the descriptor, which the caller closes, or -errno.
 */
int diag_open(int netns);

/**
 * diag_read - ask for all sockets of a family.
 * @socket: from diag_open()
 * @family: AF_UNIX, or AF_INET and AF_INET6 for their TCP sockets
 * @ret: filled further; call diag_sort() when all is there
 * Returns 0 or -errno.
 */
int diag_read(int socket, int family, struct diag *ret);

/**
 * diag_take - add the socket that one netlink message tells of.
 * @message: from the struct nlmsghdr on; may be cut off anywhere
 * Returns 0, -EBADMSG or -ENOMEM.
 */
int diag_take(const void *message, size_t size, struct diag *ret);

void diag_sort(struct diag *d);

/**
 * diag_find - the socket with an inode, or NULL; of a sorted list.
 */
const struct diag_socket *diag_find(const struct diag *d, uint32_t inode);

/**
 * diag_state - the name of a TCP state, such as "ESTABLISHED".
 */
const char *diag_state(unsigned int state);

void diag_free(struct diag *d);

#endif
