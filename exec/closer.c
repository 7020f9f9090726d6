/* SPDX-License-Identifier: MIT */
#include "exec/closer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "exec/check_image.h"
#include "exec/preview.h"
#include "explain/still.h"
#include "ns/process.h"

/*
 * A process that can't be seized: its status says why.  The number in the log
 * is of the namespace that criu stood in; it is looked up for the root of the
 * tree only, whose number here is known.
 */
static void look_at_tracer(struct finding *found, const struct failure *f)
{
	struct ns_process p, tracer;

	if (f->pid <= 0 || ns_process_read(f->pid, &p) < 0)
		return;
	if (p.tracer && !ns_process_read(p.tracer, &tracer)) {
		finding_value(found, "tracer", "%d", p.tracer);
		finding_cause(found, "process %d is traced by %s (PID %d)",
			      f->pid, tracer.name, p.tracer);
		finding_cure(found, "end that tracer first (kill %d)",
			     p.tracer);
	} else if (p.state == 'Z') {
		finding_cause(found,
			      "process %d is a zombie: it has ended, and its "
			      "parent has not asked for its status yet",
			      f->pid);
		finding_cure(found, "there is nothing left to be dumped");
	} else {
		return;
	}
	finding_no_command(found);
}

static const struct {
	const char *id;
	void (*look)(struct finding *found, const struct failure *f);
} eye[] = {
	{"ptrace-refused", look_at_tracer},
	{"not-freezable", look_at_tracer},
};

/* What a cause in the log of a dump is about: the beginning of its id. */
static const struct {
	const char *id;
	unsigned int parts; /* LIVE_* */
} part[] = {
	{"descriptors-refused", LIVE_FILES},
	{"epoll-target", LIVE_FILES},
	{"external-file", LIVE_FILES},
	{"external-mount", LIVE_MOUNTS},
	{"file-lock", LIVE_LOCKS},
	{"file-system-unsupported", LIVE_MOUNTS},
	{"file-type", LIVE_FILES},
	{"ghost-too-large", LIVE_FILES | LIVE_MAPPINGS},
	{"io-uring", LIVE_FILES | LIVE_MAPPINGS},
	{"link-remap", LIVE_FILES | LIVE_MAPPINGS},
	{"mapping-", LIVE_MAPPINGS},
	{"mount-lookup", LIVE_FILES | LIVE_MAPPINGS},
	{"nested-namespace", LIVE_NAMESPACES},
	{"netlink-data", LIVE_INTERNET},
	{"overmounted-", LIVE_FILES},
	{"perf-event", LIVE_FILES},
	{"session-", LIVE_TASKS},
	{"socket-", LIVE_INTERNET | LIVE_UNIX},
	{"sysv-shm", LIVE_NAMESPACES | LIVE_MAPPINGS},
	{"tcp-", LIVE_INTERNET},
	{"terminal-", LIVE_TERMINALS},
	{"time-namespace", LIVE_NAMESPACES},
	{"unix-", LIVE_UNIX},
	{"unreachable-sharing", LIVE_MOUNTS},
};

/* And in that of a restore: what the images may know more about. */
static const char *const image[] = {
	"address-missing", "external-", "file-",     "image-",
	"link-remap",	   "lsm-",	"mount-",    "port-taken",
	"root-missing",	   "tcp-",	"terminal-", "unix-",
};

static bool begins(const char *id, const char *start)
{
	return !strncmp(id, start, strlen(start));
}

/* Losses are no reasons for a failure. */
static bool has_cause(const struct findings *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->list[i].weight == FINDING_CAUSE)
			return true;
	return false;
}

/* As it was typed: criu's own has descriptors in the place of paths. */
static int parse_typed(const struct failure *f, struct argv *ret)
{
	char why[ARGV_WHY];

	*ret = (struct argv){0};
	if (!f->argv->typed)
		return -ENOENT;
	return argv_parse(ret, f->argv->n_typed, f->argv->typed, why);
}

static void look_at_tree(const struct failure *f, unsigned int parts,
			 struct findings *ret)
{
	struct argv typed;

	if (parse_typed(f, &typed) == 0 && typed.action &&
	    !strcmp(typed.action, f->argv->action))
		preview_explain(&typed, f->target, f->criu, parts, ret);
	argv_free(&typed);
}

static void look_at_image(const struct failure *f, struct findings *ret)
{
	const char *dir;
	struct argv typed;
	char **given, **known;

	if (parse_typed(f, &typed) == 0 && typed.action &&
	    !strcmp(typed.action, "restore")) {
		dir = argv_last(&typed, OPT_IMAGES_DIR);
		given = check_image_words(&typed);
		known = check_image_words(f->argv);
		if (given && known)
			explain_image(
				ret, f->images,
				&(struct still){.program = *typed.typed,
						.dir = dir ? dir : ".",
						.given = given + 1,
						.known = known + 1,
						.rewinds = argv_flag(
							&typed, OPT_REWIND)});
		argv_build_free(given);
		argv_build_free(known);
	}
	argv_free(&typed);
}

static void look(const struct failure *f, const char *id, struct findings *ret)
{
	size_t i;

	for (i = 0; f->target && i < sizeof(part) / sizeof(*part); i++)
		if (begins(id, part[i].id)) {
			look_at_tree(f, part[i].parts, ret);
			return;
		}
	if (f->target || f->images < 0)
		return;
	for (i = 0; i < sizeof(image) / sizeof(*image); i++)
		if (begins(id, image[i])) {
			look_at_image(f, ret);
			return;
		}
}

/*
 * The log has the first thing that criu stumbled over.  The tree and the image
 * are there: all that is of its kind, with names and numbers.
 */
static void widen(struct findings *all, const struct failure *f)
{
	struct findings more = {0};
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->list[i].weight == FINDING_CAUSE)
			break;
	if (i == all->n)
		return;
	look(f, all->list[i].id, &more);
	if (has_cause(&more))
		finding_replace(all, i, &more);
	finding_free(&more);
}

void closer_look(struct findings *all, const struct failure *f)
{
	size_t i, j;

	for (i = 0; i < all->n; i++)
		for (j = 0; j < sizeof(eye) / sizeof(*eye); j++)
			if (!strcmp(all->list[i].id, eye[j].id))
				eye[j].look(&all->list[i], f);
	widen(all, f);
}
