/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "image/file.h"
#include "image/records.pb-c.h"
#include "image/set.h"
#include "image/terminal.h"

enum {
	TYPE_PTY = 1,
	/* Documentation/admin-guide/devices.txt of Linux */
	MAJOR_MASTER = 5,
	MAJOR_SLAVE_FIRST = 136,
	MAJOR_SLAVE_LAST = 143,
};

static bool terminal_is_slave(const Image__Terminal *t)
{
	uint32_t major = t->rdev >> 8 & 0xfff;

	return major >= MAJOR_SLAVE_FIRST && major <= MAJOR_SLAVE_LAST;
}

static int terminal_note(const Image__Terminal *t, struct set *masters,
			 struct set *slaves)
{
	struct set *set = masters;

	if (t->type != TYPE_PTY || !t->pty || !t->termios)
		return 0;
	if (terminal_is_slave(t))
		set = slaves;
	else if ((t->rdev >> 8 & 0xfff) != MAJOR_MASTER)
		return 0;
	return image_set_add(set, t->pty->index);
}

static int terminal_read(struct file *file, struct set *masters,
			 struct set *slaves)
{
	Image__Terminal *t;
	int got;

	while ((got = image_file_message(file, &image__terminal__descriptor,
					 &t)) > 0) {
		got = terminal_note(t, masters, slaves);
		if (got < 0)
			break;
	}
	return got;
}

int image_terminal_outside(struct reading *in, struct image_tree *ret)
{
	struct set masters = {0}, slaves = {0};
	struct file file;
	int err = image_file_open(&file, in, &image_kinds[KIND_TTY_INFO], 0);

	if (err == -ENOENT) {
		*in->problem = (struct image_problem){0};
		return 0;
	}
	if (err)
		return err;
	err = terminal_read(&file, &masters, &slaves);
	image_file_close(&file);
	for (size_t i = 0; i < slaves.size && err >= 0; i++) {
		if (!slaves.slot[i] ||
		    image_set_has(&masters, slaves.slot[i] - 1))
			continue;
		ret->terminal = true;
		ret->terminal_number = (unsigned int)(slaves.slot[i] - 1);
	}
	image_set_free(&masters);
	image_set_free(&slaves);
	return err;
}
