/* SPDX-License-Identifier: MIT */
#include "tty/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
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

/*
 * In the background, what is typed is for others, and polling for it would
 * return again and again.  One wake-up for each new input is enough: a shell
 * that puts us into the foreground tells us nothing.
 */
static int watch_typing(int in)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd >= 0 && epoll_ctl(fd, EPOLL_CTL_ADD, in, &event) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void tty_relay_init(struct tty_relay *r, int in, int out, int master)
{
	*r = (struct tty_relay){
		.in = in,
		.typed = -1,
		.master = master,
		.budget = SIZE_MAX,
		.last = '\n',
	};
	r->out = open_again(out, &r->out_blocks);
	tty_modes_init(&r->modes, in);
	if (r->modes.fd >= 0)
		r->typed = watch_typing(in);
}

static bool is_empty(const struct tty_buffer *b)
{
	return b->start == b->end;
}

/* In the background, reading from the terminal would stop us. */
static int input_to_poll(const struct tty_relay *r)
{
	if (r->in < 0 || !is_empty(&r->to_job))
		return -1;
	if (r->modes.fd >= 0 && !tty_modes_ours(&r->modes))
		return r->typed;
	return r->in;
}

void tty_relay_want(const struct tty_relay *r, struct pollfd *fds)
{
	bool full = !is_empty(&r->from_job);

	fds[IN] = (struct pollfd){.fd = input_to_poll(r), .events = POLLIN};
	fds[OUT] = (struct pollfd){.fd = full ? r->out : -1, .events = POLLOUT};
	fds[MASTER] = (struct pollfd){.fd = r->master};
	if (!full && r->budget)
		fds[MASTER].events |= POLLIN;
	if (!is_empty(&r->to_job))
		fds[MASTER].events |= POLLOUT;
	/* A hang-up can't be asked not to be told. */
	if (!fds[MASTER].events)
		fds[MASTER].fd = -1;
	if (!r->runs)
		fds[IN].fd = fds[OUT].fd = fds[MASTER].fd = -1;
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
	struct epoll_event event;
	int n;

	if (fds[IN].fd >= 0 && fds[IN].fd == r->typed) {
		/* Forget it: it was for somebody else, or will be read. */
		epoll_wait(r->typed, &event, 1, 0);
	} else if (fds[IN].fd >= 0 && fds[IN].revents) {
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

/* Returns as fill(). */
static int fill_from_job(struct tty_relay *r)
{
	int n = fill(&r->from_job, r->master);

	if (n > 0)
		r->budget -= r->from_job.end < r->budget ? r->from_job.end
							 : r->budget;
	return n;
}

/* What nobody reads is dropped: the job must not be held up by it. */
static void move_output(struct tty_relay *r, const struct pollfd *fds)
{
	if (fds[MASTER].fd >= 0 && fds[MASTER].revents & (POLLIN | POLLHUP) &&
	    is_empty(&r->from_job) && fill_from_job(r) < 0)
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
	if (!r->runs)
		return;
	tty_modes_raw(&r->modes);
	move_output(r, fds);
	move_input(r, fds);
}

void tty_relay_end(struct tty_relay *r)
{
	r->in = -1;
	r->budget = TTY_RELAY_REST;
}

bool tty_relay_empty(struct tty_relay *r)
{
	if (is_empty(&r->from_job) && r->master >= 0 && r->budget &&
	    fill_from_job(r) < 0)
		r->master = -1;
	return is_empty(&r->from_job);
}
