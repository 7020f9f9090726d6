/* SPDX-License-Identifier: MIT */
#include "exec/carrier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec/message.h"
#include "exec/wire.h"
#include "ns/process.h"
#include "rpc/response.h"

char **carrier_criu_argv(const char *path)
{
	const char *word[] = {path, "swrk", CARRIER_ROOM};
	char **v = calloc(4, sizeof(*v));
	size_t i;

	for (i = 0; v && i < 3; i++) {
		v[i] = strdup(word[i]);
		if (!v[i]) {
			argv_build_free(v);
			return NULL;
		}
	}
	return v;
}

int carrier_inside(int wire, pid_t pid, char **argv)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		return -errno;
	err = wire_send(wire, WIRE_CRIU_SOCKET, 0, pid, pair[0]);
	close(pair[0]);
	snprintf(argv[2], sizeof(CARRIER_ROOM), "%d", pair[1]);
	return err;
}

/* What the launcher has opened in the caller's world goes by other names. */
static int take_paths(struct carrier *c)
{
	size_t i, external = 0, join = 0;
	int err = 0;

	for (i = 0; c->argv && i < c->argv->n_options && !err; i++) {
		const struct argv_option *o = &c->argv->option[i];

		if (o->row->id == OPT_EXTERNAL)
			err = rpc_request_set_external(c->request, external++,
						       o->value);
		else if (o->row->id == OPT_JOIN_NS)
			err = rpc_request_set_join_ns(c->request, join++,
						      o->value);
	}
	return err;
}

int carrier_start(struct carrier *c, int criu)
{
	struct rpc_packet p;
	int err;

	c->criu = criu;
	err = take_paths(c);
	if (!err)
		err = rpc_request_write(c->request, &p);
	if (err)
		return err;
	err = rpc_packet_send(c->criu, &p);
	rpc_packet_free(&p);
	return err;
}

void carrier_want(const struct carrier *c, struct pollfd *fds)
{
	fds[CARRIER_CLIENT] = (struct pollfd){
		/* Before criu is there, only its going is of interest. */
		.fd = c->client_gone ? -1 : c->client,
		.events = c->criu >= 0 ? POLLIN : 0,
	};
	fds[CARRIER_CRIU] = (struct pollfd){.fd = c->criu, .events = POLLIN};
}

static void hang_up(struct carrier *c)
{
	if (c->criu >= 0)
		close(c->criu);
	c->criu = -1;
}

static void from_client(struct carrier *c)
{
	struct rpc_packet p;
	int n = rpc_packet_receive(c->client, false, &p);

	if (n > 0)
		n = c->criu < 0 || rpc_packet_send(c->criu, &p) == 0;
	rpc_packet_free(&p);
	if (n > 0)
		return;
	/* criu finds out when it has something to say, as it would alone. */
	c->client_gone = true;
	hang_up(c);
}

/* A number of the namespace in there, as the caller has it. */
static pid_t outside(const struct carrier *c, pid_t inside)
{
	pid_t pid = c->init ? ns_process_below(c->init, inside) : inside;

	return pid > 0 ? pid : inside;
}

static void answer(struct carrier *c, const struct rpc_packet *p)
{
	c->answered = true;
	if (!c->client_gone && rpc_packet_send(c->client, p) < 0)
		c->client_gone = true;
}

/* Returns whether the client shall have it now. */
static bool translate(struct carrier *c, struct rpc_packet *p, bool *ret_last)
{
	struct rpc_response r;
	bool hold = false;

	*ret_last = false;
	if (rpc_response_read(&r, p) < 0)
		return true; /* the client may know better */
	if (r.notified > 0)
		r.notified = outside(c, r.notified);
	*ret_last = r.type != RPC_NOTIFY;
	if (*ret_last && c->answer_type)
		r.type = c->answer_type;
	if (*ret_last && r.restored > 0) {
		r.restored = outside(c, r.restored);
		hold = r.success;
	}
	/* As it is, it is wrong: better none. */
	if (rpc_response_write(&r, p) < 0)
		hold = true;
	rpc_response_free(&r);
	return !hold;
}

/* Returns whether there was a packet. */
static bool from_criu(struct carrier *c)
{
	struct rpc_packet p;
	bool last;

	if (rpc_packet_receive(c->criu, false, &p) <= 0) {
		rpc_packet_free(&p);
		hang_up(c);
		return false;
	}
	if (!translate(c, &p, &last)) {
		rpc_packet_free(&c->held);
		c->held = p;
		return true;
	}
	if (last)
		answer(c, &p);
	else if (rpc_packet_send(c->client, &p) < 0)
		c->client_gone = true;
	rpc_packet_free(&p);
	if (c->client_gone)
		hang_up(c);
	return true;
}

void carrier_step(struct carrier *c, const struct pollfd *fds)
{
	if (fds[CARRIER_CRIU].revents)
		from_criu(c);
	if (fds[CARRIER_CLIENT].revents && !c->client_gone)
		from_client(c);
}

void carrier_drain(struct carrier *c)
{
	struct pollfd fd;

	do
		fd = (struct pollfd){.fd = c->criu, .events = POLLIN};
	while (c->criu >= 0 && poll(&fd, 1, 0) > 0 && from_criu(c));
	hang_up(c);
}

void carrier_up(struct carrier *c, pid_t root)
{
	struct rpc_response r;

	carrier_drain(c);
	if (!c->held.data || rpc_response_read(&r, &c->held) < 0)
		return;
	if (root > 0)
		r.restored = root;
	if (rpc_response_write(&r, &c->held) == 0)
		answer(c, &c->held);
	rpc_response_free(&r);
}

void carrier_refuse(struct carrier *c, const char *why)
{
	struct rpc_packet p;

	if (c->answered)
		return;
	if (rpc_response_refuse(c->answer_type ? c->answer_type
					       : c->request->type,
				0, why, &p) == 0)
		answer(c, &p);
	rpc_packet_free(&p);
}

void carrier_close(struct carrier *c)
{
	hang_up(c);
	rpc_packet_free(&c->held);
}
