/* SPDX-License-Identifier: MIT */
#include "explain/still.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/sight.h"

static const char *find_option(char *const *list, const char *start)
{
	size_t len = strlen(start);

	for (; list && *list; list++) {
		const char *rest = *list + strlen("--");

		if (!strncmp(rest, start, len) &&
		    (!rest[len] || rest[len] == '=' || start[len - 1] == ']'))
			return *list;
	}
	return NULL;
}

bool sight_has(const struct sight *l, const char *option)
{
	return find_option(l->how->given, option) ||
	       find_option(l->how->known, option);
}

const char *sight_value(const struct sight *l, const char *name)
{
	const char *found = find_option(l->how->given, name);

	if (!found)
		found = find_option(l->how->known, name);
	found = found ? strchr(found, '=') : NULL;
	return found ? found + 1 : NULL;
}

static void want_command(struct sight *l, const struct finding *f)
{
	size_t *grown;

	if (!f)
		return;
	grown = reallocarray(l->command, l->n_commands + 1, sizeof(*grown));
	if (!grown) {
		l->broken = true;
		return;
	}
	l->command = grown;
	l->command[l->n_commands++] = (size_t)(f - l->all->list);
}

void sight_need(struct sight *l, const struct finding *f, const char *fmt, ...)
{
	char *option, **grown;
	va_list ap;
	int n;

	want_command(l, f);
	if (!fmt)
		return;
	va_start(ap, fmt);
	n = vasprintf(&option, fmt, ap);
	va_end(ap);
	if (n < 0) {
		l->broken = true;
		return;
	}
	for (size_t i = 0; i < l->n_needs; i++)
		if (!strcmp(l->need[i], option)) {
			free(option);
			return;
		}
	grown = reallocarray(l->need, l->n_needs + 1, sizeof(*grown));
	if (!grown) {
		free(option);
		l->broken = true;
		return;
	}
	l->need = grown;
	l->need[l->n_needs++] = option;
}

/* The restore that cures: with all that was given and all that is needed. */
static void make_commands(struct sight *l)
{
	static const char script[] =
		"mkdir -p /run/criu-ns.root && "
		"mount --rbind / /run/criu-ns.root && exec \"$@\"";
	char *const *given = l->how->given;
	const char **base;
	size_t n = 0, room = l->n_needs + 16;
	bool root = l->own_root && !sight_has(l, "root");

	for (size_t i = 0; given && given[i]; i++)
		room++;
	base = calloc(room, sizeof(*base));
	if (!base) {
		l->broken = true;
		return;
	}
	if (root) {
		const char *const first[] = {"unshare", "-m",	"sh",
					     "-c",	script, "sh"};

		memcpy(base, first, sizeof(first));
		n = sizeof(first) / sizeof(*first);
	}
	base[n++] = l->how->program ? l->how->program : "criu-ns";
	base[n++] = "restore";
	base[n++] = "-D";
	base[n++] = l->how->dir;
	for (size_t i = 0; given && given[i]; i++)
		base[n++] = given[i];
	if (root)
		base[n++] = "--root=/run/criu-ns.root";
	for (size_t i = 0; i < l->n_needs; i++)
		base[n++] = l->need[i];
	for (size_t i = 0; i < l->n_commands; i++)
		finding_command(&l->all->list[l->command[i]], base, 0);
	free(base);
}

static void sight_damage(struct sight *l, const struct image_problem *problem,
			 int err)
{
	const char *id = err == -ENOENT	   ? "image-incomplete"
			 : err == -ENOTSUP ? "image-unknown-version"
					   : "image-damaged";
	struct finding *f = finding_add(l->all, id, FINDING_CAUSE);

	finding_cause(f, "%s%s%s", problem->file, *problem->file ? " " : "",
		      problem->text);
	finding_value(f, "file", "%s", problem->file);
	if (err == -ENOTSUP)
		finding_cure(f, "use a CRIU that knows these images, or leave "
				"it to CRIU with --no-image-check");
	else
		finding_cure(f, "copy the image again from where it was made; "
				"if it is like that there, too, the dump was "
				"not completed or went bad");
}

