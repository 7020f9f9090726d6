/* SPDX-License-Identifier: MIT */
#include "tty/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IN, OUT, MASTER };

/* Returns @out itself where there is no other way: a file never waits. */
static int open_again(int out, bool *ret_blocks)
{
	char path[64];
	struct stat st;
	int fd;

	*ret_blocks = false;
	if (fstat(out, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return out;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", out);
	fd = S_ISSOCK(st.st_mode)
		     ? -1
		     : open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	*ret_blocks = fd < 0;
	return fd < 0 ? out : fd;
}

void tty_relay_init(struct tty_relay *r, int in, int out, int master)
{
	*r = (struct tty_relay){.in = in, .master = master, .last = '\n'};
	r->out = open_again(out, &r->out_blocks);
	tty_modes_init(&r->modes, in);
}

static bool is_empty(const struct tty_buffer *b)
{
	return b->start == b->end;
}

/* In the background, reading from the terminal would stop us. */
static bool wants_input(const struct tty_relay *r)
{
	return r->input && r->in >= 0 && is_empty(&r->to_job) &&
	       (r->modes.fd < 0 || tty_modes_ours(&r->modes));
}

void tty_relay_want(const struct tty_relay *r, struct pollfd *fds)
{
	bool full = !is_empty(&r->from_job);

	fds[IN] = (struct pollfd){.fd = wants_input(r) ? r->in : -1,
				  .events = POLLIN};
	fds[OUT] = (struct pollfd){.fd = full ? r->out : -1, .events = POLLOUT};
	fds[MASTER] = (struct pollfd){.fd = r->master};
	if (!full)
		fds[MASTER].events |= POLLIN;
	if (!is_empty(&r->to_job))
		fds[MASTER].events |= POLLOUT;
	/* A hang-up can't be asked not to be told. */
	if (!fds[MASTER].events)
		fds[MASTER].fd = -1;
}

/* Returns 1, 0 when nothing is there yet, or -1 at the end. */
static int fill(struct tty_buffer *b, int fd)
{
	ssize_t n = read(fd, b->data, sizeof(b->data));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	b->start = 0;
	b->end = (size_t)n;
	return n > 0 ? 1 : -1;
}

/* Returns 0, or -1 when nobody will take it any more. */
static int drain(struct tty_buffer *b, int fd)
{
	ssize_t n = write(fd, b->data + b->start, b->end - b->start);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	b->start += (size_t)n;
	return 0;
}

/*
 * A reader in the middle of a line takes the first end-of-file character for
 * the end of what was typed so far, and the second for the end.
 */
static void end_input(struct tty_relay *r)
{
	bool lines = false;
	int eof = tty_modes_eof(r->master, &lines);
	size_t i, n = lines && r->last != '\n' ? 2 : 1;

	r->in = -1;
	if (eof < 0)
		return;
	for (i = 0; i < n; i++)
		r->to_job.data[i] = (char)eof;
	r->to_job.start = 0;
	r->to_job.end = n;
}

static void move_input(struct tty_relay *r, const struct pollfd *fds)
{
	int n;

	if (fds[IN].fd >= 0 && fds[IN].revents) {
		n = fill(&r->to_job, r->in);
		if (n > 0)
			r->last = r->to_job.data[r->to_job.end - 1];
		else if (n < 0)
			end_input(r);
	}
	if (!is_empty(&r->to_job) && r->master >= 0 &&
	    drain(&r->to_job, r->master) < 0)
		r->to_job.start = r->to_job.end;
}

/* What nobody reads is dropped: the job must not be held up by it. */
static void move_output(struct tty_relay *r, const struct pollfd *fds)
{
	if (fds[MASTER].fd >= 0 && fds[MASTER].revents & (POLLIN | POLLHUP) &&
	    is_empty(&r->from_job) && fill(&r->from_job, r->master) < 0)
		r->master = -1;
	if (is_empty(&r->from_job))
		return;
	if (r->out >= 0 && (!r->out_blocks || fds[OUT].revents) &&
	    drain(&r->from_job, r->out) < 0)
		r->out = -1;
	if (r->out < 0 || r->drops)
		r->from_job.start = r->from_job.end;
}

void tty_relay_step(struct tty_relay *r, const struct pollfd *fds)
{
	move_output(r, fds);
	move_input(r, fds);
}

bool tty_relay_empty(struct tty_relay *r)
{
	if (is_empty(&r->from_job) && r->master >= 0 &&
	    fill(&r->from_job, r->master) < 0)
		r->master = -1;
	return is_empty(&r->from_job);
}
