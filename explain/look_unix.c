/* SPDX-License-Identifier: MIT */
/*
 * Unix sockets whose other end is outside of the tree.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/look.h"

#define MAX_NAMED 200

struct sockets {
	struct look_items stream, named, nameless, dead;
	const char *stream_word[2 * MAX_NAMED + 1];
	const char *nameless_word[2 * MAX_NAMED + 1];
	char key[2 * MAX_NAMED][32];
	size_t n_stream, n_nameless, n_keys;
	unsigned int first_stream; /* for the example */
	const char *server;	   /* the name of its peer, or NULL */
};

static int add(struct look_unix **list, size_t *n, const struct look_unix *u)
{
	struct look_unix *grown;
	size_t i;

	/* Descriptors are inherited. */
	for (i = 0; i < *n; i++)
		if ((*list)[i].own == u->own)
			return 0;
	grown = realloc(*list, (*n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[(*n)++] = *u;
	return 0;
}

int look_external_unix(const struct look *l, const struct diag *d,
		       struct look_unix **ret)
{
	struct look_unix u;
	size_t i, j, n = 0;
	int err = 0;

	*ret = NULL;
	for (i = 0; i < l->tree->n; i++) {
		u.process = &l->tree->process[i];
		for (j = 0; j < u.process->n_fds && !err; j++) {
			u.fd = &u.process->fd[j];
			u.own = diag_find(d, tree_inode(u.fd->link, "socket"));
			if (!u.own || u.own->family != AF_UNIX)
				continue;
			u.peer = diag_find(d, u.own->peer);
			if (u.peer && !look_has_socket(l, u.peer->inode))
				err = add(ret, &n, &u);
		}
	}
	return err ? err : (int)n;
}

static bool is_named_external(const struct look *l, const struct look_unix *u)
{
	char key[32];

	snprintf(key, sizeof(key), "unix[%u]", u->own->inode);
	return look_is_external(l, key);
}

static void add_word(struct sockets *s, const char **words, size_t *n,
		     const struct look_unix *u)
{
	char *key;

	if (*n >= 2 * MAX_NAMED || s->n_keys >= 2 * MAX_NAMED)
		return;
	key = s->key[s->n_keys++];
	snprintf(key, sizeof(s->key[0]), "unix[%u]", u->own->inode);
	words[(*n)++] = "--external";
	words[(*n)++] = key;
}

static void sort_out(struct look *l, struct sockets *s,
		     const struct look_unix *u, const struct look_holder *h)
{
	char who[64] = "nobody that can be seen", where[128] = "";

	if (h->pid) {
		look_name(h->pid, who);
		snprintf(where, sizeof(where), "fd %d of ", h->fd);
	}
	if (is_named_external(l, u))
		return;
	if (u->own->type != SOCK_DGRAM) {
		look_item(&s->stream,
			  "socket %u, fd %d of %d (%s), peer %s%s%s%s",
			  u->own->inode, u->fd->fd, u->process->pid,
			  u->process->name, u->peer->name ? u->peer->name : "",
			  u->peer->name ? ", " : "", where, who);
		if (!s->first_stream) {
			s->first_stream = u->own->inode;
			s->server = u->peer->name;
		}
		add_word(s, s->stream_word, &s->n_stream, u);
	} else if (!u->peer->name) {
		look_item(&s->nameless,
			  "socket %u, fd %d of %d (%s), peer %s%s",
			  u->own->inode, u->fd->fd, u->process->pid,
			  u->process->name, where, who);
		add_word(s, s->nameless_word, &s->n_nameless, u);
	} else if (!l->live->options.ext_unix_sk &&
		   !l->live->options.auto_external) {
		look_item(&s->named, "fd %d of %d (%s) to %s, %s%s", u->fd->fd,
			  u->process->pid, u->process->name, u->peer->name,
			  where, who);
	}
}

/* Who wanted to connect has gone before it was accepted. */
static void look_at_waiting(struct look *l, struct sockets *s,
			    const struct diag *d)
{
	const struct tree_process *p;
	const struct diag_socket *k;
	size_t i, j, n;

	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++) {
			k = diag_find(d, tree_inode(p->fd[j].link, "socket"));
			for (n = 0; k && n < k->n_pending; n++)
				if (!k->pending[n])
					break;
			if (k && n < k->n_pending)
				look_item(&s->dead, "%s, fd %d of %d (%s)",
					  k->name ? k->name : "", p->fd[j].fd,
					  p->pid, p->name);
		}
	}
}

