/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/check_image.h"
#include "exec/copies.h"
#include "exec/restore.h"
#include "exec/merge.h"
#include "exec/message.h"
#include "exec/record.h"
#include "exec/rewind.h"
#include "exec/series.h"
#include "image/contents.h"
#include "ns/ns.h"

/* How many numbers criu and its helpers may take before the tree is there. */
#define CRIU_PIDS 1024

static char **criu_argv(struct restore *r, char *why)
{
	/* What follows the action is --exec-cmd's command: init runs it. */
	char *nothing[] = {NULL};
	struct argv *a = r->argv, criu;
	int err;

	if (r->carrier) {
		if (world_keep_proc(&r->world, a, why) < 0)
			return NULL;
		snprintf(why, ARGV_WHY, "%s", strerror(ENOMEM));
		return carrier_criu_argv(r->criu.path);
	}
	argv_drop(a, OPT_DETACH);
	argv_drop(a, OPT_PIDFILE);
	argv_drop(a, OPT_EXEC_CMD);
	err = argv_append(a, "restore-detached", false, NULL);
	if (!err && r->tree.pdeath_sig && !r->plan.nested)
		/* The root must not see its parent die: be init's child. */
		err = argv_append(a, "restore-sibling", false, NULL);
	if (err) {
		snprintf(why, ARGV_WHY, "%s", strerror(-err));
		return NULL;
	}
	/* It has said why. */
	*why = '\0';
	if (capture_open(&r->log, a, PHASE_RESTORE))
		return NULL;
	if (world_keep_proc(&r->world, a, why) < 0)
		return NULL;
	criu = *a;
	criu.operand = nothing;
	criu.n_operands = 0;
	snprintf(why, ARGV_WHY, "%s", strerror(ENOMEM));
	return argv_build(&criu, r->criu.path);
}

static int prepare_pidfile(struct restore *r)
{
	const char *path = argv_last(r->argv, OPT_PIDFILE);
	const char *base = argv_last(r->argv, OPT_WORK_DIR);
	int err;

	if (!base)
		base = argv_last(r->argv, OPT_IMAGES_DIR);
	err = pidfile_prepare(&r->pidfile, path, base);
	if (!err)
		return 0;
	return message_fail("cannot write pidfile '%s'%s%s%s: %s%s", path,
			    base ? " in '" : "", base ? base : "",
			    base ? "'" : "", strerror(-err),
			    err == -EEXIST ? " and is no regular file" : "");
}

static int check_work_dir(const struct argv *a)
{
	const char *path = argv_last(a, OPT_WORK_DIR);
	int fd, status;

	if (!path)
		return 0;
	status = before_directory(path, "work", &fd);
	if (!status)
		close(fd);
	return status;
}

static int check_usage(const struct argv *a)
{
	bool command = argv_flag(a, OPT_EXEC_CMD);

	if (argv_flag(a, OPT_SIBLING))
		return message_fail("--restore-sibling can't be had here: the "
				    "tree would have to be a child of the "
				    "caller, which lives in another pid "
				    "namespace (leave it out)");
	if (command && a->n_operands == 0)
		return message_fail("--exec-cmd needs a command (restore "
				    "--exec-cmd -- COMMAND)");
	if (command && argv_flag(a, OPT_DETACH))
		return message_fail("--exec-cmd and --restore-detached can't "
				    "be used together");
	if (command && argv_flag(a, OPT_SHELL_JOB))
		return message_fail("--exec-cmd and --shell-job can't be used "
				    "together here: the parent of a shell job "
				    "is the leader of its session");
	if (argv_flag(a, OPT_REWIND) && argv_flag(a, OPT_STREAM))
		return message_fail("--rewind-files and --stream can't be used "
				    "together: the images are not there to be "
				    "read");
	if (!command && a->n_operands)
		return message_fail("'%s' is one word too many for restore",
				    a->operand[0]);
	return 0;
}

static void prepare_kerndat(struct restore *r)
{
	const struct init_plan *p = &r->plan;

	if (argv_flag(r->argv, OPT_KERNDAT))
		return;
	kerndat_prepare(&r->kerndat, &r->criu, p->argv, p->images, p->work_dir);
	r->plan.kerndat = &r->kerndat;
}

