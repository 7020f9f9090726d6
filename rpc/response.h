/* SPDX-License-Identifier: MIT */
#ifndef RPC_RESPONSE_H
#define RPC_RESPONSE_H

#include <sys/types.h>

#include "rpc/packet.h"

/*
 * What criu answers; and our own answers, where it does not come to that.
 */

struct rpc_response {
	int type;
	bool success;
	pid_t restored; /* root of the tree, or 0 */
	pid_t notified; /* criu_notify's PID, or 0 */
	void *whole;
};

/**
 * rpc_response_read - take a packet apart.
 * @ret: rpc_response_free() it
 * Returns 0, -EBADMSG or -ENOMEM.
 */
int rpc_response_read(struct rpc_response *ret, const struct rpc_packet *p);

/**
 * rpc_response_write - put type, success and PIDs as they are in @r now back
 * into the packet, whose descriptor stays.
 * Returns 0 or -ENOMEM.
 */
int rpc_response_write(const struct rpc_response *r, struct rpc_packet *p);

/**
 * rpc_response_refuse - an answer that says no.
 * @type: of the request
 * @err: a positive errno, or 0
 * @text: for people: cr_errmsg
 * @ret: rpc_packet_free() it
 * Returns 0 or -ENOMEM.
 */
int rpc_response_refuse(int type, int err, const char *text,
			struct rpc_packet *ret);

void rpc_response_free(struct rpc_response *r);

#endif
