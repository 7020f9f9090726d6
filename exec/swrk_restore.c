/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "exec/carrier.h"
#include "exec/message.h"
#include "exec/restore.h"
#include "exec/swrk.h"

static const char *reason_against(const struct rpc_request *q)
{
	if (!q->has_opts)
		return "the request has no options";
	if (q->keep_open)
		return "keep_open is not for a restore";
	if (q->rst_sibling)
		return "rst_sibling can't be had through criu-ns: the tree "
		       "would have to be a child of the client, which lives in "
		       "another pid namespace (leave it out)";
	if (q->n_exec_cmd)
		return "exec_cmd can't be had through criu-ns swrk (criu-ns "
		       "restore --exec-cmd can do it)";
	return NULL;
}

static int prepare(struct restore *r, const struct rpc_request *q)
{
	int err = 0;

	r->detached = true;
	/* Its terminal comes from the client, which we can't know. */
	if (q->orphan_pts)
		err = argv_append(r->argv, "no-image-check", false, NULL);
	return err ? message_fail("cannot read the request: %s", strerror(-err))
		   : restore_look(r);
}

static int restore(struct swrk *s, struct carrier *c)
{
	struct restore r = LAUNCHER_NONE;
	struct argv a;
	int status;

	status = swrk_options(s, "restore", &a);
	c->argv = &a;
	r.argv = &a;
	r.carrier = c;
	if (!status)
		status = prepare(&r, &s->request);
	if (!status)
		status = restore_start(&r);
	carrier_drain(c);
	restore_end(&r, status);
	argv_free(&a);
	c->argv = NULL;
	return status;
}

int swrk_restore(struct swrk *s)
{
	struct carrier c = CARRIER_NONE;
	const char *why = reason_against(&s->request);
	int status;

	swrk_take(s);
	c.client = s->client;
	c.request = &s->request;
	status = why ? message_fail("%s", why) : restore(s, &c);
	if (status)
		carrier_refuse(&c, message_last());
	carrier_close(&c);
	return status;
}
