/* SPDX-License-Identifier: MIT */
#include "exec/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "exec/closer.h"
#include "exec/message.h"
#include "exec/typed.h"
#include "explain/report.h"
#include "explain/story.h"
#include "ns/process.h"

#define MAX_LINES 12

static char **as_typed(void *self, enum rule_phase phase, const char *drop,
		       char *const *add)
{
	const struct failure *f = self;

	(void)phase;
	return typed_command(f->argv, drop, add);
}

static size_t width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

/* In one write, so that lines of several processes do not mix. */
static void print(const struct findings *all, const struct report *how,
		  bool json)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	if (json)
		report_json(out, all, how);
	else
		report_text(out, all, how);
	/* If nobody can read it, there is nobody to tell. */
	if (fclose(out) == 0 && write(STDERR_FILENO, text, size) < 0)
		size = 0;
	free(text);
}

size_t failure_explain(const struct failure *f)
{
	struct story_how how = {.command = as_typed, .self = (void *)f};
	struct report report = {.log = f->capture->name,
				.end = f->end,
				.max_lines = MAX_LINES,
				.width = width()};
	bool json = argv_flag(f->argv, OPT_JSON);
	struct findings all = {0};
	char prefix[512];
	size_t n;

	if (argv_flag(f->argv, OPT_NO_EXPLAIN))
		return 0;
	story_tell(capture_story(f->capture), &how, &all);
	closer_look(&all, f);
	n = all.n;
	snprintf(prefix, sizeof(prefix), "%s%s failed: ", message_name(),
		 f->what);
	report.prefix = prefix;
	if (n && !json && f->told &&
	    __atomic_fetch_add(f->told, 1, __ATOMIC_RELAXED)) {
		/* Of several copies, the first one tells it all. */
		all.n = 1;
		report.end = NULL;
		report.max_lines = 1;
	}
	if (n || json)
		print(&all, &report, json);
	all.n = n;
	finding_free(&all);
	return n;
}

bool failure_unharmed(int pidfd, pid_t pid)
{
	struct ns_process p;

	if (pidfd < 0 || ns_process_read(pid, &p) < 0)
		return false;
	/* Asked last: the number was that process's all the time. */
	return !p.tracer && !strchr("TtZX", p.state) && !ns_pidfd_ended(pidfd);
}
