/* SPDX-License-Identifier: MIT */
#include "explain/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ns/ns.h"

int diag_open(int netns)
{
	int own, fd, err = 0;

	if (netns >= 0) {
		own = ns_open_own("net");
		if (own < 0)
			return own;
		err = ns_join(netns, CLONE_NEWNET);
		if (err) {
			close(own);
			return err;
		}
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		err = -errno;
	if (netns < 0)
		return fd < 0 ? err : fd;
	if (ns_join(own, CLONE_NEWNET) < 0 && fd >= 0) {
		close(fd);
		fd = -1;
		err = -EPERM;
	}
	close(own);
	return fd < 0 ? err : fd;
}

static struct diag_socket *grow(struct diag *d)
{
	struct diag_socket *list;

	/* Powers of two: a host may have very many. */
	if ((d->n & (d->n - 1)) == 0) {
		list = realloc(d->list, (d->n ? 2 * d->n : 1) * sizeof(*list));
		if (!list)
			return NULL;
		d->list = list;
	}
	d->list[d->n] = (struct diag_socket){0};
	return &d->list[d->n];
}

static uint32_t number_of(const struct rtattr *a)
{
	uint32_t value = 0;

	if (RTA_PAYLOAD(a) >= sizeof(value))
		memcpy(&value, RTA_DATA(a), sizeof(value));
	return value;
}

static int take_name(struct diag_socket *s, const struct rtattr *a)
{
	const char *name = RTA_DATA(a);
	size_t i, len = RTA_PAYLOAD(a);

	if (!len)
		return 0;
	s->name = calloc(1, len + 1);
	if (!s->name)
		return -ENOMEM;
	memcpy(s->name, name, len);
	/* An abstract name starts with NUL and may hold more of them. */
	for (i = 0; i < len; i++)
		if (!s->name[i] && (i == 0 || s->name[0] == '@'))
			s->name[i] = '@';
	return 0;
}

static int take_pending(struct diag_socket *s, const struct rtattr *a)
{
	size_t len = RTA_PAYLOAD(a);

	s->pending = malloc(len ? len : 1);
	if (!s->pending)
		return -ENOMEM;
	memcpy(s->pending, RTA_DATA(a), len);
	s->n_pending = len / sizeof(*s->pending);
	return 0;
}

static int take_unix(const void *body, size_t size, struct diag_socket *s)
{
	struct unix_diag_msg m;
	const struct rtattr *a;
	int left, err = 0; /* signed: RTA_NEXT may go below zero */

	if (size < NLMSG_ALIGN(sizeof(m)))
		return -EBADMSG;
	memcpy(&m, body, sizeof(m));
	s->type = m.udiag_type;
	s->state = m.udiag_state;
	s->inode = m.udiag_ino;
	a = (const void *)((const char *)body + NLMSG_ALIGN(sizeof(m)));
	left = (int)(size - NLMSG_ALIGN(sizeof(m)));
	for (; !err && RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == UNIX_DIAG_PEER)
			s->peer = number_of(a);
		else if (a->rta_type == UNIX_DIAG_RQLEN)
			s->receiving = number_of(a);
		else if (a->rta_type == UNIX_DIAG_NAME && !s->name)
			err = take_name(s, a);
		else if (a->rta_type == UNIX_DIAG_ICONS && !s->pending)
			err = take_pending(s, a);
	}
	return err;
}

static void show_address(char *to, size_t size, unsigned int family,
			 const void *address, uint16_t port)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop((int)family, address, text, sizeof(text));
	snprintf(to, size, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text,
		 ntohs(port));
}

static int take_internet(const void *body, size_t size, struct diag_socket *s)
{
	struct inet_diag_msg m;

	if (size < sizeof(m))
		return -EBADMSG;
	memcpy(&m, body, sizeof(m));
	s->type = SOCK_STREAM;
	s->state = m.idiag_state;
	s->inode = m.idiag_inode;
	s->receiving = m.idiag_rqueue;
	show_address(s->local, sizeof(s->local), s->family, m.id.idiag_src,
		     m.id.idiag_sport);
	show_address(s->remote, sizeof(s->remote), s->family, m.id.idiag_dst,
		     m.id.idiag_dport);
	return 0;
}

static void drop(struct diag_socket *s)
{
	free(s->name);
	free(s->pending);
}

int diag_take(const void *message, size_t size, struct diag *ret)
{
	const unsigned char *body =
		(const unsigned char *)message + NLMSG_HDRLEN;
	struct diag_socket *s;
	int err;

	if (size < NLMSG_HDRLEN + 1)
		return -EBADMSG;
	size -= NLMSG_HDRLEN;
	s = grow(ret);
	if (!s)
		return -ENOMEM;
	s->family = body[0]; /* of both kinds of message */
	err = s->family == AF_UNIX ? take_unix(body, size, s)
				   : take_internet(body, size, s);
	if (err) {
		drop(s);
		return err;
	}
	ret->n++;
	return 0;
}

static int ask(int socket, int family)
{
	struct {
		struct nlmsghdr h;
		union {
			struct unix_diag_req u;
			struct inet_diag_req_v2 i;
		};
	} q = {.h = {.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};

	if (family == AF_UNIX) {
		q.u.sdiag_family = AF_UNIX;
		q.u.udiag_states = ~0U;
		q.u.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER |
				 UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN;
		q.h.nlmsg_len = NLMSG_LENGTH(sizeof(q.u));
	} else {
		q.i.sdiag_family = (uint8_t)family;
		q.i.sdiag_protocol = IPPROTO_TCP;
		q.i.idiag_states = ~0U;
		q.h.nlmsg_len = NLMSG_LENGTH(sizeof(q.i));
	}
	return send(socket, &q, q.h.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* Returns 1 at the end of the answer. */
static int take_all(const char *buffer, unsigned int left, struct diag *ret)
{
	const struct nlmsghdr *h = (const void *)buffer;
	int err;

	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			err = ((const struct nlmsgerr *)NLMSG_DATA(h))->error;
			return err < 0 ? err : -EBADMSG;
		}
		err = diag_take(h, h->nlmsg_len, ret);
		if (err)
			return err;
	}
	return 0;
}

int diag_read(int socket, int family, struct diag *ret)
{
	static char buffer[32768]
		__attribute__((aligned(__alignof__(struct nlmsghdr))));
	ssize_t n;
	int err;

	err = ask(socket, family);
	while (!err) {
		n = recv(socket, buffer, sizeof(buffer), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		err = take_all(buffer, (unsigned int)n, ret);
	}
	return err > 0 ? 0 : err;
}

static int by_inode(const void *a, const void *b)
{
	const struct diag_socket *one = a, *other = b;

	return one->inode < other->inode ? -1 : one->inode > other->inode;
}

void diag_sort(struct diag *d)
{
	if (d->n)
		qsort(d->list, d->n, sizeof(*d->list), by_inode);
}

const struct diag_socket *diag_find(const struct diag *d, uint32_t inode)
{
	struct diag_socket key = {.inode = inode};

	if (!inode || !d->n)
		return NULL;
	return bsearch(&key, d->list, d->n, sizeof(key), by_inode);
}

const char *diag_state(unsigned int state)
{
	static const char *const name[] = {
		"?",	      "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
		"FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
		"CLOSE_WAIT", "LAST_ACK",    "LISTEN",	  "CLOSING",
	};

	return state < sizeof(name) / sizeof(*name) ? name[state] : name[0];
}

void diag_free(struct diag *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		drop(&d->list[i]);
	free(d->list);
	*d = (struct diag){0};
}
