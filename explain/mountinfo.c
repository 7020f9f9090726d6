/* SPDX-License-Identifier: MIT */
#include "explain/mountinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blanks in names are written as \040 and the like. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
		    text[2] >= '0' && text[2] <= '7' && text[3] >= '0' &&
		    text[3] <= '7') {
			*to++ = (char)((text[1] - '0') * 64 +
				       (text[2] - '0') * 8 + (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* The next word of a line; "" where the file has nothing between two blanks. */
static char *word(char **at)
{
	char *w = strsep(at, " ");

	return w ? w : (char *)"";
}

/* "shared:N", "master:N" ... up to the "-" that ends them. */
static bool take_sharing(struct mountinfo_row *r, char **at)
{
	char *w;

	while (*at) {
		w = word(at);
		if (!strcmp(w, "-"))
			return true;
		if (sscanf(w, "shared:%d", &r->shared) == 0)
			(void)sscanf(w, "master:%d", &r->master);
	}
	return false;
}

static int take_line(struct mountinfo_row *r, char *line)
{
	char *at = line;

	r->id = atoi(word(&at));
	r->parent = atoi(word(&at));
	if (sscanf(word(&at), "%u:%u", &r->major, &r->minor) != 2)
		return -EBADMSG;
	r->root = word(&at);
	r->point = word(&at);
	word(&at); /* options of the mount */
	if (!take_sharing(r, &at))
		return -EBADMSG;
	r->type = word(&at);
	r->source = word(&at);
	r->options = word(&at);
	unescape(r->root);
	unescape(r->point);
	unescape(r->source);
	return r->point[0] == '/' ? 0 : -EBADMSG;
}

int mountinfo_parse(char *text, struct mountinfo *ret)
{
	struct mountinfo_row *grown;
	char *line;
	int err;

	*ret = (struct mountinfo){0};
	while ((line = strsep(&text, "\n"))) {
		if (!*line)
			continue;
		grown = realloc(ret->row, (ret->n + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		ret->row = grown;
		grown[ret->n] = (struct mountinfo_row){0};
		err = take_line(&grown[ret->n], line);
		if (err)
			return err;
		ret->n++;
	}
	return 0;
}

void mountinfo_free(struct mountinfo *m)
{
	free(m->row);
	*m = (struct mountinfo){0};
}

const struct mountinfo_row *mountinfo_by_id(const struct mountinfo *m, int id)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->row[i].id == id)
			return &m->row[i];
	return NULL;
}

bool mountinfo_below(const char *inner, const char *outer)
{
	size_t len = strlen(outer);

	if (!strcmp(outer, "/"))
		return true;
	return !strncmp(inner, outer, len) &&
	       (inner[len] == '\0' || inner[len] == '/');
}

const struct mountinfo_row *mountinfo_at(const struct mountinfo *m,
					 const char *path)
{
	const struct mountinfo_row *best = NULL;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (mountinfo_below(path, m->row[i].point) &&
		    !mountinfo_hidden(m, &m->row[i]) &&
		    (!best || strlen(m->row[i].point) >= strlen(best->point)))
			best = &m->row[i];
	return best;
}

/*
 * By a mount on its own mount point, or by a sibling that is mounted over a
 * directory above it; or because that is so of the mount that it is on.
 */
bool mountinfo_hidden(const struct mountinfo *m,
		      const struct mountinfo_row *row)
{
	const struct mountinfo_row *t, *parent;
	size_t i;

	for (i = 0; i < m->n; i++) {
		t = &m->row[i];
		if (t == row || t->id == t->parent)
			continue;
		if (t->parent == row->id && !strcmp(t->point, row->point))
			return true;
		if (t->parent == row->parent && row->id != row->parent &&
		    mountinfo_below(row->point, t->point) &&
		    strcmp(t->point, row->point) != 0)
			return true;
	}
	parent =
		row->parent == row->id ? NULL : mountinfo_by_id(m, row->parent);
	/* Mounted on the very root of a mount, it is what hides that one. */
	return parent && strcmp(parent->point, row->point) != 0 &&
	       mountinfo_hidden(m, parent);
}
