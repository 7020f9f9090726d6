/* SPDX-License-Identifier: MIT */
#ifndef RPC_REQUEST_H
#define RPC_REQUEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "rpc/packet.h"

/*
 * What a client wants of criu.  What is not named here goes through unchanged,
 * also what a newer CRIU has that we have never heard of.
 */

enum rpc_type {
	RPC_DUMP = 1,
	RPC_RESTORE = 2,
	RPC_PRE_DUMP = 4,
	RPC_NOTIFY = 6,
	RPC_SINGLE_PRE_DUMP = 13,
};

struct rpc_request {
	int type;
	bool keep_open;
	bool has_opts;
	/* Numbers in the client's table of descriptors, or -1. */
	int images_dir_fd, work_dir_fd, status_fd;
	pid_t pid; /* 0: not given */
	bool leave_running, leave_stopped, shell_job, rst_sibling;
	bool orphan_pts; /* the master of its terminal goes to the client */
	size_t n_exec_cmd, n_inherit_fd, n_external, n_join_ns;
	int log_level;				  /* -1: not given */
	const char *images_dir, *log_file, *root; /* or NULL; in @whole */
	void *whole;
};

/**
 * rpc_request_read - take a packet apart.
 * @ret: rpc_request_free() it
 * Returns 0, -EBADMSG or -ENOMEM.
 */
int rpc_request_read(struct rpc_request *ret, const struct rpc_packet *p);

/**
 * rpc_request_external - what was given as external, by its number.
 */
const char *rpc_request_external(const struct rpc_request *r, size_t i);

/**
 * rpc_request_set_external - replace one; the text is copied.
 * @i: n_external adds one
 * Returns 0 or -ENOMEM.
 */
int rpc_request_set_external(struct rpc_request *r, size_t i, const char *text);

/**
 * rpc_request_join_ns - a namespace to be joined, as --join-ns has it:
 * "NS:FILE" or "NS:FILE,EXTRA".
 * Returns 0 or -ENAMETOOLONG.
 */
int rpc_request_join_ns(const struct rpc_request *r, size_t i, char *ret,
			size_t size);

/**
 * rpc_request_set_join_ns - replace its file, from the same form.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int rpc_request_set_join_ns(struct rpc_request *r, size_t i, const char *text);

/**
 * rpc_request_write - make a packet of it.  Type, keep_open, PID and
 * descriptors are as they are in @r now.
 * @ret: rpc_packet_free() it
 * Returns 0 or -ENOMEM.
 */
int rpc_request_write(const struct rpc_request *r, struct rpc_packet *ret);

void rpc_request_free(struct rpc_request *r);

#endif
