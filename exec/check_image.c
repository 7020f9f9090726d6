/* SPDX-License-Identifier: MIT */
#include "exec/check_image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/config.h"
#include "exec/message.h"
#include "explain/report.h"
#include "explain/still.h"

/* Does the CPU have what the image was made on?  Only criu can compare. */
static void check_cpu(struct findings *all, const struct criu *criu,
		      const char *dir)
{
	char *argv[] = {"criu", "cpuinfo",   "check",
			"-D",	(char *)dir, "--cpu-cap=cpu",
			"-o",	"/dev/null", NULL};
	struct finding *f;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		criu_exec(criu, argv);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    !WEXITSTATUS(status))
		return;
	f = finding_add(all, "cpu-features", FINDING_LOSS);
	finding_cause(f, "this CPU lacks instructions that the CPU of the dump "
			 "had: a program that uses one gets SIGILL");
	finding_cure(f, "restore it on a CPU with those, or start the program "
			"with GLIBC_TUNABLES that leave them out before it is "
			"dumped again");
}

static void check_criu(struct findings *all, const struct argv *a,
		       const char *dir, int images)
{
	struct finding *f;
	struct criu criu;
	const char *what;
	int version;

	if (criu_find(&criu, argv_last(a, OPT_CRIU_BINARY), &what) < 0) {
		f = finding_add(all, "criu-missing", FINDING_CAUSE);
		finding_cause(f, "there is no criu: '%s' %s", criu.path, what);
		finding_cure(f, "install the package criu, or name it by "
				"--criu-binary PATH or $CRIU");
		return;
	}
	version = before_criu_too_old(&criu);
	if (version) {
		f = finding_add(all, "criu-too-old", FINDING_CAUSE);
		finding_cause(f, "criu %d.%d.%d can't start on this kernel",
			      version / 10000, version / 100 % 100,
			      version % 100);
		finding_cure(f, "use criu 4.1 or newer, named by --criu-binary "
				"PATH or $CRIU");
	} else if (!faccessat(images, "cpuinfo.img", F_OK, 0)) {
		check_cpu(all, &criu, dir);
	}
	criu_close(&criu);
}

static int look(struct findings *all, const struct argv *a, const char *dir,
		char *const *given)
{
	/* Options alone: no action, no command. */
	const struct argv options = {.option = a->option,
				     .n_options = a->n_options};
	struct still how = {.program = a->typed ? *a->typed : NULL,
			    .dir = dir,
			    .given = given,
			    .rewinds = argv_flag(a, OPT_REWIND)};
	char **known;
	int fd, err, status = before_directory(dir, "image", &fd);

	if (status)
		return status;
	known = argv_build(&options, "criu");
	err = -ENOMEM;
	check_criu(all, a, dir, fd);
	if (known) {
		how.known = known + 1;
		err = explain_image(all, fd, &how);
	}
	if (err)
		status = message_fail("cannot check '%s': %s", dir,
				      strerror(-err));
	argv_build_free(known);
	close(fd);
	return status;
}

static void print(const struct findings *all, const struct argv *a)
{
	const char *dir = argv_last(a, OPT_IMAGES_DIR);
	struct winsize size;
	struct report how = {.prefix = ""};

	if (argv_flag(a, OPT_JSON)) {
		report_json(stdout, all, &how);
		return;
	}
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		how.width = size.ws_col;
	if (all->n)
		report_text(stdout, all, &how);
	else
		printf("nothing stands in the way of a restore of '%s' here\n",
		       dir);
}

char **check_image_words(const struct argv *a)
{
	/* Options alone: what follows the action is a command to be run. */
	struct argv options = {.option = a->option, .n_options = a->n_options};
	char **words = argv_build(&options, "criu"), **to, **from;

	for (to = from = words; words && *from; from++) {
		if (!strncmp(*from, "--images-dir=", 13))
			free(*from);
		else
			*to++ = *from;
	}
	if (words)
		*to = NULL;
	return words;
}

int check_image(struct argv *a)
{
	struct findings all = {0};
	char **words, why[ARGV_WHY];
	int status;

	if (a->n_operands)
		return message_fail("'%s' is one word too many for check",
				    a->operand[0]);
	/* For the cures: what was typed. */
	words = check_image_words(a);
	if (!words)
		return message_fail("no memory");
	status = config_merge(a, why) < 0
			 ? message_fail("%s", why)
			 : before_record(argv_last(a, OPT_IMAGES_DIR), a);
	if (!status)
		status = look(&all, a, argv_last(a, OPT_IMAGES_DIR), words + 1);
	if (!status) {
		print(&all, a);
		status = message_flush();
		if (!status)
			status = all.n != 0;
	}
	argv_build_free(words);
	finding_free(&all);
	return status;
}

int check_image_stops(const struct argv *a, const char *dir)
{
	char **words = check_image_words(a), prefix[PATH_MAX + 64];
	struct report how = {.prefix = prefix, .max_lines = 12};
	struct findings all = {0};
	bool stops = false;
	int status;
	size_t i;

	if (!words)
		return message_fail("no memory");
	status = look(&all, a, dir, words + 1);
	for (i = 0; i < all.n && !status; i++)
		stops |= all.list[i].weight == FINDING_CAUSE;
	snprintf(prefix, sizeof(prefix), "criu-ns: restore from %s: ", dir);
	if (stops || (!status && all.n))
		report_text(stderr, &all, &how);
	argv_build_free(words);
	finding_free(&all);
	return stops ? STATUS_OURS : status;
}
