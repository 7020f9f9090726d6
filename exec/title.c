/* SPDX-License-Identifier: MIT */
#include "exec/title.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exec/init.h"
#include "ns/process.h"
#include "ns/stat.h"

#define FIRST INIT_TITLE " "
#define ROOT "root="
#define STARTED "how=started"
#define RESTORED "how=restored"
#define GENERATION "generation="
#define CHECKPOINT "checkpoint="
#define NEVER "----------"

enum { LAST = TITLE_WORDS - 1, DIGITS = sizeof(NEVER) - 1 };

static void put_time(char *at, uint64_t seconds)
{
	for (int i = DIGITS; i--; seconds /= 10)
		at[i] = (char)('0' + seconds % 10);
}

void title_write(const struct title *t, struct title_words *ret)
{
	char(*more)[sizeof(*ret->more)] = ret->more;

	snprintf(ret->first, sizeof(ret->first), FIRST "%s", t->dir);
	snprintf(more[0], sizeof(*more), ROOT "%d", t->root);
	snprintf(more[1], sizeof(*more), "%s", t->started ? STARTED : RESTORED);
	snprintf(more[2], sizeof(*more), GENERATION "%u", t->generation);
	snprintf(more[3], sizeof(*more), CHECKPOINT NEVER);
	if (t->checkpoint)
		put_time(more[3] + strlen(CHECKPOINT), (uint64_t)t->checkpoint);
	ret->argv[0] = ret->first;
	for (int i = 1; i < TITLE_WORDS; i++)
		ret->argv[i] = more[i - 1];
	ret->argv[TITLE_WORDS] = NULL;
}

/* What stands behind @name, digits and no more, or -1. */
static int64_t number(const char *word, const char *name)
{
	size_t len = strlen(name), digits;

	if (strncmp(word, name, len) != 0)
		return -1;
	digits = strspn(word + len, "0123456789");
	if (!digits || digits > DIGITS || word[len + digits])
		return -1;
	return strtoll(word + len, NULL, 10);
}

int title_parse(const char *text, size_t size, struct title *ret)
{
	const char *word[TITLE_WORDS], *end = text + size;
	int64_t root, generation, checkpoint;
	size_t n = 0;

	for (; text < end && n < TITLE_WORDS; n++) {
		word[n] = text;
		text = memchr(text, '\0', (size_t)(end - text));
		if (!text)
			return -EBADMSG;
		text++;
	}
	if (n < TITLE_WORDS || text != end ||
	    strncmp(word[0], FIRST, strlen(FIRST)) != 0 ||
	    strlen(word[0] + strlen(FIRST)) >= sizeof(ret->dir))
		return -EBADMSG;
	root = number(word[1], ROOT);
	generation = number(word[3], GENERATION);
	checkpoint = number(word[LAST], CHECKPOINT);
	if (checkpoint < 0 && !strcmp(word[LAST], CHECKPOINT NEVER))
		checkpoint = 0;
	if (root <= 0 || root > INT_MAX || generation < 0 ||
	    generation > INT_MAX || checkpoint < 0 ||
	    (strcmp(word[2], STARTED) != 0 && strcmp(word[2], RESTORED) != 0))
		return -EBADMSG;
	memcpy(ret->dir, word[0] + strlen(FIRST),
	       strlen(word[0] + strlen(FIRST)) + 1);
	ret->root = (pid_t)root;
	ret->started = !strcmp(word[2], STARTED);
	ret->generation = (unsigned int)generation;
	ret->checkpoint = checkpoint;
	return 0;
}

void title_stamp(char **argv)
{
	int n = 0;

	while (n < TITLE_WORDS && argv[n])
		n++;
	if (n == TITLE_WORDS &&
	    strlen(argv[LAST]) == strlen(CHECKPOINT NEVER) &&
	    !strncmp(argv[LAST], CHECKPOINT, strlen(CHECKPOINT)))
		put_time(argv[LAST] + strlen(CHECKPOINT), (uint64_t)time(NULL));
}

int title_read(pid_t pid, struct title *ret)
{
	char text[PATH_MAX + 256];
	pid_t number[NS_PROCESS_LEVELS];
	int n, levels = ns_process_numbers(pid, number);

	if (levels <= 0)
		return levels ? levels : -EBADMSG;
	if (number[levels - 1] != 1 || ns_stat_owner(pid) != 0)
		return -EPERM;
	n = ns_process_file(pid, "cmdline", text, sizeof(text));
	return n < 0 ? n : title_parse(text, (size_t)n, ret);
}

/* In init's namespace, which the process may not be in itself. */
bool title_names(const struct title *t, pid_t init, pid_t pid)
{
	pid_t number[NS_PROCESS_LEVELS];
	int levels = ns_process_numbers(init, number);

	return levels > 0 && ns_process_numbers(pid, number) >= levels &&
	       number[levels - 1] == t->root;
}

pid_t title_find_init(pid_t pid, struct title *ret)
{
	struct title title;
	struct ns_process p;

	while (pid > 0 && ns_process_read(pid, &p) == 0) {
		if (p.inner == 1 && title_read(pid, ret ? ret : &title) == 0)
			return pid;
		pid = p.ppid;
	}
	return 0;
}
