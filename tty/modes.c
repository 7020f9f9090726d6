/* SPDX-License-Identifier: MIT */
#include "tty/modes.h"

#include <errno.h>
#include <unistd.h>

void tty_modes_init(struct tty_modes *m, int fd)
{
	*m = (struct tty_modes){.fd = isatty(fd) ? fd : -1};
}

bool tty_modes_ours(const struct tty_modes *m)
{
	return m->fd >= 0 && tcgetpgrp(m->fd) == getpgrp();
}

int tty_modes_raw(struct tty_modes *m)
{
	struct termios raw;

	if (m->raw || !tty_modes_ours(m))
		return 0;
	/* Later it may be a shell's idea of what we had. */
	if (!m->known && tcgetattr(m->fd, &m->before) < 0)
		return -errno;
	m->known = true;
	raw = m->before;
	cfmakeraw(&raw);
	if (tcsetattr(m->fd, TCSADRAIN, &raw) < 0)
		return -errno;
	m->raw = true;
	return 0;
}

void tty_modes_undo(struct tty_modes *m)
{
	/* In the background it is somebody else's, who has set it already. */
	if (m->raw && tty_modes_ours(m))
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
