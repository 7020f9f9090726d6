/* SPDX-License-Identifier: MIT */
/*
 * criu-ns: checkpoint and restore processes in namespaces of their own.
 *
 * Theory of operation
 * ===================
 * CRIU gives restored processes the PIDs that they had.  In a pid namespace
 * made for them all PIDs but 1 are free.
 *
 * Restore (exec/restore.c, launcher.c, init.c, build.c)
 *
 *   caller's namespaces                new pid and mount namespaces
 *   launcher: criu-ns restore
 *    | 1 reads options, configuration and images; looks for what is in the way
 *    | 2 opens what leads into the old /proc
 *    | 3 clone3 ───────────────────▶ PID 1, init
 *    |                               4 setsid; propagation cut; fresh /proc;
 *    |                                 next PIDs above those of the image
 *    |                               5 covers /run for criu's first look at it
 *    |                                 (exec/kerndat.h)
 *    |                                 forks criu in a session of its own:
 *    |                               |   criu restore -d: builds the tree, ends
 *    |                               |    └─ root task … the tree
 *    |                               6 the root is init's child now; init lets
 *    |                                 go of the caller's files
 *    ◀── socket: pidfd of the root ──7 and says that the tree runs
 *    | 8 pidfile; -d: exit 0         8 executes its own program again: nothing
 *    | 9 else: passes signals on       of the launcher's memory is left; drops
 *    |   to the root                   its capabilities; reaps
 *    ◀── socket: wait status ────────9 the root has ended
 *   10 exits with that status       10 exits when the namespace is empty
 *
 *   Init is PID 1 from the start, rather than a criu that executes it in the
 *   end: so criu gets a PID, session and group that the image does not name.
 *   The launcher's end of the socket closed before step 7 means: undo.  Init
 *   then kills all that criu has made, removes what criu would have removed,
 *   and exits; the kernel lets nothing outlive it.
 *
 *   A shell job (-j) has one process more (exec/leader.c, job.c):
 *
 *   terminal ◀─ relay ─▶ launcher ◀── pty master
 *                                      pty slave: controlling terminal of
 *                        init ── leader, in a session of its own
 *                                 └─ job: criu's child first, then the leader's
 *
 *   The leader does steps 5 to 7 in init's place and stays as the job's parent
 *   and the owner of its terminal; with the launcher gone, it reads the pty.
 *
 *   --unshare adds network, IPC or UTS namespaces in step 3.  They are init's,
 *   not the tree's: a dump joins them, and leaves them out (exec/target.c).
 *
 *   Copies of one image (exec/copies.c, crowd.c): a process above does step 1
 *   once, and forks a launcher for each copy, so many at a time:
 *
 *   criu-ns restore --copies 3
 *    ├─ launcher of copy 1 ── init ─ root     each from step 2 on, in a process
 *    ├─ launcher of copy 2 ── init ─ root     group of its own; signals come
 *    └─ launcher of copy 3 ── init ─ root     from above only
 *    ◀──pipe: copy and root ──┘
 *
 * Dump (exec/dump.c, dumper.c, target.c)
 *
 *   launcher: criu-ns dump -t PID
 *    1 opens the target's pidfd and namespaces, compares them with its own;
 *      a scout, forked and joined to the target's mount namespace, is what
 *      criu-ns-mounts reads that namespace's mounts by
 *    2 opens image and work directory, log file
 *    3 setns to the target's pid namespace, for the children that come
 *    ├─ 4 holder: orphaned, so a child of that namespace's init; keeps the
 *    |    namespace alive until criu has ended
 *    └─ 5 setns to the target's mount namespace, or a copy of the caller's
 *         with a fresh /proc when criu shall dump that namespace, too;
 *         asks the pidfd for the target's PID in here; becomes criu dump
 *         ├─ hook: criu-ns as criu's action script, when all is written
 *    ◀─pipes─┘ (exec/hook.c) asks the launcher, which
 *    6 writes the record, syncs the image and puts it into its place
 *      (exec/commit.c, store.c): only then criu ends the tree
 *    7 tells the holder if criu has succeeded; exits with criu's status
 *
 *   criu gets no signal while it is at it: a file size limit of zero makes it
 *   give up in order (exec/dumper.c).
 *
 * Run (exec/run.c, checkpoints.c, stdio.c): as restore, with a command in
 * criu's place; or a restore, if there is an image.  The launcher stays, and a
 * child of it dumps.
 *
 * Cycle (exec/cycle.c, generation.c, victim.c): dump and restore, each in a
 * child, in turn.
 *
 * ps (exec/ps.c, census.c, title.c): what it tells stands in the command lines
 * of the inits; a holder that ends tells init of a checkpoint.
 *
 * swrk (exec/swrk.c, swrk_restore.c, swrk_dump.c, carrier.c): a client has
 * started us in criu's place.  criu swrk is started where a criu restore or
 * dump would be; packets are carried between it and the client, PIDs
 * translated.
 *
 * Everything else is criu's own: exec/pass.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec/command.h"
#include "exec/config.h"
#include "exec/criu.h"
#include "exec/hook.h"
#include "exec/init.h"
#include "exec/leader.h"
#include "exec/message.h"

struct command {
	const char *name;
	int (*run)(struct argv *a);
	const char *synopsis;
	const char *help;
};

static const struct command commands[] = {
	{"restore", command_restore, "restore [-D DIR] [OPTION...]",
	 "restore a tree in new pid and mount namespaces"},
	{"dump", command_dump, "dump -t PID [-D DIR] [OPTION...]",
	 "checkpoint a tree, in the namespaces where it lives"},
	{"pre-dump", command_dump, "pre-dump -t PID [-D DIR] [OPTION...]",
	 "save a tree's memory while it runs on"},
	{"run", command_run, "run [-D DIR] [OPTION...] -- COMMAND [ARG...]",
	 "start a command, or continue it from its image"},
	{"cycle", command_cycle, "cycle [OPTION...] -t PID | -- COMMAND",
	 "dump and restore N times: can it be checkpointed?"},
	{"ps", command_ps, "ps [--json]",
	 "the trees that live under criu-ns here"},
	{"show", command_show, "show [-D DIR] [--json]",
	 "what an image directory holds"},
	{"obstacles", command_obstacles, "obstacles [-D DIR] [-q] [--kill]",
	 "who has the PIDs of an image here"},
	{"check", command_check, "check [-t PID | -D DIR] [OPTION...]",
	 "criu check, or what will stop a dump or restore"},
	{"explain", command_explain, "explain [LOG|-|-D DIR] [--all] [--json]",
	 "say what a log of criu's means, and what to type"},
	{"cpuinfo", command_pass, "cpuinfo dump|check [OPTION...]",
	 "criu cpuinfo"},
	{"dedup", command_pass, "dedup [OPTION...]", "criu dedup"},
	{"page-server", command_pass, "page-server [OPTION...]",
	 "criu page-server"},
	{"lazy-pages", command_pass, "lazy-pages [OPTION...]",
	 "criu lazy-pages"},
	{"swrk", command_swrk, "swrk FD",
	 "criu's RPC for a program that has started us"},
	{"service", command_pass, "service [OPTION...]", "criu service"},
	{0},
};

static void print_help(FILE *out)
{
	const struct command *c;
	const struct option_row *row;
	char text[64];

	fputs("Usage: criu-ns ACTION [OPTION...]\n\n"
	      "Checkpoint and restore processes in namespaces of their own, "
	      "where every PID is free.\n\nActions:\n",
	      out);
	for (c = commands; c->name; c++)
		fprintf(out, "  %-42s %s\n", c->synopsis, c->help);
	fputs("\nOptions are CRIU's (criu --help, criu(8)), and:\n", out);
	for (row = option_table; row->name; row++) {
		if (!row->ours)
			continue;
		if (row->letter)
			snprintf(text, sizeof(text), "-%c, ", row->letter);
		else
			*text = '\0';
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "--%s%s%s", row->name,
			 row->arg == ARG_REQUIRED ? " " : "",
			 row->metavar ? row->metavar : "");
		fprintf(out, "  %-42s %s%s%s%s\n", text, row->help,
			row->actions ? " (" : "",
			row->actions ? row->actions : "",
			row->actions ? ")" : "");
	}
	fprintf(out, "  %-42s %s\n  %-42s %s\n", "-h, --help", "show this help",
		"-V, --version", "show the versions of criu-ns and of criu");
	fputs("\nExit status: the program's own, 128+N if signal N ended it; "
	      "criu's if criu failed;\n125 if criu-ns failed or was misused, "
	      "126 if criu can't be run, 127 if it is not there.\n",
	      out);
}

static int show_help(void)
{
	print_help(stdout);
	return message_flush();
}

static int show_version(const struct argv *a)
{
	const char *what;
	struct criu criu;
	int version;

	printf("criu-ns %s\n", COMMAND_VERSION);
	if (criu_find(&criu, argv_last(a, OPT_CRIU_BINARY), &what) == 0) {
		version = criu_version(&criu);
		if (version > 0)
			printf("criu %d.%d.%d (%s)\n", version / 10000,
			       version / 100 % 100, version % 100, criu.path);
		criu_close(&criu);
	}
	return message_flush();
}

static int show_usage(const struct argv *a)
{
	if (a->action)
		message("'%s' is no action", a->action);
	else
		message("an action is missing");
	print_help(stderr);
	return STATUS_OURS;
}

static const struct command *find_command(const char *name)
{
	const struct command *c;

	for (c = commands; name && c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int run(struct argv *a)
{
	const struct command *c = find_command(a->action);
	char why[ARGV_WHY];
	size_t i;

	if (argv_flag(a, OPT_HELP))
		return show_help();
	if (argv_flag(a, OPT_VERSION))
		return show_version(a);
	if (!c)
		return show_usage(a);
	for (i = 0; i < a->n_options; i++)
		if (!option_is_for(a->option[i].row, c->name))
			return message_fail("option --%s is not for %s (it is "
					    "for %s)",
					    a->option[i].row->name, c->name,
					    a->option[i].row->actions);
	/* criu reads its configuration itself where it runs as it is. */
	if (c->run != command_pass && c->run != command_check &&
	    c->run != command_explain && c->run != command_ps &&
	    c->run != command_swrk && config_merge(a, why) < 0)
		return message_fail("%s", why);
	return c->run(a);
}

/*
 * Descriptors 0 to 2 must not become one of ours and be mistaken for stdio.
 * To use one that was closed fails as before: it is open the wrong way.
 */
static int fill_stdio(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) < 0)
			return message_fail("cannot open '/dev/null': %s",
					    strerror(errno));
	return 0;
}

int main(int argc, char **argv)
{
	struct argv a = {0};
	char why[ARGV_WHY];
	int status;

	if (init_is_me())
		init_resume(argv);
	if (leader_is_me())
		leader_resume();
	if (hook_is_me(argc))
		hook_run();
	/* Inherited as ignored, it would let every wait status get lost. */
	signal(SIGCHLD, SIG_DFL);
	status = fill_stdio();
	if (status)
		return status;
	if (argv_parse(&a, argc, argv, why) < 0)
		status = message_fail("%s (see criu-ns --help)", why);
	else
		status = run(&a);
	argv_free(&a);
	return status;
}
