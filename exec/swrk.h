/* SPDX-License-Identifier: MIT */
#ifndef EXEC_SWRK_H
#define EXEC_SWRK_H

#include "exec/argv.h"
#include "rpc/request.h"

/*
 * One request of a client that has started us in criu's place: criu-ns swrk.
 */

struct swrk {
	struct argv *argv; /* what was typed */
	int client;	   /* its socket */
	pid_t pid;	   /* its process */
	struct rpc_request request;
	bool taken; /* the request is not in the socket any more */
	int fd[3];  /* what criu shall inherit of the client's, or -1 */
};

/**
 * swrk_options - the request's options as somebody would have typed them, as
 * far as they matter to us; the client's descriptors are opened.
 * @action: "restore", "dump"
 * @ret: argv_free() it, also after a failure
 * Returns 0, or an exit status after saying what is wrong.
 */
int swrk_options(struct swrk *s, const char *action, struct argv *ret);

/**
 * swrk_restore - RESTORE.  Returns the exit status.
 */
int swrk_restore(struct swrk *s);

/**
 * swrk_dump - DUMP, PRE_DUMP or SINGLE_PRE_DUMP of a process that has a pid
 * namespace of its own.
 * @ret_here: it has none, and nothing was done
 * Returns the exit status; if it is not 0, the client was told why.
 */
int swrk_dump(struct swrk *s, bool *ret_here);

/**
 * swrk_take - take the request, which was looked at only, from the socket: it
 * is not for a criu that gets the socket.  Left there, it would have the client
 * hear of a broken connection in place of an answer.
 */
void swrk_take(struct swrk *s);

#endif
