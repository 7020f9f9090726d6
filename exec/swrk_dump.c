/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/carrier.h"
#include "exec/dumper.h"
#include "exec/forward.h"
#include "exec/message.h"
#include "exec/swrk.h"
#include "ns/life.h"

/*
 * criu dumps the target's mount namespace then: what both have is external,
 * unless the client has said how to see it.
 */
static int leave_mounts(const struct target *t, struct rpc_request *q)
{
	size_t i;

	if (t->way != TARGET_OUTSIDE || !t->same_root)
		return 0;
	for (i = 0; i < q->n_external; i++)
		if (!strncmp(rpc_request_external(q, i), "mnt", 3))
			return 0;
	return rpc_request_set_external(q, q->n_external, "mnt[]:sm");
}

static int start(struct dump *d, struct swrk *s)
{
	int err;

	d->criu_argv = carrier_criu_argv(d->criu.path);
	err = d->criu_argv ? leave_mounts(&d->target, &s->request) : -ENOMEM;
	return err ? message_fail("cannot read the request: %s", strerror(-err))
		   : dumper_start(d);
}

static void take_signal(struct dump *d)
{
	struct forward_signal s;

	if (forward_read(d->signals, &s) == 0 && forward_ends(s.number) &&
	    !forward_ignored(s.number))
		dumper_give_up(d, s.number);
}

/* Returns 0, or an exit status after saying what is wrong. */
static int hear(struct dump *d, struct carrier *c)
{
	struct wire w;
	int fd, n;

	n = wire_receive(d->socket, &w, &fd);
	close(d->socket);
	d->socket = -1;
	if (n <= 0)
		return 0; /* criu was killed: reaping tells */
	if (w.kind != WIRE_CRIU_SOCKET)
		return dumper_failure(d, &w);
	c->request->pid = w.value;
	n = carrier_start(c, fd);
	return n ? message_fail("cannot send criu the request: %s",
				strerror(-n))
		 : 0;
}

/* Until criu has ended. */
static int carry(struct dump *d, struct carrier *c)
{
	struct pollfd fds[3 + CARRIER_FDS] = {{.revents = 0}};
	int status = 0;

	while (!fds[0].revents && !status) {
		fds[0] = (struct pollfd){.fd = d->pidfd, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = d->signals, .events = POLLIN};
		fds[2] = (struct pollfd){.fd = d->socket, .events = POLLIN};
		carrier_want(c, fds + 3);
		if (poll(fds, 3 + CARRIER_FDS, -1) < 0) {
			if (errno != EINTR)
				return message_fail("cannot poll: %s",
						    strerror(errno));
			fds[0].revents = 0;
			continue;
		}
		if (fds[1].revents)
			take_signal(d);
		if (fds[2].revents)
			status = hear(d, c);
		else
			carrier_step(c, fds + 3);
	}
	carrier_drain(c);
	return status;
}

/* Who waits for the tree hears that it was dumped, not just killed. */
static int tell_holder(struct dump *d)
{
	int err;

	if (d->holder < 0 || (d->target.init && !d->target.is_root))
		return 0;
	err = ns_hold_tell(d->holder, !dumper_ends_tree(d->argv));
	if (err && err != -EPIPE)
		return message_fail("the dump is complete, but the init of the "
				    "tree can't be told: %s",
				    strerror(-err));
	return 0;
}

static int finish(struct dump *d, struct carrier *c, int status)
{
	int ended, err;

	err = dumper_reap(d, &ended);
	if (status)
		return status;
	if (err)
		return message_fail("cannot wait for criu: %s", strerror(-err));
	if (ended == 0)
		return tell_holder(d);
	if (!c->answered)
		message("criu %s of process %d was ended with status %d",
			d->argv->action, d->target.pid, message_status(ended));
	return message_status(ended);
}

static int dump(struct dump *d, struct swrk *s, struct carrier *c)
{
	int status = start(d, s);

	if (!status)
		status = finish(d, c, carry(d, c));
	if (d->signals >= 0) {
		sigprocmask(SIG_SETMASK, &d->mask, NULL);
		close(d->signals);
	}
	return status;
}

static void release(struct dump *d)
{
	if (d->holder >= 0)
		close(d->holder);
	if (d->socket >= 0)
		close(d->socket);
	if (d->pidfd >= 0)
		close(d->pidfd);
	target_close(&d->target);
	argv_build_free(d->criu_argv);
	criu_close(&d->criu);
}

/* criu would freeze the tree first, and then give up. */
static int check_tracking(const struct rpc_request *q)
{
	char *word[] = {"criu-ns", "pre-dump", NULL};
	char why[ARGV_WHY];
	struct argv a;
	int status;

	if (q->type == RPC_DUMP)
		return 0;
	if (argv_parse(&a, 2, word, why) < 0)
		return message_fail("%s", why);
	status = before_tracking(&a);
	argv_free(&a);
	return status;
}

int swrk_dump(struct swrk *s, bool *ret_here)
{
	struct rpc_request *q = &s->request;
	struct dump d = {.holder = -1,
			 .socket = -1,
			 .pidfd = -1,
			 .signals = -1,
			 .criu.fd = -1,
			 .store = STORE_NONE,
			 .hook = HOOK_NONE,
			 .log = CAPTURE_NONE,
			 .target = TARGET_NONE,
			 .swrk = true};
	struct carrier c = CARRIER_NONE;
	struct argv a = {0};
	int status;

	*ret_here = false;
	c.client = s->client;
	c.request = q;
	c.answer_type = q->type;
	d.argv = &a;
	status = before_privileges();
	if (!status)
		status = check_tracking(q);
	if (!status)
		status = target_open(q->pid, false, &d.target);
	if (!status && d.target.way == TARGET_HERE) {
		*ret_here = true;
		release(&d);
		return 0;
	}
	swrk_take(s);
	if (!status)
		status = before_criu(&d.criu, s->argv);
	if (!status)
		status = swrk_options(
			s, q->type == RPC_DUMP ? "dump" : "pre-dump", &a);
	/* Each has a criu of its own. */
	if (q->type == RPC_PRE_DUMP)
		q->type = RPC_SINGLE_PRE_DUMP;
	if (!status)
		status = dump(&d, s, &c);
	if (status)
		carrier_refuse(&c, message_last());
	carrier_close(&c);
	q->type = c.answer_type;
	release(&d);
	argv_free(&a);
	return status;
}
