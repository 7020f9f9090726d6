/* SPDX-License-Identifier: MIT */
#include "exec/generation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec/command.h"
#include "exec/message.h"
#include "exec/snapshot.h"
#include "image/image.h"
#include "image/parts.h"
#include "ns/ns.h"

/* What a generation has on its way. */
struct round {
	struct generation *g;
	char dir[PATH_MAX + 16];
	int fd;	  /* of dir */
	int said; /* what the child prints */
	struct snapshot before, after;
	double dump_ms, restore_ms;
};

typedef int (*command_fn)(struct argv *a);

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* --- Children ------------------------------------------------------------- */

static int spawn(struct round *r, command_fn command, struct argv *a, bool pass)
{
	struct victim *v = &r->g->victim;
	int pidfd, status = 0;
	pid_t pid;

	if (ftruncate(r->said, 0) < 0 || lseek(r->said, 0, SEEK_SET) < 0)
		return message_fail("cannot clear a file in memory: %s",
				    strerror(errno));
	fflush(stdout);
	pid = ns_spawn(0, &pidfd);
	if (pid == 0) {
		/* Ctrl-C is for us alone: a restore has to go through. */
		if (setpgid(0, 0) < 0 || dup2(r->said, STDOUT_FILENO) < 0 ||
		    dup2(r->said, STDERR_FILENO) < 0 ||
		    sigprocmask(SIG_SETMASK, &v->mask, NULL) < 0)
			_exit(STATUS_OURS);
		/* Without us, nobody would restore what it ends. */
		if (pass && prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
			_exit(STATUS_OURS);
		status = command(a);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0)
		return message_fail("cannot fork: %s", strerror(-pid));
	victim_work(v, pidfd, pass);
	close(pidfd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return message_status(status);
}

static int run_check(struct argv *a)
{
	const char *command = argv_last(a, OPT_CHECK);

	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	return message_fail("cannot run '/bin/sh': %s", strerror(errno));
}

/* What was typed for the cycle, without what the cycle decides itself. */
static bool is_for(const struct argv_option *o, bool restore)
{
	switch (o->row->id) {
	case OPT_TREE:
	case OPT_IMAGES_DIR:
	case OPT_WORK_DIR:
	case OPT_LOG_FILE:
	case OPT_PIDFILE:
	case OPT_DETACH:
	case OPT_LEAVE_RUNNING:
	case OPT_LEAVE_STOPPED:
		return false;
	case OPT_EXTERNAL:
	case OPT_EXT_MOUNT_MAP:
		/* The record has what restore is to be told. */
		return !restore;
	default:
		return option_is_for(o->row, restore ? "restore" : "dump");
	}
}

static int make_argv(const struct round *r, bool restore, struct argv *ret)
{
	const struct argv *a = r->g->argv;
	char number[16];
	int err = 0;
	size_t i;

	*ret = (struct argv){.action = strdup(restore ? "restore" : "dump"),
			     .operand = calloc(1, sizeof(*ret->operand))};
	if (!ret->action || !ret->operand)
		return -ENOMEM;
	for (i = 0; i < a->n_options && !err; i++)
		if (is_for(&a->option[i], restore))
			err = argv_append(ret, a->option[i].row->name,
					  a->option[i].negated,
					  a->option[i].value);
	snprintf(number, sizeof(number), "%d", r->g->victim.pid);
	if (!err)
		err = argv_append(ret, "images-dir", false, r->dir);
	if (!err)
		err = argv_append(ret, "log-file", false,
				  restore ? "restore.log" : "dump.log");
	if (!err && restore)
		err = argv_append(ret, "restore-detached", false, NULL);
	return err ? err
		   : argv_append(ret, restore ? "pidfile" : "tree", false,
				 restore ? "pid" : number);
}

static int run(struct round *r, bool restore, double *ret_ms)
{
	double start = now_ms();
	struct argv a = {0};
	int err, status;

	err = make_argv(r, restore, &a);
	status = err ? message_fail("cannot build a command line: %s",
				    strerror(-err))
		     : spawn(r, restore ? command_restore : command_dump, &a,
			     !restore);
	*ret_ms = now_ms() - start;
	argv_free(&a);
	return status;
}

/* --- What is printed ------------------------------------------------------ */

static void print_said(const struct round *r)
{
	FILE *said = fdopen(dup(r->said), "r");
	char *line = NULL;
	size_t size = 0;

	if (said)
		rewind(said);
	while (said && getline(&line, &size, said) > 0) {
		line[strcspn(line, "\n")] = '\0';
		printf("# %s\n", line);
	}
	free(line);
	if (said)
		fclose(said);
}

__attribute__((format(printf, 2, 3))) static bool not_ok(const struct round *r,
							 const char *fmt, ...)
{
	va_list args;

	printf("not ok %u - generation %u: ", r->g->number, r->g->number);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	return false;
}

static void ok(const struct round *r)
{
	int64_t frozen = image_frozen(r->fd), size = image_size(r->fd);

	printf("ok %u - generation %u: ", r->g->number, r->g->number);
	if (frozen >= 0)
		printf("frozen %.1f ms, ", (double)frozen / 1e3);
	printf("dump %.1f ms, restore %.1f ms, image %lld kB\n", r->dump_ms,
	       r->restore_ms, (long long)(size < 0 ? 0 : size / 1024));
}

/* --- Steps ---------------------------------------------------------------- */

static bool dump(struct round *r)
{
	struct victim *v = &r->g->victim;
	int err, status;

	if (!victim_runs(v))
		return not_ok(r, "the program has ended");
	err = snapshot_take(v->pid, &r->before);
	if (err)
		return not_ok(r, "cannot look at process %d: %s", v->pid,
			      strerror(-err));
	status = run(r, false, &r->dump_ms);
	if (!status) {
		victim_gone(v);
		return true;
	}
	not_ok(r, "the dump failed with status %d%s", status,
	       victim_runs(v) ? ", the program runs on" : "");
	print_said(r);
	printf("# images and log: %s\n", r->dir);
	return false;
}

static pid_t read_pid(const struct round *r)
{
	char text[16];
	ssize_t n;
	int fd;

	fd = openat(r->fd, "pid", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

static bool restore(struct round *r)
{
	int status = run(r, true, &r->restore_ms), err;
	pid_t pid;

	if (status) {
		not_ok(r, "the restore failed with status %d", status);
		print_said(r);
		printf("# the program does not run; its image is whole: "
		       "criu-ns restore -D %s\n",
		       r->dir);
		return false;
	}
	pid = read_pid(r);
	err = pid > 0 ? victim_restored(&r->g->victim, pid) : pid;
	if (err || !victim_runs(&r->g->victim)) {
		not_ok(r, "the program ended as soon as it was restored");
		printf("# images and logs: %s\n", r->dir);
		return false;
	}
	err = snapshot_take(pid, &r->after);
	if (err)
		return not_ok(r, "cannot look at process %d: %s", pid,
			      strerror(-err));
	return true;
}

static bool check(struct round *r)
{
	char number[16];
	int status;

	if (!argv_last(r->g->argv, OPT_CHECK))
		return true;
	snprintf(number, sizeof(number), "%d", r->g->victim.pid);
	if (setenv("CRIU_NS_PID", number, 1) < 0)
		return not_ok(r, "%s", strerror(errno));
	snprintf(number, sizeof(number), "%u", r->g->number);
	if (setenv("CRIU_NS_GENERATION", number, 1) < 0)
		return not_ok(r, "%s", strerror(errno));
	status = spawn(r, run_check, (struct argv *)r->g->argv, true);
	if (!status)
		return true;
	not_ok(r, "the check failed with status %d", status);
	print_said(r);
	printf("# images and logs: %s\n", r->dir);
	return false;
}

/* --- The image ------------------------------------------------------------ */

static bool open_image(struct round *r)
{
	snprintf(r->dir, sizeof(r->dir), "%s/%u", r->g->dir, r->g->number);
	r->said = memfd_create("said", MFD_CLOEXEC);
	if (r->said < 0 || (mkdir(r->dir, 0700) < 0 && errno != EEXIST))
		return not_ok(r, "cannot make '%s': %s", r->dir,
			      strerror(errno));
	r->fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0)
		return not_ok(r, "cannot open '%s': %s", r->dir,
			      strerror(errno));
	return true;
}

static void remove_image(const struct round *r)
{
	static const char *const others[] = {"dump.log", "restore.log", "pid",
					     "stats-dump", "stats-restore"};
	size_t i;
	int err;

	err = image_parts_remove(r->fd);
	for (i = 0; i < sizeof(others) / sizeof(*others) && !err; i++)
		if (unlinkat(r->fd, others[i], 0) < 0 && errno != ENOENT)
			err = -errno;
	if (!err && rmdir(r->dir) < 0)
		err = -errno;
	if (err)
		message("cannot remove '%s': %s", r->dir, strerror(-err));
}

static void close_round(struct round *r)
{
	snapshot_free(&r->before);
	snapshot_free(&r->after);
	if (r->fd >= 0)
		close(r->fd);
	if (r->said >= 0)
		close(r->said);
}

bool generation_run(struct generation *g)
{
	struct round r = {.g = g, .fd = -1, .said = -1};
	bool good;

	good = open_image(&r) && dump(&r) && restore(&r);
	if (good) {
		good = check(&r);
		if (good)
			ok(&r);
		snapshot_compare(&r.before, &r.after, stdout);
	}
	if (good)
		remove_image(&r);
	close_round(&r);
	return good;
}
