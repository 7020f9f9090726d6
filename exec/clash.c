/* SPDX-License-Identifier: MIT */
#include "exec/clash.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/message.h"
#include "image/written.h"

/* So many are named. */
#define NAMED 5

typedef bool (*clash_fn)(const struct image_contents *c,
			 const struct image_file *f, char **ret_name);

/* In a file system that came with the image, each copy has its own. */
static bool is_private(const struct image_contents *c,
		       const struct image_file *f)
{
	size_t i;

	if (!(c->tree.namespaces & CLONE_NEWNS))
		return false;
	for (i = 0; i < c->n_mounts; i++)
		if (c->mount[i].id == f->mount)
			return !c->mount[i].external &&
			       !strcmp(c->mount[i].filesystem, "tmpfs");
	return false;
}

static bool is_written(const struct image_contents *c,
		       const struct image_file *f, char **ret_name)
{
	if (!image_written_open(f) || !f->known || !f->path ||
	    f->remap == REMAP_GHOST || f->remap == REMAP_PROC ||
	    !strncmp(f->path, "/proc/", 6) || is_private(c, f))
		return false;
	if (f->has_mode ? !S_ISREG(f->mode) : !strncmp(f->path, "/dev/", 5))
		return false;
	*ret_name = strdup(f->path);
	return true;
}

/* Two can't have the address, unless both say that they may. */
static bool is_bound(const struct image_contents *c, const struct image_file *f,
		     char **ret_name)
{
	(void)c;
	if (f->type != IMAGE_INET || !f->port || f->shares_port ||
	    (f->protocol == IPPROTO_TCP && f->state != IMAGE_LISTENING))
		return false;
	if (asprintf(ret_name, "%s port %u",
		     f->protocol == IPPROTO_TCP	  ? "TCP"
		     : f->protocol == IPPROTO_UDP ? "UDP"
						  : "protocol",
		     f->port) < 0)
		*ret_name = NULL;
	return true;
}

static bool is_connection(const struct image_contents *c,
			  const struct image_file *f, char **ret_name)
{
	(void)c;
	if (f->type != IMAGE_INET || f->protocol != IPPROTO_TCP ||
	    f->state == IMAGE_LISTENING || f->state == IMAGE_CLOSED)
		return false;
	if (asprintf(ret_name, "from port %u to port %u", f->port,
		     f->peer_port) < 0)
		*ret_name = NULL;
	return true;
}

static bool is_abstract(const struct image_contents *c,
			const struct image_file *f, char **ret_name)
{
	(void)c;
	if (f->type != IMAGE_UNIX || !f->path || f->path_len < 2 || f->path[0])
		return false;
	if (asprintf(ret_name, "@%.*s", (int)f->path_len - 1, f->path + 1) < 0)
		*ret_name = NULL;
	return true;
}

static bool is_named(const struct image_contents *c, const struct image_file *f,
		     char **ret_name)
{
	(void)c;
	if (f->type != IMAGE_UNIX || !f->path || !f->path_len || !f->path[0] ||
	    f->deleted || f->outside)
		return false;
	if (asprintf(ret_name, "%s%s%.*s",
		     f->path[0] != '/' && f->path_dir ? f->path_dir : "",
		     f->path[0] != '/' && f->path_dir ? "/" : "",
		     (int)f->path_len, f->path) < 0)
		*ret_name = NULL;
	return true;
}

/* What is printed once is not printed again: a file may be open often. */
static bool is_new(const char *list, size_t len, const char *name)
{
	const char *at = len ? list : NULL;
	size_t n = strlen(name);

	while (at && (at = strstr(at, name))) {
		if ((at == list || at[-1] == ' ') && (!at[n] || at[n] == ','))
			return false;
		at++;
	}
	return true;
}

/* Returns whether there is any; the caller frees the list of names. */
static bool find(const struct image_contents *c, clash_fn is, char **ret_list)
{
	size_t i, size = 0, named = 0, more = 0;
	FILE *out = open_memstream(ret_list, &size);
	char *name;

	if (!out)
		return false;
	for (i = 0; i < c->n_files; i++) {
		name = NULL;
		if (!is(c, &c->file[i], &name))
			continue;
		fflush(out);
		if (!name || !is_new(*ret_list, size, name)) {
			free(name);
			continue;
		}
		if (named == NAMED)
			more++;
		else
			fprintf(out, "%s%s", named++ ? ", " : "", name);
		free(name);
	}
	if (more)
		fprintf(out, " and %zu more", more);
	/* Without memory nothing was found. */
	return fclose(out) == 0 && named;
}

/* criu gives deleted files a name again for a moment: the same in each copy. */
static bool has_deleted(const struct image_contents *c)
{
	size_t i;

	for (i = 0; i < c->n_files; i++)
		if (c->file[i].remap == REMAP_GHOST ||
		    c->file[i].remap == REMAP_LINK ||
		    (c->file[i].type == IMAGE_UNIX && c->file[i].deleted))
			return true;
	return false;
}

static int refuse(const struct image_contents *c, clash_fn is, unsigned int n,
		  const char *what, const char *cure)
{
	char *list = NULL;
	int status = 0;

	if (find(c, is, &list))
		status = message_fail("%u copies %s: %s (%s)", n, what, list,
				      cure);
	free(list);
	return status;
}

int clash_check(const struct image_contents *image, const struct clash_how *how,
		bool *ret_in_turn)
{
	bool own_net = how->own_net || image->tree.namespaces & CLONE_NEWNET;
	char *list = NULL;
	int status = 0;

	if (!how->share_files)
		status = refuse(image, is_written, how->n,
				"would write to the same files",
				"--shared-files=allow lets them");
	if (!status && !own_net)
		status = refuse(image, is_bound, how->n, "can't all have",
				"--unshare net gives each a network of its "
				"own");
	if (!status && !own_net)
		status = refuse(image, is_abstract, how->n,
				"can't all have the abstract unix socket",
				"--unshare net gives each a network of its "
				"own");
	if (!status && !own_net && !how->tcp_close && !image->tcp_close)
		status = refuse(image, is_connection, how->n,
				"can't all have the TCP connection",
				"--tcp-close closes it, --unshare net keeps "
				"one whose ends are both in the tree");
	/* Between criu's unlink(2) and bind(2) no other may bind there. */
	*ret_in_turn = !status && find(image, is_named, &list);
	if (*ret_in_turn)
		message("%u copies take the name from one another, one at a "
			"time, and the last one keeps it: %s",
			how->n, list);
	*ret_in_turn |= has_deleted(image);
	free(list);
	return status;
}
