/* SPDX-License-Identifier: MIT */
#include "exec/copies.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/clash.h"
#include "exec/copy.h"
#include "exec/crowd.h"
#include "exec/message.h"
#include "exec/restore.h"
#include "image/contents.h"

int copies_read(struct copies *ret, struct argv *a)
{
	unsigned int index = 0;
	int status;

	*ret = (struct copies){0};
	status = copy_count(a, OPT_COPIES, &ret->n);
	if (!status)
		status = copy_count(a, OPT_COPY_INDEX, &index);
	if (!status)
		status = copy_count(a, OPT_JOBS, &ret->jobs);
	if (!status)
		status = before_word(a, OPT_SHARED_FILES, "allow");
	if (status)
		return status;
	ret->share_files = argv_flag(a, OPT_SHARED_FILES);
	if (ret->n && index)
		return message_fail("--copies and --copy-index can't be used "
				    "together");
	if (!ret->n && ret->jobs)
		return message_fail("--jobs needs --copies");
	if (!ret->n && !index && ret->share_files)
		return message_fail("--shared-files needs --copies");
	return index && copy_name(a, index) ? message_fail("no memory") : 0;
}

static const char *single_reason(enum option_id id)
{
	switch (id) {
	case OPT_SHELL_JOB:
		return ": a terminal is for one job";
	case OPT_AUTO_DEDUP:
		return ": it takes out of the image what one has restored";
	default:
		return "";
	}
}

/* Options that can be had for one tree only. */
static int check_single(const struct argv *a)
{
	static const enum option_id single[] = {
		OPT_SHELL_JOB, OPT_REDUMP,     OPT_REWIND,     OPT_EXEC_CMD,
		OPT_STREAM,    OPT_LAZY_PAGES, OPT_AUTO_DEDUP,
	};
	const struct argv_option *o;
	size_t i;

	for (o = a->option; o < a->option + a->n_options; o++)
		for (i = 0; i < sizeof(single) / sizeof(*single); i++)
			if (o->row->id == single[i] && !o->negated)
				return message_fail(
					"--copies and --%s can't be used "
					"together%s",
					o->row->name,
					single_reason(o->row->id));
	return 0;
}

/* Each copy needs a file of its own: in a directory of its own will do. */
static int check_file(const struct argv *a, enum option_id id, const char *name)
{
	const char *path = argv_last(a, id);

	if (!path || copy_differs(a, id) ||
	    (*path != '/' && copy_differs(a, OPT_WORK_DIR)))
		return 0;
	return message_fail("all copies would write to one --%s, '%s': put %%i "
			    "into it, the number of the copy (--%s '%s.%%i')",
			    name, path, name, path);
}

static int check_usage(const struct copies *c, const struct argv *a)
{
	int status = check_single(a);

	if (!status && c->n > 1)
		status = check_file(a, OPT_PIDFILE, "pidfile");
	if (!status && c->n > 1)
		status = check_file(a, OPT_LOG_FILE, "log-file");
	return status;
}

static bool joins_net(const struct argv *a)
{
	const struct argv_option *o;

	for (o = a->option; o < a->option + a->n_options; o++)
		if (o->row->id == OPT_JOIN_NS &&
		    !strncmp(o->value, "net:", 4) && strstr(o->value, "%i"))
			return true;
	return false;
}

static int look(struct copies *c, const struct restore *r, uint64_t *ret_memory)
{
	const struct argv *a = r->argv;
	struct clash_how how = {
		.n = c->n,
		.own_net = r->plan.unshare.flags & CLONE_NEWNET || joins_net(a),
		.tcp_close = argv_flag(a, OPT_TCP_CLOSE),
		.share_files = c->share_files,
	};
	struct image_contents image = {0};
	bool in_turn = false;
	int dir, status;
	size_t i;

	status = before_directory(r->images ? r->images : ".", "image", &dir);
	if (status)
		return status;
	/* What can't be read criu will fail with. */
	image_contents_read(dir, &image, false);
	close(dir);
	if (c->n > 1)
		status = clash_check(&image, &how, &in_turn);
	if (in_turn)
		c->jobs = 1;
	*ret_memory = 0;
	for (i = 0; i < image.tree.n_tasks; i++)
		if (image.process[i].shares_memory == i)
			*ret_memory += image.process[i].memory +
				       image.process[i].parent_memory;
	image_contents_free(&image);
	return status;
}

/* proc(5); 0 when that is not known. */
static uint64_t free_memory(void)
{
	unsigned long long kb, available = 0, swap = 0;
	char line[128];
	FILE *in = fopen("/proc/meminfo", "re");

	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "MemAvailable: %llu", &kb) == 1)
			available = kb;
		else if (sscanf(line, "SwapFree: %llu", &kb) == 1)
			swap = kb;
	}
	if (in)
		fclose(in);
	return available ? (available + swap) * 1024 : 0;
}

#define MB(bytes) ((unsigned long long)((bytes) >> 20))

static void choose_jobs(struct copies *c, uint64_t memory)
{
	uint64_t room = free_memory();
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (memory && room && room / memory < c->n)
		message("%u copies need %llu MB, %llu MB each, and %llu MB of "
			"memory are free: it is enough for %llu of them",
			c->n, MB(memory * c->n), MB(memory), MB(room),
			(unsigned long long)(room / memory));
	if (c->jobs)
		return;
	c->jobs = cpus > 0 ? (unsigned int)cpus : 1;
	if (memory && room && room / memory < c->jobs)
		c->jobs = room > memory ? (unsigned int)(room / memory) : 1;
}

int copies_run(struct copies *c, struct restore *r)
{
	uint64_t memory = 0;
	int status;

	status = check_usage(c, r->argv);
	if (!status)
		status = restore_look(r);
	if (!status)
		status = look(c, r, &memory);
	if (status)
		return status;
	choose_jobs(c, memory);
	return crowd_run(r, c->n, c->jobs);
}
