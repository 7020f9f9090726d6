/* SPDX-License-Identifier: MIT */
#ifndef EXEC_WIRE_H
#define EXEC_WIRE_H

#include <stdint.h>

/*
 * What init tells the launcher, over a SEQPACKET socket: a packet is a whole
 * message or nothing, and its end is the other's end.  The launcher says one
 * thing only, by closing its side: undo.
 */

enum wire_kind {
	WIRE_STEP, /* a step of ours failed; what: enum wire_step */
	WIRE_EXEC, /* criu or the command can't be run; value: negative errno */
	WIRE_STDIO, /* the command's descriptor @what can't be opened inside;
		       value: negative errno */
	WIRE_CRIU,  /* criu failed; value: its wait status */
	WIRE_CRIU_SOCKET, /* with a socket of criu swrk; value: the PID that the
			     target of a dump has there, or 0 */
	WIRE_TERMINAL,	  /* with the master of a shell job's pty */
	WIRE_RUNNING,	  /* the tree runs; with a pidfd of its root */
	WIRE_STOPPED,	  /* a shell job has stopped; value: by which signal */
	WIRE_ENDED, /* the root has ended; value: its wait status; what: 1 if
		       it was killed by a dump that has succeeded */
};

enum wire_step {
	STEP_SESSION,
	STEP_MOUNTS,
	STEP_PROC,
	STEP_PID_MAX,
	STEP_LAST_PID,
	STEP_FORK,
	STEP_TERMINAL,
	STEP_ROOT,
	STEP_LOOPBACK,
	STEP_HOSTNAME,
	STEP_KERNDAT,
	STEP_MERGE,
};

struct wire {
	uint32_t kind;
	uint32_t what;
	int32_t value;
};

/**
 * wire_pair - a connected pair of sockets, both close-on-exec.
 * Returns 0 or -errno; the caller closes them.
 */
int wire_pair(int ret_pair[2]);

/**
 * wire_send - send a message.
 * @fd: a descriptor to go with it, or -1; stays the caller's
 * Returns 0 or -errno; never raises SIGPIPE.
 */
int wire_send(int sock, enum wire_kind kind, uint32_t what, int32_t value,
	      int fd);

/**
 * wire_receive - wait for a message.
 * @ret_fd: the descriptor that came with it (close-on-exec, the caller closes
 *          it), or -1
 * Returns 1, 0 when the other side is gone, or -errno.
 */
int wire_receive(int sock, struct wire *ret, int *ret_fd);

#endif
