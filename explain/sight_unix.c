/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "explain/sight.h"
#include "ns/socket.h"

/* Whether restore binds it to its name: what was accepted has only inherited
 * that. */
static bool is_bound(const struct image_file *s)
{
	return s->path_len && !s->outside && !s->deleted &&
	       (s->socket_type == SOCK_DGRAM || s->state != TCP_ESTABLISHED);
}

/* Its path as restore will see it; NULL if only the tree knows. */
static char *path_of(const struct image_file *s)
{
	char *path;

	if (*s->path != '/' && !s->path_dir)
		return NULL;
	if (asprintf(&path, "%s%s%s", *s->path == '/' ? "" : s->path_dir,
		     *s->path == '/' ? "" : "/", s->path) < 0)
		return NULL;
	return path;
}

static void name_holder(struct finding *f, int64_t inode)
{
	struct ns_stat by;

	if (!f || inode <= 0 || ns_socket_holder((uint64_t)inode, &by) < 0)
		return;
	finding_value(f, "pid", "%d", by.pid);
	finding_value(f, "command", "%s", by.name);
	finding_cause(f, "%s: by process %d (%s)", f->cause, by.pid, by.name);
}

static void sight_abstract(struct sight *l, const struct image_file *s)
{
	int64_t inode = ns_socket_named(s->path, s->path_len);
	struct finding *f;

	if (inode <= 0)
		return;
	f = finding_add(l->all, "unix-name-taken", FINDING_CAUSE);
	finding_cause(f, "the unix socket name '@%s' is in use here",
		      s->path + 1);
	finding_value(f, "name", "@%s", s->path + 1);
	name_holder(f, inode);
	finding_cure(f, "end who uses it, or restore in a network namespace "
			"of its own (unshare -n)");
}

static void say_no_directory(struct sight *l, const char *path)
{
	struct finding *f =
		finding_add(l->all, "unix-directory-missing", FINDING_CAUSE);
	char *dir = strdup(path), *slash = dir ? strrchr(dir, '/') : NULL;

	if (slash)
		*slash = '\0';
	finding_cause(f, "the directory of the unix socket '%s' is not there",
		      path);
	finding_value(f, "path", "%s", path);
	finding_cure(f, "make it");
	if (slash)
		finding_command(f, NULL, 4, "mkdir", "-p", "--", dir);
	free(dir);
}

static void say_no_socket(struct sight *l, const char *path)
{
	struct finding *f =
		finding_add(l->all, "unix-path-taken", FINDING_CAUSE);
	char *aside;

	finding_cause(f,
		      "'%s' is to become a unix socket again, and something "
		      "else is there",
		      path);
	finding_value(f, "path", "%s", path);
	finding_cure(f, "move that out of the way");
	if (asprintf(&aside, "%s.aside", path) < 0)
		return;
	finding_command(f, NULL, 4, "mv", "--", path, aside);
	free(aside);
}

/*
 * Who listens at the path now.  A relative name counts in the directory of its
 * holder alone; others may have bound the same.
 */
