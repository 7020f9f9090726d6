/* SPDX-License-Identifier: MIT */
#ifndef NS_SOCKET_H
#define NS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ns/stat.h"

/*
 * Sockets of this network namespace, as /proc/net tells of them.
 */

/* An address and its port; of IPv4 the first word counts. */
struct ns_address {
	uint32_t word[4]; /* network byte order */
	uint16_t port;	  /* host byte order */
};

/**
 * ns_socket_bound - find the socket that is bound to a port.
 * @protocol: IPPROTO_TCP (only those that listen count), IPPROTO_UDP
 * Returns its inode, 0 when there is none, or -errno.
 */
int64_t ns_socket_bound(int protocol, uint16_t port);

/**
 * ns_socket_lingers - whether a TCP port is held by a connection that was
 * closed and has no owner any more: TIME_WAIT, for a minute, or FIN_WAIT2.
 */
bool ns_socket_lingers(uint16_t port);

struct ns_connection {
	bool six; /* IPv6 */
	struct ns_address own, peer;
	uint64_t inode;
};

/* TCP connections that are established. */
struct ns_connections {
	struct ns_connection *list;
	size_t n;
};

/**
 * ns_socket_connections - read them all.
 * @ret: its list is the caller's to be freed
 * Returns 0 or -errno.
 */
int ns_socket_connections(struct ns_connections *ret);

/**
 * ns_socket_connected - the inode of a connection, or 0.
 */
uint64_t ns_socket_connected(const struct ns_connections *all, bool six,
			     const struct ns_address *own,
			     const struct ns_address *peer);

/**
 * ns_socket_named - find the unix socket that is bound to a name and waits for
 * connections, or takes packets.
 * @name: a path, or with a leading NUL an abstract name
 * Returns its inode, 0 when there is none, or -errno.
 */
int64_t ns_socket_named(const char *name, size_t len);

/**
 * ns_socket_holder - a process that has a socket open.
 * Returns 0, -ESRCH when none is seen from here, or -errno.
 */
int ns_socket_holder(uint64_t inode, struct ns_stat *ret);

#endif