static void sight_namespaces(struct sight *l)
{
	const struct image_tree *tree = &l->image->tree;
	struct finding *f;

	if (tree->task[0].pid == 1 && !(tree->namespaces & CLONE_NEWPID)) {
		f = finding_add(l->all, "root-is-pid-1", FINDING_CAUSE);
		finding_cause(f, "the root of the tree was PID 1 of a pid "
				 "namespace that was not dumped with it, and "
				 "PID 1 is the one number that is never free");
		finding_cure(f, "dump it again, from outside of that namespace:"
				" criu-ns dump -t PID with the PID as seen "
				"there");
	}
	if (tree->namespaces & CLONE_NEWNS && !sight_has(l, "root")) {
		f = finding_add(l->all, "mount-namespace", FINDING_CAUSE);
		finding_cause(f, "the image holds a mount namespace, which "
				 "needs a root directory to be built on");
		finding_cure(f, "give it a recursive bind mount of the root "
				"file system");
		sight_need(l, f, NULL);
	}
	if (tree->lazy && !sight_has(l, "lazy-pages")) {
		f = finding_add(l->all, "pages-elsewhere", FINDING_CAUSE);
		finding_cause(f, "some of the memory is in no file: it was "
				 "dumped with --lazy-pages, and stayed with "
				 "the criu that dumped it");
		finding_cure(f, "while that criu runs, start criu-ns "
				"lazy-pages beside it, and restore with "
				"--lazy-pages; else the dump is lost");
	}
}

/* CRIU's numbers for security modules. */
static bool module_is_here(uint32_t lsm)
{
	char answer = 'N';
	int fd;

	if (lsm == 1)
		return !access("/sys/fs/selinux/enforce", F_OK);
	fd = open("/sys/module/apparmor/parameters/enabled",
		  O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, &answer, 1) < 0)
		answer = 'N';
	close(fd);
	return answer == 'Y';
}

static void sight_security(struct sight *l)
{
	const struct image_contents *c = l->image;
	const char *module = c->lsm == 1 ? "SELinux" : "AppArmor";
	struct finding *f;

	if (!c->lsm || module_is_here(c->lsm))
		return;
	for (size_t i = 0; i < c->tree.n_tasks; i++) {
		if (!c->process[i].lsm)
			continue;
		f = finding_add(l->all, "security-module", FINDING_CAUSE);
		finding_cause(f,
			      "process %d has the %s profile '%s', and this "
			      "kernel runs without %s",
			      c->tree.task[i].pid, module, c->process[i].lsm,
			      module);
		finding_value(f, "profile", "%s", c->process[i].lsm);
		finding_cure(f, "restore it on a host with %s", module);
		return;
	}
}

/* Causes first; each weight in the order in which they were found. */
static void sort(struct findings *all, size_t from)
{
	for (size_t i = from + 1; i < all->n; i++)
		for (size_t j = i;
		     j > from && all->list[j].weight < all->list[j - 1].weight;
		     j--) {
			struct finding f = all->list[j];

			all->list[j] = all->list[j - 1];
			all->list[j - 1] = f;
		}
}

static void sight_all(struct sight *l)
{
	if (l->how->rewinds)
		sight_need(l, NULL, "--rewind-files");
	sight_namespaces(l);
	sight_security(l);
	sight_outside(l);
	sight_files(l);
	if (!l->own_net) {
		sight_inet(l);
		sight_unix(l);
	}
	make_commands(l);
}

static int open_root(struct sight *l)
{
	const char *root = sight_value(l, "root");

	l->own_root = l->image->tree.namespaces & CLONE_NEWNS;
	l->own_net = l->image->tree.namespaces & CLONE_NEWNET;
	l->root = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return l->root < 0 ? -errno : 0;
}

int explain_image(struct findings *all, int dir, const struct still *how)
{
	struct image_problem problem;
	struct image_contents contents;
	struct image_tree tree = {0};
	struct sight l = {.all = all, .image = &contents, .how = how};
	size_t from = all->n;
	int damage = image_read(dir, &tree, &problem);
	int err = image_contents_read(dir, &contents, false);

	if (damage)
		sight_damage(&l, &problem, damage);
	for (size_t i = 0; i < contents.n_problems; i++)
		if (!damage ||
		    strcmp(contents.problem[i].file, problem.file) != 0)
			sight_damage(&l, &contents.problem[i], -EBADMSG);
	/* What only the strict reader fills in. */
	contents.tree.namespaces = tree.namespaces;
	contents.tree.lazy = tree.lazy;
	contents.tree.terminal = tree.terminal;
	image_free(&tree);
	if (err != -ENOMEM)
		err = open_root(&l);
	/* Of a damaged image it isn't known which of its worlds it brings. */
	if (!err && !damage)
		sight_all(&l);
	if (!err)
		close(l.root);
	sort(all, from);
	for (size_t i = 0; i < l.n_needs; i++)
		free(l.need[i]);
	free(l.need);
	free(l.command);
	image_contents_free(&contents);
	return err ? err : l.broken || all->broken ? -ENOMEM : 0;
}
