/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/reading.h"

int image_reading_init(struct reading *in, int dir,
		       struct image_problem *problem)
{
	*in = (struct reading){.dir = dir, .problem = problem};
	image_arena_init(&in->arena);
	in->buffer = malloc(READING_WINDOW);
	in->buffer_size = READING_WINDOW;
	return in->buffer ? 0 : -ENOMEM;
}

void image_reading_free(struct reading *in)
{
	image_set_free(&in->seen);
	image_arena_free(&in->arena);
	free(in->buffer);
}

/* As one file may be linked to two names, the inode alone is not enough. */
static uint64_t reading_key(const struct kind *kind, ino_t inode)
{
	return (uint64_t)inode * 128 + (uint64_t)(kind - image_kinds);
}

int image_reading_note(struct reading *in, const struct kind *kind, ino_t inode)
{
	int err = image_set_add(&in->seen, reading_key(kind, inode));

	return err < 0 ? err : 0;
}

bool image_reading_seen(const struct reading *in, const struct kind *kind,
			ino_t inode)
{
	return image_set_has(&in->seen, reading_key(kind, inode));
}

int image_reading_fail(struct reading *in, int err, const char *file,
		       const char *text, ...)
{
	struct image_problem *problem = in->problem;
	int depth = in->depth < 20 ? in->depth : 20;
	va_list ap;

	problem->file[0] = '\0';
	while (depth--)
		strcat(problem->file, "parent/");
	strncat(problem->file, file,
		sizeof(problem->file) - strlen(problem->file) - 1);
	va_start(ap, text);
	vsnprintf(problem->text, sizeof(problem->text), text, ap);
	va_end(ap);
	return -err;
}

int image_reading_errno(struct reading *in, int err, const char *file,
			const char *what)
{
	return image_reading_fail(in, err, file, "can't be %s: %s", what,
				  strerror(err));
}
