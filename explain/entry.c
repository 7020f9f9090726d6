/* SPDX-License-Identifier: MIT */
#include "explain/entry.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* images/fdinfo.proto of CRIU */
static const char *const types[] = {
	"?",	    "file",    "pipe",	    "fifo",	"inet",	    "unix",
	"eventfd",  "epoll",   "inotify",   "signalfd", "packet",   "terminal",
	"fanotify", "netlink", "namespace", "tun",	"external", "timerfd",
	"memfd",    "bpfmap",  "pidfd",
};

static const char *mode_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "directory";
	case S_IFCHR:
	case S_IFBLK:
		return "device";
	default:
		return "file";
	}
}

static const char *inet_type(const struct image_file *f)
{
	bool six = f->family == AF_INET6;

	switch (f->protocol) {
	case IPPROTO_TCP:
		return six ? "tcp6" : "tcp";
	case IPPROTO_UDP:
		return six ? "udp6" : "udp";
	case IPPROTO_UDPLITE:
		return six ? "udplite6" : "udplite";
	default:
		return six ? "raw6" : "raw";
	}
}

const char *entry_type(const struct image_file *f)
{
	if (f->known && f->type == IMAGE_REGULAR)
		return mode_type(f->mode);
	if (f->known && f->type == IMAGE_INET)
		return inet_type(f);
	if (f->type < sizeof(types) / sizeof(*types))
		return types[f->type];
	return "?";
}

bool entry_is_socket(const struct image_file *f)
{
	enum { PACKET = 10, NETLINK = 13 };

	return f->type == IMAGE_INET || f->type == IMAGE_UNIX ||
	       f->type == PACKET || f->type == NETLINK;
}

bool entry_is_connection(const struct image_file *f)
{
	return f->type == IMAGE_INET && f->protocol == IPPROTO_TCP &&
	       f->socket_type == SOCK_STREAM && f->state &&
	       f->state != TCP_LISTEN && f->state != TCP_CLOSE;
}

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "established",
		[TCP_SYN_SENT] = "syn-sent",
		[TCP_SYN_RECV] = "syn-recv",
		[TCP_FIN_WAIT1] = "fin-wait-1",
		[TCP_FIN_WAIT2] = "fin-wait-2",
		[TCP_TIME_WAIT] = "time-wait",
		[TCP_CLOSE] = "closed",
		[TCP_CLOSE_WAIT] = "close-wait",
		[TCP_LAST_ACK] = "last-ack",
		[TCP_LISTEN] = "listening",
		[TCP_CLOSING] = "closing",
	};

	if (state < sizeof(names) / sizeof(*names) && names[state])
		return names[state];
	return "?";
}

void entry_address(const struct image_file *f, bool of_peer, char *buf,
		   size_t size)
{
	const uint32_t *address = of_peer ? f->peer_address : f->address;
	unsigned int port = of_peer ? f->peer_port : f->port;
	bool six = f->family == AF_INET6;
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(six ? AF_INET6 : AF_INET, address, text, sizeof(text)))
		snprintf(text, sizeof(text), "?");
	snprintf(buf, size, six ? "[%s]:%u" : "%s:%u", text, port);
}

static void inet_name(const struct image_file *f, char *buf, size_t size)
{
	char own[64], peer[64];

	entry_address(f, false, own, sizeof(own));
	entry_address(f, true, peer, sizeof(peer));
	snprintf(buf, size, "%s%s%s%s%s", own, f->peer_port ? " -> " : "",
		 f->peer_port ? peer : "",
		 f->protocol == IPPROTO_TCP ? " " : "",
		 f->protocol == IPPROTO_TCP ? state_name(f->state) : "");
}

static void unix_name(const struct image_file *f, char *buf, size_t size)
{
	const char *kind = f->socket_type == SOCK_STREAM  ? "stream"
			   : f->socket_type == SOCK_DGRAM ? "datagram"
							  : "packet";
	bool abstract = f->path_len && !*f->path;
	const char *dir =
		f->path_len && !abstract && *f->path != '/' && f->path_dir
			? f->path_dir
			: "";
	char peer[32] = "";

	if (f->peer)
		snprintf(peer, sizeof(peer), " -> %u", f->peer);
	snprintf(buf, size, "%s %u%s%s%s%s%s%s%s%s", kind, f->ino, peer,
		 f->path_len ? " " : "", abstract ? "@" : "", dir,
		 *dir ? "/" : "", f->path_len ? f->path + abstract : "",
		 f->deleted ? " (deleted)" : "",
		 f->state == TCP_LISTEN && f->socket_type != SOCK_DGRAM
			 ? " listening"
			 : "");
}

void entry_name(const struct image_contents *c, const struct image_file *f,
		char *buf, size_t size)
{
	const char *path = image_contents_path(c, f);

	if (!f->known)
		snprintf(buf, size, "?");
	else if (f->type == IMAGE_INET)
		inet_name(f, buf, size);
	else if (f->type == IMAGE_UNIX)
		unix_name(f, buf, size);
	else if (f->type == IMAGE_PIPE)
		snprintf(buf, size, "%u, its %s end", f->pipe,
			 (f->flags & O_ACCMODE) == O_RDONLY ? "reading"
							    : "writing");
	else
		snprintf(buf, size, "%s%s", path ? path : "",
			 f->remap == REMAP_LINK || f->remap == REMAP_GHOST
				 ? " (deleted)"
				 : "");
}
