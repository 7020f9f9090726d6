/* SPDX-License-Identifier: MIT */
#include "rpc/response.h"

#include <errno.h>
#include <stdlib.h>

#include "rpc/messages.pb-c.h"
#include "rpc/request.h"

int rpc_response_read(struct rpc_response *ret, const struct rpc_packet *p)
{
	Rpc__Response *q = rpc__response__unpack(NULL, p->size, p->data);

	*ret = (struct rpc_response){.whole = q};
	if (!q)
		return -EBADMSG;
	ret->type = q->type;
	ret->success = q->success;
	if (q->restore)
		ret->restored = q->restore->pid;
	if (q->notify)
		ret->notified = q->notify->pid;
	return 0;
}

static int pack(const Rpc__Response *q, struct rpc_packet *p)
{
	size_t size = rpc__response__get_packed_size(q);
	uint8_t *data = malloc(size);

	if (!data)
		return -ENOMEM;
	rpc__response__pack(q, data);
	free(p->data);
	p->data = data;
	p->size = size;
	return 0;
}

int rpc_response_write(const struct rpc_response *r, struct rpc_packet *p)
{
	Rpc__Response *q = r->whole;

	q->type = r->type;
	q->success = r->success;
	if (q->restore)
		q->restore->pid = r->restored;
	if (q->notify && q->notify->has_pid)
		q->notify->pid = r->notified;
	return pack(q, p);
}

int rpc_response_refuse(int type, int err, const char *text,
			struct rpc_packet *ret)
{
	Rpc__Response q = RPC__RESPONSE__INIT;
	Rpc__Restored none = RPC__RESTORED__INIT;

	*ret = RPC_PACKET_NONE;
	q.has_type = q.has_success = true;
	q.type = type;
	q.has_cr_errno = err != 0;
	q.cr_errno = err;
	q.cr_errmsg = (char *)text;
	if (type == RPC_RESTORE) { /* clients look for its PID without asking */
		none.has_pid = true;
		none.pid = -1;
		q.restore = &none;
	}
	return pack(&q, ret);
}

void rpc_response_free(struct rpc_response *r)
{
	if (r->whole)
		rpc__response__free_unpacked(r->whole, NULL);
	r->whole = NULL;
}
