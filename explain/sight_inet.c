/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "explain/entry.h"
#include "explain/sight.h"
#include "ns/socket.h"

/*
 * What bind(2) says here to an address, asked in the way that CRIU will: then
 * the answer is the right one.  The socket is closed at once and never listens.
 */
static int try_bind(const struct image_file *s, uint16_t port)
{
	bool six = s->family == AF_INET6;
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
				   .sin6_port = htons(port)};
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = s->address[0]};
	int fd, err = 0, yes = 1;

	memcpy(&in6.sin6_addr, s->address, sizeof(in6.sin6_addr));
	fd = socket((int)s->family, (int)s->socket_type | SOCK_CLOEXEC,
		    (int)s->protocol);
	if (fd < 0)
		return -errno;
	if (s->v6only)
		setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (six)
		setsockopt(fd, SOL_IP, IP_FREEBIND, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	if (bind(fd, six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
		 six ? sizeof(in6) : sizeof(in)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void say_taken(struct sight *l, const struct image_file *s)
{
	struct finding *f = finding_add(l->all, "port-taken", FINDING_CAUSE);
	int64_t inode = ns_socket_bound((int)s->protocol, s->port);
	char address[64], pid[16];
	struct ns_stat by;

	entry_address(s, false, address, sizeof(address));
	finding_value(f, "address", "%s", address);
	finding_value(f, "protocol", "%s", entry_type(s));
	if (!inode && s->protocol == IPPROTO_TCP &&
	    ns_socket_lingers(s->port)) {
		finding_cause(f,
			      "TCP address %s is in use by a connection that "
			      "was closed just now",
			      address);
		finding_cure(f, "wait a minute: the kernel lets go of it");
		return;
	}
	if (inode <= 0 || ns_socket_holder((uint64_t)inode, &by) < 0) {
		finding_cause(f, "%s address %s is in use here", entry_type(s),
			      address);
		finding_cure(f, "end who uses it (ss -anp shows it), or "
				"restore in a network namespace of its own "
				"(unshare -n)");
		return;
	}
	finding_cause(f, "%s address %s is in use by process %d (%s)",
		      entry_type(s), address, by.pid, by.name);
	finding_value(f, "pid", "%d", by.pid);
	finding_value(f, "command", "%s", by.name);
	finding_cure(f, "end that process, or restore in a network namespace "
			"of its own (unshare -n)");
	snprintf(pid, sizeof(pid), "%d", by.pid);
	finding_command(f, NULL, 2, "kill", pid);
}

static void say_no_address(struct sight *l, const struct image_file *s)
{
	struct finding *f =
		finding_add(l->all, "address-missing", FINDING_CAUSE);
	char address[INET6_ADDRSTRLEN] = "?", with_bits[64];

	inet_ntop((int)s->family, s->address, address, sizeof(address));
	finding_cause(f,
		      "a socket is bound to %s, and this host has no such "
		      "address",
		      address);
	finding_value(f, "address", "%s", address);
	finding_cure(f, "give this host that address");
	snprintf(with_bits, sizeof(with_bits), "%s/32", address);
	finding_command(f, NULL, 6, "ip", "addr", "add", with_bits, "dev",
			"lo");
}

static void say_connected(struct sight *l, const struct image_file *s,
			  uint64_t inode)
{
	struct finding *f =
		finding_add(l->all, "tcp-connection-taken", FINDING_CAUSE);
	char name[256];
	struct ns_stat by;

	entry_name(l->image, s, name, sizeof(name));
	finding_value(f, "connection", "%s", name);
	if (ns_socket_holder(inode, &by) < 0)
		finding_cause(f, "TCP connection %s is there on this host",
			      name);
	else
		finding_cause(f, "TCP connection %s is held by process %d (%s)",
			      name, by.pid, by.name);
	finding_cure(f, "end who holds it (is the tree that was dumped still "
			"running?), or restore with --tcp-close: its "
			"connections are closed then");
}

/* A number of connections is one finding: one option is for all. */
static void sight_connections(struct sight *l)
{
	const struct image_contents *c = l->image;
	const struct image_file *first = NULL;
	struct finding *f;
	char name[256];
	size_t n = 0;

	if (sight_has(l, "tcp-close"))
		return;
	if (c->tcp_close) {
		f = finding_add(l->all, "tcp-close", FINDING_CAUSE);
		finding_cause(f, "the dump was made with --tcp-close, which "
				 "the restore needs as well");
		finding_cure(f, "have TCP connections come back closed");
		sight_need(l, f, "--tcp-close");
		return;
	}
	if (sight_has(l, "tcp-established"))
		return;
	for (size_t i = 0; i < c->n_files; i++)
		if (entry_is_connection(&c->file[i])) {
			first = first ? first : &c->file[i];
			n++;
		}
	if (!n)
		return;
	f = finding_add(l->all, "tcp-connection", FINDING_CAUSE);
	entry_name(c, first, name, sizeof(name));
	finding_cause(f, "the tree has %zu TCP connection%s%s %s", n,
		      n == 1 ? "" : "s", n == 1 ? "," : ", such as", name);
	finding_value(f, "connections", "%zu", n);
	finding_cure(f, "take them up again; with --tcp-close instead, they "
			"come back closed");
	sight_need(l, f, "--tcp-established");
}

static void sight_connection(struct sight *l, const struct ns_connections *here,
			     const struct image_file *s)
{
	struct ns_address own = {.port = s->port},
			  peer = {.port = s->peer_port};
	uint64_t inode;

	if (sight_has(l, "tcp-close") || l->image->tcp_close)
		return;
	memcpy(own.word, s->address, sizeof(own.word));
	memcpy(peer.word, s->peer_address, sizeof(peer.word));
	inode = ns_socket_connected(here, s->family == AF_INET6, &own, &peer);
	if (inode)
		say_connected(l, s, inode);
	/* The port is not asked for: repair mode shares it. */
	else if (try_bind(s, 0) == -EADDRNOTAVAIL)
		say_no_address(l, s);
}

static void sight_socket(struct sight *l, const struct ns_connections *here,
			 const struct image_file *s)
{
	int err;

	if (s->family != AF_INET && s->family != AF_INET6)
		return;
	if (s->socket_type != SOCK_STREAM && s->socket_type != SOCK_DGRAM)
		return;
	if (entry_is_connection(s)) {
		sight_connection(l, here, s);
		return;
	}
	if (!s->port || s->interface)
		return;
	err = try_bind(s, s->port);
	if (err == -EADDRINUSE)
		say_taken(l, s);
	else if (err == -EADDRNOTAVAIL)
		say_no_address(l, s);
}

/* What counts for a bind or a connection. */
static int compare(const void *a, const void *b)
{
	const struct image_file *x = *(const struct image_file *const *)a;
	const struct image_file *y = *(const struct image_file *const *)b;
	int order = x->port - y->port;

	if (!order)
		order = x->peer_port - y->peer_port;
	if (!order && x->protocol != y->protocol)
		order = x->protocol < y->protocol ? -1 : 1;
	if (!order && x->family != y->family)
		order = x->family < y->family ? -1 : 1;
	if (!order && x->state != y->state)
		order = x->state < y->state ? -1 : 1;
	if (!order)
		order = memcmp(x->address, y->address, sizeof(x->address));
	if (!order)
		order = memcmp(x->peer_address, y->peer_address,
			       sizeof(x->peer_address));
	return order;
}

/* Each address once: a server may have several sockets at one. */
static void sight_sockets(struct sight *l, const struct ns_connections *here)
{
	const struct image_contents *c = l->image;
	const struct image_file **s =
		calloc(c->n_files + 1, sizeof(struct image_file *));
	size_t n = 0;

	if (!s) {
		l->broken = true;
		return;
	}
	for (size_t i = 0; i < c->n_files; i++)
		if (c->file[i].type == IMAGE_INET)
			s[n++] = &c->file[i];
	qsort(s, n, sizeof(struct image_file *), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || compare(&s[i - 1], &s[i]))
			sight_socket(l, here, s[i]);
	free(s);
}

void sight_inet(struct sight *l)
{
	struct ns_connections here = {0};

	sight_connections(l);
	if (ns_socket_connections(&here) == -ENOMEM)
		l->broken = true;
	sight_sockets(l, &here);
	free(here.list);
}
