/* SPDX-License-Identifier: MIT */
#include "tty/modes.h"

#include <errno.h>
#include <unistd.h>

void tty_modes_init(struct tty_modes *m, int fd)
{
	m->raw = false;
	m->fd = tcgetattr(fd, &m->before) == 0 ? fd : -1;
}

bool tty_modes_ours(const struct tty_modes *m)
{
	return m->fd >= 0 && tcgetpgrp(m->fd) == getpgrp();
}

int tty_modes_raw(struct tty_modes *m)
{
	struct termios raw = m->before;

	if (m->raw || !tty_modes_ours(m))
		return 0;
	cfmakeraw(&raw);
	if (tcsetattr(m->fd, TCSADRAIN, &raw) < 0)
		return -errno;
	m->raw = true;
	return 0;
}

void tty_modes_undo(struct tty_modes *m)
{
	/* A terminal that is gone needs no modes. */
	if (m->raw)
		tcsetattr(m->fd, TCSADRAIN, &m->before);
	m->raw = false;
}

int tty_modes_eof(int master, bool *ret_lines)
{
	struct termios t;

	if (tcgetattr(master, &t) < 0)
		return -1;
	*ret_lines = t.c_lflag & ICANON;
	return t.c_cc[VEOF];
}