static int64_t user_of(const struct image_file *s)
{
	int64_t inode = ns_socket_named(s->path, s->path_len);
	char link[64], cwd[4096];
	struct ns_stat by;
	ssize_t n;

	if (inode <= 0 || *s->path == '/')
		return inode;
	if (ns_socket_holder((uint64_t)inode, &by) < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/%d/cwd", by.pid);
	n = readlink(link, cwd, sizeof(cwd) - 1);
	cwd[n < 0 ? 0 : n] = '\0';
	return strcmp(cwd, s->path_dir) ? 0 : inode;
}

static void sight_path(struct sight *l, const struct image_file *s)
{
	struct finding *f;
	struct stat st;
	int64_t inode;
	char *path = path_of(s);

	if (!path)
		return;
	if (fstatat(l->root, path + strspn(path, "/"), &st, 0) < 0) {
		char *slash = strrchr(path, '/');

		/* The name itself may be free. */
		*slash = '\0';
		if (slash != path &&
		    faccessat(l->root, path + strspn(path, "/"), F_OK, 0) < 0) {
			*slash = '/';
			say_no_directory(l, path);
		}
	} else if (!S_ISSOCK(st.st_mode)) {
		say_no_socket(l, path);
	} else if ((inode = user_of(s)) > 0) {
		f = finding_add(l->all, "unix-path-in-use", FINDING_LOSS);
		finding_cause(f,
			      "the unix socket '%s' is in use here, and the "
			      "restore takes its path away",
			      path);
		finding_value(f, "path", "%s", path);
		name_holder(f, inode);
		finding_cure(f, "end who uses it first");
	}
	free(path);
}

/* A path may be bound by another name, and is believed if a socket is there. */
static bool server_is_here(const struct sight *l, const struct image_file *s)
{
	struct stat st;
	char *path;
	bool here;

	if (ns_socket_named(s->path, s->path_len) != 0)
		return true;
	if (!*s->path)
		return false;
	path = path_of(s);
	if (!path)
		return true;
	here = !fstatat(l->root, path + strspn(path, "/"), &st, 0) &&
	       S_ISSOCK(st.st_mode);
	free(path);
	return here;
}

/* The next socket of the tree behind @after that is connected to one. */
static const struct image_file *inside(const struct sight *l, uint32_t peer,
				       const struct image_file *after)
{
	const struct image_contents *c = l->image;
	size_t i = after ? (size_t)(after - c->file) + 1 : 0;

	for (; i < c->n_files; i++)
		if (c->file[i].type == IMAGE_UNIX && c->file[i].peer == peer &&
		    !c->file[i].outside)
			return &c->file[i];
	return NULL;
}

/*
 * CRIU asks for --ext-unix-sk when it connects a socket by itself.  One that
 * takes datagrams, and gets none from the tree, has a helper that does.
 */
static bool needs_option(const struct sight *l, const struct image_file *s)
{
	const struct image_file *end = NULL;

	while ((end = inside(l, s->ino, end)))
		if (end->socket_type != SOCK_DGRAM || inside(l, end->ino, NULL))
			return true;
	return false;
}

/* A server that the dump left out; the tree will connect to it. */
static void sight_server(struct sight *l, const struct image_file *s)
{
	struct finding *f;

	if (needs_option(l, s) && !sight_has(l, "ext-unix-sk")) {
		f = finding_add(l->all, "unix-outside", FINDING_CAUSE);
		finding_cause(f,
			      "the tree is connected to a unix socket outside "
			      "of it, '%s%s'",
			      *s->path ? "" : "@", s->path + !*s->path);
		finding_value(f, "path", "%s%s", *s->path ? "" : "@",
			      s->path + !*s->path);
		finding_cure(f, "have it connected again");
		sight_need(l, f, "--ext-unix-sk");
	}
	if (server_is_here(l, s))
		return;
	f = finding_add(l->all, "unix-server-missing", FINDING_CAUSE);
	finding_cause(f,
		      "the tree was connected to the unix socket '%s%s', "
		      "and nobody listens there",
		      *s->path ? "" : "@", s->path + !*s->path);
	finding_value(f, "path", "%s%s", *s->path ? "" : "@",
		      s->path + !*s->path);
	finding_cure(f, "start its server first");
}

/* Its peer has no name: who restores has to bring a connection along. */
static void sight_nameless(struct sight *l, const struct image_file *s)
{
	const struct image_file *end = inside(l, s->ino, NULL);
	struct finding *f;
	char given[64];

	if (!end)
		return;
	snprintf(given, sizeof(given), "socket:[%u]", end->ino);
	for (char *const *o = l->how->given; o && *o; o++)
		if (strstr(*o, "inherit-fd") && strstr(*o, given))
			return;
	f = finding_add(l->all, "unix-end-outside", FINDING_CAUSE);
	finding_cause(f,
		      "unix socket %u was connected to one outside of the tree "
		      "that has no name, so that nobody can connect it again",
		      end->ino);
	finding_value(f, "inode", "%u", end->ino);
	if (end->socket_type == SOCK_DGRAM)
		finding_cure(f, "CRIU can't restore that; dump again with the "
				"peer in the tree");
	else
		finding_cure(f,
			     "open one end of a new connection as descriptor "
			     "N, and restore with --inherit-fd "
			     "'fd[N]:socket:[%u]'",
			     end->ino);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void say_peer(struct sight *l, const struct image_file *s)
{
	struct finding *f =
		finding_add(l->all, "unix-peer-unknown", FINDING_CAUSE);

	finding_cause(
		f,
		"unix socket %u was connected to %u, outside of the tree, "
		"of which the image says nothing: CRIU can't restore it",
		s->ino, s->peer);
	finding_value(f, "inode", "%u", s->ino);
	finding_cure(f, "dump again with that connection closed, or with its "
			"server in the tree");
}

/* CRIU records the other end of most sockets that it leaves out, not of all. */
static void sight_peers(struct sight *l)
{
	const struct image_contents *c = l->image;
	uint32_t *number = calloc(c->n_files + 1, sizeof(*number));
	size_t n = 0;

	if (!number) {
		l->broken = true;
		return;
	}
	for (size_t i = 0; i < c->n_files; i++)
		if (c->file[i].type == IMAGE_UNIX)
			number[n++] = c->file[i].ino;
	qsort(number, n, sizeof(*number), by_number);
	for (size_t i = 0; i < c->n_files; i++) {
		const struct image_file *s = &c->file[i];

		if (s->type == IMAGE_UNIX && s->peer &&
		    !bsearch(&s->peer, number, n, sizeof(*number), by_number))
			say_peer(l, s);
	}
	free(number);
}

void sight_unix(struct sight *l)
{
	const struct image_contents *c = l->image;

	sight_peers(l);
	for (size_t i = 0; i < c->n_files; i++) {
		const struct image_file *s = &c->file[i];

		if (s->type != IMAGE_UNIX || !s->path)
			continue;
		if (s->outside && s->path_len)
			sight_server(l, s);
		else if (s->outside)
			sight_nameless(l, s);
		else if (is_bound(s) && !*s->path)
			sight_abstract(l, s);
		else if (is_bound(s))
			sight_path(l, s);
	}
}
