/* SPDX-License-Identifier: MIT */
#include "tty/pair.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int open_slave(int master)
{
	unsigned int number;
	char path[32];
	int unlock = 0, fd;

	if (ioctl(master, TIOCSPTLCK, &unlock) < 0 ||
	    ioctl(master, TIOCGPTN, &number) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_master(unsigned int *ret_number)
{
	int fd = open("/dev/pts/ptmx",
		      O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, TIOCGPTN, ret_number) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* The lowest free number is given out: what is below is taken meanwhile. */
static int open_master_as(unsigned int number)
{
	unsigned int got = 0;
	int fd = open_master(&got), higher;

	if (fd < 0 || got == number)
		return fd;
	higher = got < number ? open_master_as(number) : -EBUSY;
	close(fd);
	return higher;
}

int tty_pair_open(unsigned int number, struct tty_pair *ret)
{
	struct tty_pair pair;

	pair.master = open_master_as(number);
	if (pair.master < 0)
		return pair.master;
	pair.slave = open_slave(pair.master);
	if (pair.slave < 0) {
		close(pair.master);
		return pair.slave;
	}
	*ret = pair;
	return 0;
}

int tty_pair_control(int slave)
{
	return ioctl(slave, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

int tty_pair_foreground(int slave, pid_t group)
{
	return tcsetpgrp(slave, group) < 0 ? -errno : 0;
}

static unsigned short from_environment(const char *name, unsigned short other)
{
	const char *text = getenv(name);
	int n = text ? atoi(text) : 0;

	return n > 0 && n < 32768 ? (unsigned short)n : other;
}

struct winsize tty_size(void)
{
	struct winsize size = {0};
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
			return size;
	size.ws_col = from_environment("COLUMNS", 80);
	size.ws_row = from_environment("LINES", 24);
	return size;
}

int tty_resize(int master, const struct winsize *size)
{
	return ioctl(master, TIOCSWINSZ, size) < 0 ? -errno : 0;
}

int tty_redraw(int master, const struct winsize *size)
{
	struct pollfd drawn = {.fd = master, .events = POLLIN};
	struct winsize other = *size;

	/* The kernel sends no signal for a size that is there already. */
	other.ws_col++;
	if (ioctl(master, TIOCSWINSZ, &other) < 0)
		return -errno;
	if (poll(&drawn, 1, 50) < 0 && errno != EINTR)
		return -errno;
	return tty_resize(master, size);
}
