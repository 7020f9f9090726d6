/* SPDX-License-Identifier: MIT */
#include "explain/screen.h"

#include <stdarg.h>
#include <stdlib.h>

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
