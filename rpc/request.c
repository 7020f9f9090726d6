/* SPDX-License-Identifier: MIT */
#include "rpc/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/messages.pb-c.h"

static void read_opts(struct rpc_request *r, const Rpc__Opts *o)
{
	r->has_opts = true;
	r->pid = o->has_pid ? o->pid : 0;
	if (o->has_images_dir_fd)
		r->images_dir_fd = o->images_dir_fd;
	if (o->has_work_dir_fd)
		r->work_dir_fd = o->work_dir_fd;
	if (o->has_status_fd)
		r->status_fd = o->status_fd;
	if (o->has_log_level)
		r->log_level = o->log_level;
	r->leave_running = o->leave_running;
	r->leave_stopped = o->leave_stopped;
	r->shell_job = o->shell_job;
	r->rst_sibling = o->rst_sibling;
	r->orphan_pts = o->orphan_pts_master;
	r->n_exec_cmd = o->n_exec_cmd;
	r->n_inherit_fd = o->n_inherit_fd;
	r->n_external = o->n_external;
	r->n_join_ns = o->n_join_ns;
	r->images_dir = o->images_dir;
	r->log_file = o->log_file;
	r->root = o->root;
}

int rpc_request_read(struct rpc_request *ret, const struct rpc_packet *p)
{
	Rpc__Request *q = rpc__request__unpack(NULL, p->size, p->data);

	*ret = (struct rpc_request){.images_dir_fd = -1,
				    .work_dir_fd = -1,
				    .status_fd = -1,
				    .log_level = -1,
				    .whole = q};
	/* It does not tell a lack of memory from a wrong message. */
	if (!q)
		return -EBADMSG;
	ret->type = q->type;
	ret->keep_open = q->keep_open;
	if (q->opts)
		read_opts(ret, q->opts);
	return 0;
}

static Rpc__Opts *opts_of(const struct rpc_request *r)
{
	return ((Rpc__Request *)r->whole)->opts;
}

const char *rpc_request_external(const struct rpc_request *r, size_t i)
{
	return opts_of(r)->external[i];
}

int rpc_request_set_external(struct rpc_request *r, size_t i, const char *text)
{
	Rpc__Opts *o = opts_of(r);
	char *copy = strdup(text), **grown;

	if (!copy)
		return -ENOMEM;
	if (i < o->n_external) {
		free(o->external[i]);
		o->external[i] = copy;
		return 0;
	}
	grown = reallocarray(o->external, o->n_external + 1, sizeof(*grown));
	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	o->external = grown;
	grown[o->n_external++] = copy;
	r->n_external = o->n_external;
	return 0;
}

int rpc_request_join_ns(const struct rpc_request *r, size_t i, char *ret,
			size_t size)
{
	const Rpc__JoinNs *j = opts_of(r)->join_ns[i];
	const char *extra = j->extra ? j->extra : "";
	int n;

	n = snprintf(ret, size, "%s:%s%s%s", j->ns ? j->ns : "",
		     j->file ? j->file : "", *extra ? "," : "", extra);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int rpc_request_set_join_ns(struct rpc_request *r, size_t i, const char *text)
{
	Rpc__JoinNs *j = opts_of(r)->join_ns[i];
	const char *file = strchr(text, ':');
	char *copy;

	if (!file)
		return -EINVAL;
	copy = strndup(file + 1, strcspn(file + 1, ","));
	if (!copy)
		return -ENOMEM;
	free(j->file);
	j->file = copy;
	return 0;
}

static void write_opts(const struct rpc_request *r, Rpc__Opts *o)
{
	o->has_pid = r->pid != 0;
	o->pid = r->pid;
	o->has_images_dir_fd = true; /* -1 is what CRIU has without one */
	o->images_dir_fd = r->images_dir_fd;
	o->has_work_dir_fd = r->work_dir_fd >= 0;
	o->work_dir_fd = r->work_dir_fd;
	o->has_status_fd = r->status_fd >= 0;
	o->status_fd = r->status_fd;
}

int rpc_request_write(const struct rpc_request *r, struct rpc_packet *ret)
{
	Rpc__Request *q = r->whole;

	*ret = RPC_PACKET_NONE;
	q->type = r->type;
	q->keep_open = r->keep_open;
	if (q->opts)
		write_opts(r, q->opts);
	ret->size = rpc__request__get_packed_size(q);
	ret->data = malloc(ret->size);
	if (!ret->data)
		return -ENOMEM;
	rpc__request__pack(q, ret->data);
	return 0;
}

void rpc_request_free(struct rpc_request *r)
{
	if (r->whole)
		rpc__request__free_unpacked(r->whole, NULL);
	r->whole = NULL;
}
