/* SPDX-License-Identifier: MIT */
#include "explain/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "(SS.uuuuuu) " and some more for more seconds, cut short by old versions. */
#define STAMP_MAX 16

#define BLOCK ((size_t)1 << 20)

static size_t stamp_length(const char *line, size_t len)
{
	size_t i;

	if (len < 2 || line[0] != '(' || !isdigit((unsigned char)line[1]))
		return 0;
	for (i = 2; i < len && i < STAMP_MAX && line[i] != ' '; i++)
		if (!isdigit((unsigned char)line[i]) && line[i] != '.' &&
		    line[i] != ')')
			return 0;
	return i > 9 && i < len && line[i] == ' ' ? i + 1 : 0;
}

/* "[pie: ]    15: " */
static size_t pid_length(const char *at, size_t len, long *ret)
{
	size_t i = 0, digits;
	long pid = 0;

	if (len > 5 && !memcmp(at, "pie: ", 5))
		i = 5;
	while (i < len && at[i] == ' ')
		i++;
	for (digits = i; i < len && isdigit((unsigned char)at[i]); i++)
		if (i - digits < 10)
			pid = pid * 10 + (at[i] - '0');
	if (i == digits || i + 1 >= len || at[i] != ':' || at[i + 1] != ' ')
		return 0;
	*ret = pid;
	return i + 2;
}

/* "Error (FILE:LINE): " and "Warn  (FILE:LINE): " */
static size_t level_length(const char *at, size_t len, struct log_line *ret)
{
	const char *end, *colon;

	if (len < 8 || at[6] != '(')
		return 0;
	if (!memcmp(at, "Error ", 6))
		ret->level = LOG_LEVEL_ERROR;
	else if (!memcmp(at, "Warn  ", 6))
		ret->level = LOG_LEVEL_WARN;
	else
		return 0;
	end = memchr(at, ')', len);
	if (!end)
		return 6;
	colon = memchr(at, ':', (size_t)(end - at));
	ret->file = at + 7;
	ret->file_len = (size_t)((colon ? colon : end) - ret->file);
	end++;
	while (end < at + len && (*end == ':' || *end == ' '))
		end++;
	return (size_t)(end - at);
}

/* What other programs put before CRIU's lines: journald, a supervisor. */
static size_t foreign_length(const char *at, size_t len)
{
	const char *hit = NULL, *paren = at;

	while (!hit &&
	       (paren = memchr(paren, '(', (size_t)(at + len - paren)))) {
		if (paren - at >= 7 && (!memcmp(paren - 6, "Error ", 6) ||
					!memcmp(paren - 6, "Warn  ", 6)))
			hit = paren - 6;
		paren++;
	}
	return hit ? (size_t)(hit - at) : 0;
}

void log_split(const char *line, size_t len, struct log_line *ret)
{
	const char *at = line, *end = line + len;
	size_t n;

	if (len && line[len - 1] == '\r')
		end--;
	*ret = (struct log_line){.level = LOG_LEVEL_REST};
	at += stamp_length(line, (size_t)(end - line));
	ret->stamped = at != line;
	ret->message = at;
	at += pid_length(at, (size_t)(end - at), &ret->pid);
	n = level_length(at, (size_t)(end - at), ret);
	if (!n && !ret->stamped) {
		at += foreign_length(at, (size_t)(end - at));
		n = level_length(at, (size_t)(end - at), ret);
	}
	at += n;
	ret->text = at;
	ret->len = (size_t)(end - at);
}

/* Takes the lines that are complete; returns how much of the block is left. */
static size_t take_lines(char *block, size_t len, size_t *number,
			 log_take *take, void *self)
{
	char *at = block, *end;
	struct log_line line;

	while ((end = memchr(at, '\n', len - (size_t)(at - block)))) {
		log_split(at, (size_t)(end - at), &line);
		take(self, &line, ++*number);
		at = end + 1;
	}
	len -= (size_t)(at - block);
	memmove(block, at, len);
	return len;
}

int log_each(int fd, log_take *take, void *self)
{
	size_t have = 0, number = 0;
	struct log_line line;
	char *block;
	ssize_t n;
	int err = 0;

	block = malloc(BLOCK + LOG_LONGEST);
	if (!block)
		return -ENOMEM;
	while ((n = read(fd, block + have, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = -errno;
			break;
		}
		have = take_lines(block, have + (size_t)n, &number, take, self);
		if (have > LOG_LONGEST)
			have = LOG_LONGEST;
	}
	if (have) {
		log_split(block, have, &line);
		take(self, &line, ++number);
	}
	free(block);
	return err;
}
