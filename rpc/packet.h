/* SPDX-License-Identifier: MIT */
#ifndef RPC_PACKET_H
#define RPC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Packets of CRIU's RPC: a message each, over a SEQPACKET socket, some with a
 * descriptor.
 */

struct rpc_packet {
	uint8_t *data;
	size_t size;
	int fd; /* that came with it, or -1 */
};

#define RPC_PACKET_NONE     \
	(struct rpc_packet) \
	{                   \
		.fd = -1    \
	}

/* The longest that is taken; a socket's buffer is shorter by default. */
#define RPC_PACKET_MAX (4U << 20)

/**
 * rpc_packet_receive - wait for a packet.
 * @leave: it stays in the socket, to be received again
 * @ret: rpc_packet_free() it
 * Returns 1, 0 when the other side is gone, or -errno (-EMSGSIZE: too long).
 */
int rpc_packet_receive(int sock, bool leave, struct rpc_packet *ret);

/**
 * rpc_packet_send - send one, with its descriptor.
 * Returns 0 or -errno; never raises SIGPIPE.
 */
int rpc_packet_send(int sock, const struct rpc_packet *p);

void rpc_packet_free(struct rpc_packet *p);

#endif