static void say_streams(struct look *l, struct sockets *s)
{
	struct finding *f;

	if (!s->stream.n)
		return;
	s->stream_word[s->n_stream] = NULL;
	f = look_add(l, "unix-stream-external", look_left_out(l), &s->stream,
		     "one end of a unix stream connection is in the tree and "
		     "the other one is not");
	finding_value(f, "socket", "%u", s->first_stream);
	if (s->server)
		finding_cure(f,
			     "name it external; restore then connects to "
			     "%s again with --ext-unix-sk, or takes a "
			     "descriptor for it: --inherit-fd "
			     "'fd[N]:socket:[%u]'",
			     s->server, s->first_stream);
	else
		finding_cure(f,
			     "name it external; restore then needs a "
			     "descriptor for it, of a socket that its "
			     "caller has open: --inherit-fd "
			     "'fd[N]:socket:[%u]'",
			     s->first_stream);
	if (!l->live->options.auto_external)
		look_command(l, f, s->stream_word);
}

static void say_datagrams(struct look *l, struct sockets *s)
{
	struct finding *f;

	if (s->named.n) {
		f = look_add(l, "unix-datagram-external", FINDING_CAUSE,
			     &s->named,
			     "a unix datagram socket is connected to one "
			     "outside of the tree");
		finding_cure(f, "connect it to the same name at restore, with "
				"--ext-unix-sk as well");
		look_command(l, f,
			     (const char *const[]){"--ext-unix-sk", NULL});
	}
	if (s->nameless.n) {
		s->nameless_word[s->n_nameless] = NULL;
		f = look_add(l, "unix-datagram-nameless", FINDING_CAUSE,
			     &s->nameless,
			     "one end of a pair of unix datagram sockets is "
			     "in the tree and the other one is not");
		finding_cure(f, "none for a restore: it dumps, by --external, "
				"but CRIU has no way to bring it back; have "
				"it closed");
	}
	if (s->dead.n) {
		f = look_add(l, "unix-closed-in-flight", FINDING_CAUSE,
			     &s->dead,
			     "a client has connected to a unix socket and is "
			     "gone before it was accepted");
		finding_cure(f, "try again when the program has accepted it");
	}
}

static void fill_holders(const struct look *l, const struct look_unix *list,
			 size_t n, struct look_holder *h)
{
	size_t i;

	for (i = 0; i < n; i++)
		h[i] = (struct look_holder){.inode = list[i].peer->inode,
					    .kind = "socket"};
	look_for_holders(l->tree, h, n);
}

void look_unix(struct look *l)
{
	struct look_holder *holder = NULL;
	struct look_unix *list = NULL;
	struct diag d = {0};
	struct sockets *s;
	struct finding *f;
	int i, n;

	if (!l->n_sockets)
		return;
	s = calloc(1, sizeof(*s));
	n = look_read_diag(l, AF_UNIX, &d);
	if (n < 0) {
		f = look_add(l, "sockets-unseen", FINDING_UNKNOWN, NULL,
			     "the unix sockets of the tree could not be "
			     "looked at");
		finding_cure(f, "run this as root");
	} else {
		n = look_external_unix(l, &d, &list);
	}
	if (n > 0)
		holder = calloc((size_t)n, sizeof(*holder));
	if (holder)
		fill_holders(l, list, (size_t)n, holder);
	for (i = 0; s && holder && i < n; i++)
		sort_out(l, s, &list[i], &holder[i]);
	if (s) {
		look_at_waiting(l, s, &d);
		say_streams(l, s);
		say_datagrams(l, s);
	}
	free(s);
	free(holder);
	free(list);
	diag_free(&d);
}
