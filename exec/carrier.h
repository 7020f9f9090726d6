/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CARRIER_H
#define EXEC_CARRIER_H

#include <poll.h>

#include "exec/argv.h"
#include "rpc/request.h"

/*
 * Carries packets between a client and a criu swrk that was started where the
 * numbers of processes are others.
 *
 *   client ◀──FD──▶ carrier ◀──pair──▶ criu swrk
 *
 * criu looks for descriptors of its client under the PID of who has made its
 * socket: it makes the pair itself, finds itself, and has inherited what the
 * carrier has opened of the client's.
 */

enum { CARRIER_CLIENT, CARRIER_CRIU, CARRIER_FDS };

struct carrier {
	int client;		     /* the client's socket; not ours */
	int criu;		     /* to criu, or -1 */
	struct rpc_request *request; /* not ours */
	struct argv *argv; /* has its paths as criu has to see them; or NULL */
	int answer_type;   /* what the client takes as the answer */
	pid_t init;	   /* of the tree that is restored, or 0 */
	struct rpc_packet held; /* says that the tree runs */
	bool answered;
	bool client_gone;
};

#define CARRIER_NONE                                              \
	(struct carrier)                                          \
	{                                                         \
		.client = -1, .criu = -1, .held = RPC_PACKET_NONE \
	}

/* What stands for the socket's number in criu's arguments. */
#define CARRIER_ROOM "0000000000"

/**
 * carrier_criu_argv - "criu swrk FD".
 * Returns a vector for argv_build_free(), or NULL.
 */
char **carrier_criu_argv(const char *path);

/**
 * carrier_inside - in the process that becomes criu: make the pair, send one
 * end by a wire, name the other one in @argv.
 * @pid: goes with it: the number of the target, or 0
 * Returns 0 or -errno.
 */
int carrier_inside(int wire, pid_t pid, char **argv);

/**
 * carrier_start - criu is there: send it the request.
 * @criu: belongs to the carrier from now on
 * Returns 0 or -errno.
 */
int carrier_start(struct carrier *c, int criu);

/**
 * carrier_want - what to poll for: CARRIER_FDS of them.
 */
void carrier_want(const struct carrier *c, struct pollfd *fds);

/**
 * carrier_step - carry what there is.
 */
void carrier_step(struct carrier *c, const struct pollfd *fds);

/**
 * carrier_drain - criu has ended: carry all that it has said.
 */
void carrier_drain(struct carrier *c);

/**
 * carrier_up - the tree runs: tell the client.
 * @root: PID, or negative: it has ended already
 */
void carrier_up(struct carrier *c, pid_t root);

/**
 * carrier_refuse - an answer of ours, if the client has none yet: why not.
 */
void carrier_refuse(struct carrier *c, const char *why);

void carrier_close(struct carrier *c);

#endif
