/* SPDX-License-Identifier: MIT */
#include "explain/screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct screen screen_stdout(void)
{
	const char *colour = getenv("NO_COLOR"), *term = getenv("TERM");
	struct screen to = {.out = stdout};
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return to;
	to.colour = (!colour || !*colour) && term && strcmp(term, "dumb") != 0;
	to.width = 80;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		to.width = size.ws_col;
	return to;
}

void screen_harmless(char *text)
{
	unsigned char *c;

	/* 0x80 to 0x9f, in UTF-8 behind an 0xc2, are controls, too. */
	for (c = (unsigned char *)text; *c; c++) {
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
}

/* Each UTF-8 character counts as one column. */
static void cut(char *text, size_t width)
{
	size_t columns = 0;

	for (; *text; text++) {
		if ((*text & 0xc0) == 0x80)
			continue;
		if (columns++ == width) {
			*text = '\0';
			return;
		}
	}
}

void screen_line(const struct screen *to, bool bold, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	screen_harmless(text);
	if (to->width)
		cut(text, to->width);
	if (bold && to->colour)
		fprintf(to->out, "\033[1m%s\033[0m\n", text);
	else
		fprintf(to->out, "%s\n", text);
	free(text);
}
