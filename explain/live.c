/* SPDX-License-Identifier: MIT */
#include "explain/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "explain/look.h"

static int by_number(const void *a, const void *b)
{
	const uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return one < other ? -1 : one > other;
}

/* Asked for each socket: kept in order. */
static int list_sockets(struct look *l)
{
	const struct tree_process *p;
	size_t i, j, n = 0;

	for (i = 0; i < l->tree->n; i++)
		n += l->tree->process[i].n_fds;
	l->socket = malloc((n ? n : 1) * sizeof(*l->socket));
	if (!l->socket)
		return -ENOMEM;
	for (i = 0; i < l->tree->n; i++) {
		p = &l->tree->process[i];
		for (j = 0; j < p->n_fds; j++) {
			l->socket[l->n_sockets] =
				tree_inode(p->fd[j].link, "socket");
			l->n_sockets += l->socket[l->n_sockets] != 0;
		}
	}
	qsort(l->socket, l->n_sockets, sizeof(*l->socket), by_number);
	return 0;
}

bool look_has_socket(const struct look *l, uint32_t inode)
{
	return bsearch(&inode, l->socket, l->n_sockets, sizeof(inode),
		       by_number);
}

static void read_own(struct look *l)
{
	char path[64], link[64];
	ssize_t n;
	int i;

	for (i = 0; i < TREE_NS_COUNT; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s",
			 tree_ns_name[i]);
		n = readlink(path, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		l->own_ns[i] = strtoul(link + strcspn(link, "[") + 1, NULL, 10);
	}
}

static int look_open(struct look *l, struct tree *tree)
{
	char path[64];
	int err;

	err = tree_read(l->live->pid, tree);
	if (err)
		return err;
	l->tree = tree;
	read_own(l);
	err = list_sockets(l);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", l->live->pid);
	l->mounts_text = tree_text(path);
	return l->mounts_text ? mountinfo_parse(l->mounts_text, &l->mounts) : 0;
}

static void look_close(struct look *l, struct tree *tree)
{
	mountinfo_free(&l->mounts);
	free(l->mounts_text);
	free(l->socket);
	tree_free(tree);
}

int look_read_diag(const struct look *l, int family, struct diag *ret)
{
	bool own = look_root(l)->ns[TREE_NET] == l->own_ns[TREE_NET];
	char path[64];
	int ns = -1, fd, err;

	if (!own) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", l->live->pid);
		ns = open(path, O_RDONLY | O_CLOEXEC);
		if (ns < 0)
			return -errno;
	}
	fd = diag_open(ns);
	err = fd < 0 ? fd : diag_read(fd, family, ret);
	if (!err && family == AF_INET)
		err = diag_read(fd, AF_INET6, ret);
	if (fd >= 0)
		close(fd);
	if (ns >= 0)
		close(ns);
	diag_sort(ret);
	return err;
}

/* What no option helps with is worse than what one does. */
static int rank(const struct finding *f)
{
	return 2 * (int)f->weight + (f->argv != NULL);
}

/* Stable, and a few elements only. */
static void sort(struct findings *all, size_t from)
{
	struct finding moved;
	size_t i, j;

	for (i = from + 1; i < all->n; i++) {
		moved = all->list[i];
		for (j = i; j > from && rank(&all->list[j - 1]) > rank(&moved);
		     j--)
			all->list[j] = all->list[j - 1];
		all->list[j] = moved;
	}
}

static const struct {
	enum live_part part;
	void (*look)(struct look *l);
} parts_table[] = {
	{LIVE_TASKS, look_tasks},
	{LIVE_NAMESPACES, look_namespaces},
	{LIVE_MOUNTS, look_mounts},
	{LIVE_FILES, look_descriptors},
	{LIVE_FILES, look_files},
	{LIVE_MAPPINGS, look_mappings},
	{LIVE_UNIX, look_unix},
	{LIVE_INTERNET, look_internet},
	{LIVE_INTERNET, look_netlink},
	{LIVE_TERMINALS, look_terminals},
	{LIVE_LOCKS, look_locks},
	{LIVE_FILES, look_pipes}, /* last: nothing but losses */
};

