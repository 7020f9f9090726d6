/* SPDX-License-Identifier: MIT */
#include "ns/socket.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ESTABLISHED = 1,
	FIN_WAIT2 = 5,
	TIME_WAIT = 6,
	LISTENING = 10,
};

/* A line of /proc/net/tcp and its like. */
struct line {
	struct ns_address own, peer;
	unsigned int state;
	uint64_t inode;
};

struct wanted {
	int protocol;
	bool lingers;
	uint16_t port;
};

/* 32 hexadecimal digits for IPv6, 8 for IPv4. */
static const char *parse_address(const char *at, struct ns_address *ret)
{
	unsigned int port;
	int n;

	for (size_t i = 0; i < 4 && *at != ':'; i++, at += n)
		if (sscanf(at, "%8x%n", &ret->word[i], &n) != 1)
			return NULL;
	if (sscanf(at, ":%x%n", &port, &n) != 1)
		return NULL;
	ret->port = (uint16_t)port;
	return at + n;
}

static bool parse_line(const char *text, struct line *ret)
{
	const char *at = strchr(text, ':');

	*ret = (struct line){0};
	if (!at)
		return false;
	at = parse_address(at + 1 + strspn(at + 1, " "), &ret->own);
	if (at)
		at = parse_address(at + strspn(at, " "), &ret->peer);
	return at && sscanf(at, " %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64,
			    &ret->state, &ret->inode) == 2;
}

static bool fits(const struct line *l, const struct wanted *w)
{
	if (w->lingers)
		return l->own.port == w->port && !l->inode &&
		       (l->state == FIN_WAIT2 || l->state == TIME_WAIT);
	return l->own.port == w->port &&
	       (w->protocol != IPPROTO_TCP || l->state == LISTENING);
}

static int64_t look(const char *path, const struct wanted *w)
{
	FILE *f = fopen(path, "re");
	int64_t found = 0;
	char text[512];
	struct line l;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!found && fgets(text, sizeof(text), f))
		if (parse_line(text, &l) && fits(&l, w))
			found = w->lingers ? 1 : (int64_t)l.inode;
	fclose(f);
	return found;
}

bool ns_socket_lingers(uint16_t port)
{
	struct wanted w = {.lingers = true, .port = port};

	return look("/proc/net/tcp", &w) > 0 || look("/proc/net/tcp6", &w) > 0;
}

int64_t ns_socket_bound(int protocol, uint16_t port)
{
	struct wanted w = {.protocol = protocol, .port = port};
	bool tcp = protocol == IPPROTO_TCP;
	int64_t found = look(tcp ? "/proc/net/tcp" : "/proc/net/udp", &w);

	if (!found)
		found = look(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", &w);
	return found;
}

static int compare(const void *a, const void *b)
{
	const struct ns_connection *x = a, *y = b;
	int order = x->six - y->six;

	if (!order)
		order = x->own.port - y->own.port;
	if (!order)
		order = x->peer.port - y->peer.port;
	if (!order)
		order = memcmp(x->own.word, y->own.word, sizeof(x->own.word));
	if (!order)
		order = memcmp(x->peer.word, y->peer.word,
			       sizeof(x->peer.word));
	return order;
}

static int add_connection(struct ns_connections *to, bool six,
			  const struct line *l)
{
	struct ns_connection *grown = to->list;

	/* Powers of two from 64 on: when n is one, the list is full. */
	if (!to->n || (to->n >= 64 && !(to->n & (to->n - 1))))
		grown = reallocarray(grown, to->n ? to->n * 2 : 64,
				     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	to->list = grown;
	grown[to->n++] = (struct ns_connection){six, l->own, l->peer, l->inode};
	return 0;
}

static int add_connections(struct ns_connections *to, const char *path,
			   bool six)
{
	FILE *f = fopen(path, "re");
	char text[512];
	struct line l;
	int err = 0;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!err && fgets(text, sizeof(text), f))
		if (parse_line(text, &l) && l.state == ESTABLISHED)
			err = add_connection(to, six, &l);
	fclose(f);
	return err;
}

int ns_socket_connections(struct ns_connections *ret)
{
	struct ns_connections all = {0};
	int err = add_connections(&all, "/proc/net/tcp", false);

	if (!err)
		err = add_connections(&all, "/proc/net/tcp6", true);
	if (err) {
		free(all.list);
		return err;
	}
	if (all.n)
		qsort(all.list, all.n, sizeof(*all.list), compare);
	*ret = all;
	return 0;
}

uint64_t ns_socket_connected(const struct ns_connections *all, bool six,
			     const struct ns_address *own,
			     const struct ns_address *peer)
{
	struct ns_connection key = {six, *own, *peer, 0}, *found;

	if (!all->n)
		return 0;
	found = bsearch(&key, all->list, all->n, sizeof(key), compare);
	return found ? found->inode : 0;
}

/* An abstract name has an '@' for each NUL; a socket that was accepted has the
 * name of the one that listens. */
static bool unix_fits(const char *text, const char *name, size_t len,
		      uint64_t *inode)
{
	unsigned int flags, type, state;
	size_t i = 0;
	int n = 0;

	if (sscanf(text, "%*x: %*x %*x %x %x %x %" SCNu64 " %n", &flags, &type,
		   &state, inode, &n) != 4 ||
	    !n || state == 3)
		return false;
	text += n;
	while (i < len && (text[i] == name[i] || (text[i] == '@' && !name[i])))
		i++;
	return i == len && text[i] == '\n';
}

int64_t ns_socket_named(const char *name, size_t len)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char text[512];
	uint64_t inode;
	int64_t found = 0;

	if (!f)
		return -errno;
	while (!found && fgets(text, sizeof(text), f))
		if (unix_fits(text, name, len, &inode))
			found = (int64_t)inode;
	fclose(f);
	return found;
}

struct search {
	char link[64];
	struct ns_stat found;
};

static int holds(const struct ns_stat *p, void *data)
{
	struct search *s = data;
	struct dirent *entry;
	char path[64], link[64];
	int got = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", p->pid);
	dir = opendir(path);
	/* It has ended, or is somebody else's. */
	if (!dir)
		return 0;
	while (!got && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link,
				       sizeof(link) - 1);

		link[n < 0 ? 0 : n] = '\0';
		got = !strcmp(link, s->link);
	}
	closedir(dir);
	if (got)
		s->found = *p;
	return got;
}

static int thread_holds(const struct ns_stat *p, pid_t tid, void *data)
{
	(void)p;
	(void)tid;
	(void)data;
	return 0;
}

int ns_socket_holder(uint64_t inode, struct ns_stat *ret)
{
	struct search s;
	int got;

	snprintf(s.link, sizeof(s.link), "socket:[%" PRIu64 "]", inode);
	got = ns_stat_walk(holds, thread_holds, &s);
	if (got <= 0)
		return got ? got : -ESRCH;
	*ret = s.found;
	return 0;
}
