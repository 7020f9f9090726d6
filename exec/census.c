/* SPDX-License-Identifier: MIT */
#include "exec/census.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/init.h"
#include "exec/leader.h"
#include "ns/life.h"
#include "ns/memory.h"
#include "ns/process.h"
#include "ns/stat.h"

struct people {
	struct ns_stat *list; /* by number */
	size_t *tree;	      /* where each belongs, or NOWHERE */
	size_t n, room;
	bool no_memory;
};

#define NOWHERE SIZE_MAX

static int add(const struct ns_stat *p, void *data)
{
	struct people *all = data;
	struct ns_stat *grown;

	if (all->n == all->room) {
		all->room = all->room ? 2 * all->room : 256;
		grown = reallocarray(all->list, all->room, sizeof(*grown));
		all->no_memory = !grown;
		if (!grown)
			return 1;
		all->list = grown;
	}
	all->list[all->n++] = *p;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct ns_stat *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int find_inits(struct people *all, struct census *ret)
{
	struct census_tree *grown;
	size_t i;

	for (i = 0; i < all->n; i++) {
		const struct ns_stat *p = &all->list[i];
		struct census_tree tree = {.init = p->pid};

		all->tree[i] = NOWHERE;
		if (strcmp(p->name, INIT_TITLE) != 0 ||
		    title_read(p->pid, &tree.title) < 0)
			continue;
		tree.since = ns_stat_since(p);
		grown = reallocarray(ret->list, ret->n + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		ret->list = grown;
		all->tree[i] = ret->n;
		ret->list[ret->n++] = tree;
	}
	return 0;
}

static struct ns_stat *parent(const struct people *all, const struct ns_stat *p)
{
	struct ns_stat key = {.pid = p->ppid};

	return bsearch(&key, all->list, all->n, sizeof(key), compare);
}

/* Numbers that were used again meanwhile could make it a circle. */
static size_t nearest(const struct people *all, const struct ns_stat *p)
{
	size_t steps = all->n, tree = NOWHERE;

	while (steps-- && tree == NOWHERE && (p = parent(all, p)))
		tree = all->tree[p - all->list];
	return tree;
}

/* The kernel keeps 15 characters of such a name. */
static bool is_helper(const struct ns_stat *p, pid_t init)
{
	return p->ppid == init &&
	       (!strncmp(p->name, LEADER_TITLE, 15) || ns_is_holder(p->pid));
}

static void count(struct census_tree *tree, const struct ns_stat *p,
		  const struct ns_stat **oldest)
{
	bool is_root =
		!tree->root && title_names(&tree->title, tree->init, p->pid);

	if (is_root)
		tree->root = p->pid;
	else if (is_helper(p, tree->init))
		return;
	tree->n_processes++;
	if (is_root || !*oldest || (!tree->root && p->start < (*oldest)->start))
		*oldest = p;
}

static void measure(struct census_tree *tree, const struct people *all,
		    size_t at)
{
	int64_t pss, rss, sum_rss = 0, sum_pss = 0;

	for (size_t i = 0; i < all->n; i++) {
		if (all->tree[i] != at || all->list[i].pid == tree->init ||
		    (all->list[i].pid != tree->root &&
		     is_helper(&all->list[i], tree->init)))
			continue;
		rss = ns_memory_rss(all->list[i].pid);
		pss = ns_memory_pss(all->list[i].pid);
		sum_rss += rss > 0 ? rss : 0;
		sum_pss += pss > 0 ? pss : 0;
		/* A zombie has neither, and who has ended is no matter. */
		tree->shared_twice |= rss > 0 && pss < 0 && pss != -ESRCH;
	}
	tree->memory = (uint64_t)(tree->shared_twice ? sum_rss : sum_pss);
}

static char *command(const struct ns_stat *p)
{
	char text[4096], *ret;

	if (ns_process_title(p->pid, text, sizeof(text)) < 0 || !*text)
		snprintf(text, sizeof(text), "[%s]", p->name);
	ret = strdup(text);
	return ret;
}

/* Returns 1 when it is one to be told of, 0, or -errno. */
static int describe(struct census_tree *tree, const struct people *all,
		    size_t at, int64_t uid)
{
	const struct ns_stat *first = NULL;

	for (size_t i = 0; i < all->n; i++)
		if (all->tree[i] == at && all->list[i].pid != tree->init)
			count(tree, &all->list[i], &first);
	if (!first)
		return 0;
	tree->uid = ns_stat_owner(first->pid);
	if (tree->uid < 0 || (uid >= 0 && tree->uid != uid))
		return 0;
	measure(tree, all, at);
	tree->command = command(first);
	return tree->command ? 1 : -ENOMEM;
}

static int sort_out(struct people *all, int64_t uid, struct census *ret)
{
	size_t i, n = 0;
	int err;

	qsort(all->list, all->n, sizeof(*all->list), compare);
	all->tree = calloc(all->n, sizeof(*all->tree));
	if (!all->tree)
		return -ENOMEM;
	err = find_inits(all, ret);
	for (i = 0; i < all->n && !err && ret->n; i++)
		if (all->tree[i] == NOWHERE)
			all->tree[i] = nearest(all, &all->list[i]);
	for (i = 0; i < ret->n && err >= 0; i++) {
		err = describe(&ret->list[i], all, i, uid);
		if (err > 0)
			ret->list[n++] = ret->list[i];
	}
	ret->n = n;
	return err < 0 ? err : 0;
}

int census_take(int64_t uid, struct census *ret)
{
	struct people all = {0};
	int err;

	*ret = (struct census){0};
	err = ns_stat_walk(add, NULL, &all);
	if (all.no_memory)
		err = -ENOMEM;
	if (!err && all.n)
		err = sort_out(&all, uid, ret);
	free(all.tree);
	free(all.list);
	if (err)
		census_free(ret);
	return err;
}

void census_free(struct census *all)
{
	while (all->n)
		free(all->list[--all->n].command);
	free(all->list);
	*all = (struct census){0};
}