int live_look(const struct live *live, unsigned int parts, struct findings *ret)
{
	struct look l = {.live = live, .all = ret};
	struct tree tree = {0};
	size_t i, from = ret->n;
	int err;

	err = look_open(&l, &tree);
	for (i = 0; !err && i < sizeof(parts_table) / sizeof(*parts_table); i++)
		if (parts & parts_table[i].part)
			parts_table[i].look(&l);
	sort(ret, from);
	look_close(&l, &tree);
	return err;
}

/* --- what --auto-external adds --- */

struct words {
	char **word;
	size_t n;
	bool broken;
};

__attribute__((format(printf, 3, 4))) static void
add_word(struct words *w, const char *option, const char *fmt, ...)
{
	char **grown, *value = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&value, fmt, args) < 0)
		value = NULL;
	va_end(args);
	grown = realloc(w->word, (w->n + 3) * sizeof(*grown));
	if (grown)
		w->word = grown;
	if (!grown || !value) {
		free(value);
		w->broken = true;
		return;
	}
	grown[w->n] = strdup(option);
	if (!grown[w->n]) {
		free(value);
		w->broken = true;
		return;
	}
	grown[w->n + 1] = value;
	w->n += 2;
	grown[w->n] = NULL;
}

struct extras {
	struct look *look;
	struct words words;
};

static void take_mount(void *to, const struct mountinfo_row *m, const char *key,
		       const char *here)
{
	struct extras *x = to;
	struct finding *f;

	add_word(&x->words, "external", "mnt[%s]:%s", m->point, key);
	f = finding_add(x->look->all, "mount-external", FINDING_LOSS);
	finding_cause(f,
		      "mount %s (%s) is left out: restore needs --root DIR and "
		      "--external 'mnt[%s]:%s'",
		      m->point, m->type, key, here ? here : "PATH");
	finding_value(f, "mount", "%s", m->point);
}

static void lose(struct look *l, const struct look_unix *u)
{
	struct finding *f;
	char who[64];
	struct look_holder h = {.inode = u->peer->inode, .kind = "socket"};

	look_for_holders(l->tree, &h, 1);
	f = finding_add(l->all, "unix-stream-external", FINDING_LOSS);
	finding_cause(
		f,
		"socket %u, fd %d of %d (%s), to %s, is left out: "
		"restore needs --inherit-fd 'fd[N]:socket:[%u]'%s%s",
		u->own->inode, u->fd->fd, u->process->pid, u->process->name,
		h.pid ? look_name(h.pid, who) : "an unknown process",
		u->own->inode,
		u->peer->name ? ", or --ext-unix-sk and a server at " : "",
		u->peer->name ? u->peer->name : "");
	finding_value(f, "socket", "%u", u->own->inode);
}

static void add_unix(struct look *l, struct words *w, const struct look_unix *u)
{
	char key[32];

	snprintf(key, sizeof(key), "unix[%u]", u->own->inode);
	if (look_is_external(l, key))
		return;
	if (u->own->type != SOCK_DGRAM) {
		add_word(w, "external", "%s", key);
		lose(l, u);
	} else if (u->peer->name && !l->live->options.ext_unix_sk) {
		/* It stands for all of them. */
		if (w->n && !strcmp(w->word[w->n - 2], "ext-unix-sk"))
			return;
		add_word(w, "ext-unix-sk", "%s", "");
	}
}

static int add_sockets(struct look *l, struct words *w)
{
	struct look_unix *list = NULL;
	struct diag d = {0};
	int i, n = 0, err = 0;

	if (l->n_sockets) {
		err = look_read_diag(l, AF_UNIX, &d);
		n = err ? 0 : look_external_unix(l, &d, &list);
	}
	for (i = 0; i < n; i++)
		add_unix(l, w, &list[i]);
	free(list);
	diag_free(&d);
	return n < 0 ? n : err;
}

int live_externals(const struct live *live, char ***ret_words,
		   struct findings *ret_losses)
{
	struct look l = {.live = live, .all = ret_losses};
	struct tree tree = {0};
	struct extras x = {.look = &l};
	int err;

	err = look_open(&l, &tree);
	if (!err)
		look_external_mounts(&l, take_mount, &x);
	if (!err)
		err = add_sockets(&l, &x.words);
	look_close(&l, &tree);
	if (!err && x.words.broken)
		err = -ENOMEM;
	if (err) {
		live_free_words(x.words.word);
		return err;
	}
	*ret_words = x.words.word;
	return 0;
}

void live_free_words(char **words)
{
	char **w;

	for (w = words; w && *w; w++)
		free(*w);
	free(words);
}
