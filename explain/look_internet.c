/* SPDX-License-Identifier: MIT */
/*
 * TCP connections, and sockets of families that CRIU does not know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "explain/look.h"

#define TCP_CLOSED 7
#define TCP_LISTENS 10

struct internet {
	struct look_items connections, waiting, unknown, broken;
	struct diag sockets;
	char protocol[32]; /* the first unknown one */
	bool asked, failed;
	bool sends; /* CRIU has to lock the network for it */
};

static const char *protocol_of(const struct tree_process *p,
			       const struct tree_fd *f, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", p->pid, f->fd);
	n = getxattr(path, "system.sockprotoname", buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static bool is_known(const char *protocol)
{
	static const char *const known[] = {
		"UNIX",	     "UNIX-STREAM", "TCP",	"TCPv6",
		"UDP",	     "UDPv6",	    "UDP-Lite", "UDPLITE",
		"UDPLITEv6", "RAW",	    "RAWv6",	"PING",
		"PINGv6",    "PACKET",	    "NETLINK",	NULL,
	};
	int i;

	for (i = 0; known[i]; i++)
		if (!strcmp(protocol, known[i]))
			return true;
	return false;
}

/* Linux 6.16 refuses SO_PASSCRED on other sockets; CRIU 4.2 knows that. */
static bool is_refused(const struct look *l, const char *protocol)
{
	struct utsname u;
	int major = 0, minor = 0;

	if (look_criu_is(l, 40200) || !strncmp(protocol, "UNIX", 4) ||
	    !strcmp(protocol, "NETLINK") || uname(&u) < 0)
		return false;
	return sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 16));
}

static void ask(struct look *l, struct internet *s)
{
	s->asked = true;
	s->failed = look_read_diag(l, AF_INET, &s->sockets) < 0;
}

static void look_at_tcp(struct look *l, struct internet *s,
			const struct tree_process *p, const struct tree_fd *f)
{
	const struct diag_socket *d;

	if (!s->asked)
		ask(l, s);
	d = diag_find(&s->sockets, tree_inode(f->link, "socket"));
	if (!d || d->state == TCP_CLOSED)
		return;
	if (d->state == TCP_LISTENS) {
		if (d->receiving && !l->live->options.skip_in_flight)
			look_item(&s->waiting, "%u at %s, fd %d of %d (%s)",
				  d->receiving, d->local, f->fd, p->pid,
				  p->name);
		return;
	}
	s->sends = true;
	if (!l->live->options.tcp_established && !l->live->options.tcp_close)
		look_item(&s->connections, "fd %d of %d (%s), %s to %s, %s",
			  f->fd, p->pid, p->name, d->local, d->remote,
			  diag_state(d->state));
}

static void look_at_socket(struct look *l, struct internet *s,
			   const struct tree_process *p,
			   const struct tree_fd *f)
{
	char protocol[64];

	protocol_of(p, f, protocol, sizeof(protocol));
	if (!*protocol)
		return;
	if (!is_known(protocol)) {
		if (!s->protocol[0])
			snprintf(s->protocol, sizeof(s->protocol), "%.31s",
				 protocol);
		look_item(&s->unknown, "fd %d of %d (%s), %s", f->fd, p->pid,
			  p->name, protocol);
	} else if (is_refused(l, protocol)) {
		look_item(&s->broken, "fd %d of %d (%s), %s", f->fd, p->pid,
			  p->name, protocol);
	} else if (!strncmp(protocol, "TCP", 3)) {
		look_at_tcp(l, s, p, f);
	}
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH"), *at;
	char full[4096];
	size_t len;

	for (at = path; at && *at; at += len + (at[len] == ':')) {
		len = strcspn(at, ":");
		snprintf(full, sizeof(full), "%.*s/%s", (int)len, at, program);
		if (access(full, X_OK) == 0)
			return true;
	}
	return false;
}

/* CRIU keeps packets away from connections, and from a network namespace that
 * it dumps, by iptables unless it is told otherwise. */
static void look_for_tools(struct look *l, const struct internet *s)
{
	const struct live_options *o = &l->live->options;
	bool own = look_root(l)->ns[TREE_NET] != l->own_ns[TREE_NET];
	struct finding *f;

	if (o->network_lock && strcmp(o->network_lock, "iptables") != 0)
		return;
	if (!own && (!s->sends || o->tcp_close))
		return;
	if (in_path("iptables-restore"))
		return;
	f = look_add(l, "iptables-missing", FINDING_CAUSE, NULL,
		     "%s, and CRIU locks the network by iptables-restore, "
		     "which is not in PATH",
		     own ? "the tree has a network namespace of its own"
			 : "the tree has TCP connections");
	finding_cure(f, "install iptables, or dump without the lock: packets "
			"that come meanwhile may reset connections");
	if (look_criu_is(l, 31900))
		look_command(
			l, f,
			(const char *const[]){"--network-lock", "skip", NULL});
}

static void say_connections(struct look *l, struct internet *s)
{
	struct finding *f;

	if (s->connections.n) {
		f = look_add(l, "tcp-established", FINDING_CAUSE,
			     &s->connections, "TCP connections are open");
		finding_cure(f, "have them closed when the tree comes back "
				"(restore with --tcp-close as well), or keep "
				"them by --tcp-established on both sides, if "
				"it comes back with the same addresses");
		look_command(l, f, (const char *const[]){"--tcp-close", NULL});
	}
	if (s->waiting.n) {
		f = look_add(l, "tcp-in-flight", FINDING_CAUSE, &s->waiting,
			     "TCP connections wait to be accepted");
		finding_cure(f, "leave them out: their clients get a reset");
		look_command(l, f,
			     (const char *const[]){"--skip-in-flight", NULL});
	}
}

static void say_protocols(struct look *l, struct internet *s)
{
	struct finding *f;

	if (s->unknown.n) {
		f = look_add(l, "socket-unsupported", FINDING_CAUSE,
			     &s->unknown,
			     "a socket is of a protocol that CRIU can't save");
		finding_value(f, "protocol", "%s", s->protocol);
		finding_cure(f, "%s",
			     !strncmp(s->protocol, "MPTCP", 5)
				     ? "start the program so that it takes "
				       "plain TCP (Go: "
				       "GODEBUG=multipathtcp=0)"
				     : "have it closed before the dump");
	}
	if (s->broken.n) {
		f = look_add(l, "criu-too-old-for-sockets", FINDING_CAUSE,
			     &s->broken,
			     "this criu (%d.%d) can't read internet or packet "
			     "sockets on Linux 6.16 and later",
			     l->live->criu_version / 10000,
			     l->live->criu_version / 100 % 100);
		finding_cure(f, "take CRIU 4.2 or later (--criu-binary PATH)");
	}
}

void look_internet(struct look *l)
{
	const struct tree_process *p;
	struct internet s = {0};
	struct finding *f;
	size_t i, j;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++)
			if (!strncmp(p->fd[j].link, "socket:", 7))
				look_at_socket(l, &s, p, &p->fd[j]);
	}
	say_protocols(l, &s);
	say_connections(l, &s);
	look_for_tools(l, &s);
	if (s.failed) {
		f = look_add(l, "sockets-unseen", FINDING_UNKNOWN, NULL,
			     "the TCP sockets of the tree could not be looked "
			     "at");
		finding_cure(f, "run this as root");
	}
	diag_free(&s.sockets);
}