/* Of a series of images, the newest that is complete. */
static int choose_image(struct argv *a)
{
	const char *pattern = argv_last(a, OPT_IMAGES_DIR);
	char path[PATH_MAX];
	int err;

	if (!pattern || !series_is(pattern))
		return 0;
	err = series_newest(pattern, path);
	if (err == -ENOENT)
		return message_fail("cannot restore '%s': there is no complete "
				    "image",
				    pattern);
	if (!err)
		err = argv_append(a, "images-dir", false, path);
	return err ? message_fail("cannot look for images '%s': %s", pattern,
				  strerror(-err))
		   : 0;
}

static const char *images_of(const struct argv *a)
{
	const char *images = argv_last(a, OPT_IMAGES_DIR);

	return images ? images : ".";
}

int restore_options(struct restore *r)
{
	struct argv *a = r->argv;
	int status = choose_image(a);

	if (!status)
		status = before_record(images_of(a), a);
	if (!status)
		status = check_usage(a);
	if (!status)
		status = unshare_read(a, &r->plan.unshare);
	r->detached = argv_flag(a, OPT_DETACH);
	return status;
}

int restore_prepare(struct restore *r)
{
	struct argv *a = r->argv;
	int status = redump_prepare(&r->redump, a);

	if (!status && argv_last(a, OPT_PIDFILE))
		status = prepare_pidfile(r);
	return status ? status : check_work_dir(a);
}

int restore_look(struct restore *r)
{
	struct argv *a = r->argv;
	int status = before_privileges();

	if (!status)
		status = before_criu(&r->criu, a);
	if (!status)
		status = before_image(images_of(a), a, &r->tree);
	if (!status)
		r->images = realpath(images_of(a), NULL);
	return status;
}

/* --- Pipes of the caller ---------------------------------------------------
 */

/* Whether nothing in the tree has the other end of a pipe. */
static bool leads_outside(const struct image_contents *c,
			  const struct image_file *pipe)
{
	size_t i;

	for (i = 0; i < c->n_files; i++)
		if (c->file[i].type == IMAGE_PIPE &&
		    c->file[i].pipe == pipe->pipe &&
		    (c->file[i].flags & O_ACCMODE) != (pipe->flags & O_ACCMODE))
			return false;
	return true;
}

static int inherit_pipe(struct restore *r, struct stdio_fd *f, uint32_t pipe)
{
	char text[64];
	int err = 0;

	if (f->kind != STDIO_PIPE && argv_flag(r->argv, OPT_DETACH))
		return message_fail("cannot restore '%s': its descriptor %d "
				    "was a pipe to the outside, and with -d "
				    "nobody would carry what goes through it",
				    r->images, f->number);
	if (f->kind != STDIO_PIPE)
		err = stdio_pipe(f);
	snprintf(text, sizeof(text), "fd[%d]:pipe:[%u]",
		 f->inside >= 0 ? f->inside : f->number, pipe);
	if (!err)
		err = argv_append(r->argv, "inherit-fd", false, text);
	return err ? message_fail("cannot make a pipe: %s", strerror(-err)) : 0;
}

static int inherit_all(struct restore *r, const struct image_contents *c)
{
	const struct image_process *root = c->process;
	uint32_t done[PUMPS];
	size_t i, j, n = 0;
	int status = 0;

	for (i = 0; i < root->n_fds && !status; i++) {
		const struct image_descriptor *d = &root->fd[i];
		const struct image_file *f =
			image_contents_file(c, d->type, d->id);

		if (d->fd >= PUMPS || d->type != IMAGE_PIPE || !f ||
		    !leads_outside(c, f))
			continue;
		for (j = 0; j < n && done[j] != f->pipe; j++)
			;
		if (j < n)
			continue;
		done[n++] = f->pipe;
		status = inherit_pipe(r, &r->stdio->fd[d->fd], f->pipe);
	}
	return status;
}

/* What was a pipe to the outside gets what is there now. */
static int inherit_stdio(struct restore *r)
{
	struct image_contents c;
	int dir, status;

	status = before_directory(r->images, "image", &dir);
	if (status)
		return status;
	/* What is wrong with it criu will say. */
	image_contents_read(dir, &c, false);
	close(dir);
	if (c.tree.n_tasks)
		status = inherit_all(r, &c);
	image_contents_free(&c);
	return status;
}

/* -------------------------------------------------------------------------- */

static unsigned int read_generation(const struct restore *r)
{
	unsigned int n;
	int dir;

	if (!r->images || argv_flag(r->argv, OPT_RECORD))
		return 0;
	dir = open(r->images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	n = record_generation(dir);
	close(dir);
	return n;
}

/* The strings of the plan live on in @r and its argv. */
static int make_plan(struct restore *r, char *work_dir)
{
	struct init_plan *p = &r->plan;
	struct argv *a = r->argv;
	char why[ARGV_WHY];

	p->criu = &r->criu;
	p->images = r->images ? r->images : "";
	p->generation = read_generation(r) + 1;
	p->detached = r->detached;
	p->shell_job = argv_flag(a, OPT_SHELL_JOB);
	p->exec_cmd = argv_flag(a, OPT_EXEC_CMD) ? a->operand : NULL;
	p->merge = argv_flag(a, OPT_MERGE) && merge_prepare();
	p->work_dir = work_dir;
	p->stdio = r->stdio;
	p->swrk = r->carrier != NULL;
	p->claim = r->claim ? r->claim->fd : -1;
	p->first = 300;
	/* Those of the image are made by criu. */
	p->unshare.flags &= ~(unsigned long)r->tree.namespaces;
	if (r->tree.n_tasks) {
		p->root = r->tree.task[0].pid;
		p->nested = r->tree.namespaces & CLONE_NEWPID;
		p->highest = image_highest(&r->tree);
		p->terminal = r->tree.terminal_number;
		p->first = image_gap(&r->tree, CRIU_PIDS, ns_pid_max());
	}
	p->argv = criu_argv(r, why);
	if (!p->argv)
		return *why ? message_fail("%s", why) : STATUS_OURS;
	p->self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (p->self < 0)
		return message_fail("cannot open '/proc/self/exe': %s",
				    strerror(errno));
	return 0;
}

int restore_start(struct restore *r)
{
	const char *work_dir = argv_last(r->argv, OPT_WORK_DIR);
	char *work = strdup(work_dir ? work_dir : images_of(r->argv));
	int status = work ? 0 : message_fail("no memory");

	if (!status && r->stdio)
		status = inherit_stdio(r);
	if (!status)
		status = make_plan(r, work);
	/* Last: it changes what is there. */
	if (!status && argv_flag(r->argv, OPT_REWIND))
		status = rewind_files(r->images ? r->images : ".", r->argv,
				      &r->tree);
	if (!status)
		status = capture_begin(&r->log);
	if (!status) {
		prepare_kerndat(r);
		reuse_prepare(&r->reuse, r->plan.images, r->argv);
		status = launcher_start(r);
	}
	if (!status)
		status = launcher_wait(r);
	free(work);
	return status;
}

void restore_end(struct restore *r, int status)
{
	if (status && r->root < 0)
		pidfile_remove(&r->pidfile);
	launcher_release(r);
}

int restore_run(struct restore *r, bool *ret_ran)
{
	int status = restore_options(r);

	if (!status && r->checkpoints && !argv_flag(r->argv, OPT_IMAGE_CHECK))
		status = check_image_stops(r->argv, images_of(r->argv));
	if (!status)
		status = restore_prepare(r);
	if (!status)
		status = restore_look(r);
	if (!status)
		status = restore_start(r);
	*ret_ran = r->root >= 0;
	restore_end(r, status);
	return status;
}

static int restore_copies(struct restore *r, struct copies *copies)
{
	int status = restore_options(r);

	if (!status)
		status = copies_run(copies, r);
	restore_end(r, status);
	return status;
}

int command_restore(struct argv *a)
{
	struct restore r = LAUNCHER_NONE;
	struct copies copies;
	int status;
	bool ran;

	r.argv = a;
	status = copies_read(&copies, a);
	if (status)
		return status;
	return copies.n ? restore_copies(&r, &copies) : restore_run(&r, &ran);
}
