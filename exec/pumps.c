/* SPDX-License-Identifier: MIT */
#include "exec/pumps.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

void pumps_open(struct pumps *p, struct stdio *s)
{
	struct stdio_fd *f;
	int i;

	*p = PUMPS_NONE;
	for (i = 0; i < PUMPS && (size_t)i < s->n; i++) {
		f = &s->fd[i];
		if (f->outside < 0)
			continue;
		p->pump[i].pipe = f->outside;
		p->pump[i].from = i == STDIN_FILENO ? f->number : f->outside;
		p->pump[i].to = i == STDIN_FILENO ? f->outside : f->number;
		f->outside = -1;
	}
}

/* The program sees the end of its input, or that nobody reads its output. */
static void end(struct pump *p)
{
	close(p->pipe);
	p->from = p->to = p->pipe = -1;
	p->start = p->end = 0;
}

void pumps_want(const struct pumps *p, struct pollfd *fds)
{
	const struct pump *at;

	for (at = p->pump; at < p->pump + PUMPS; at++, fds++) {
		*fds = (struct pollfd){.fd = at->from, .events = POLLIN};
		if (at->start < at->end)
			*fds = (struct pollfd){.fd = at->to, .events = POLLOUT};
	}
}

static void step(struct pump *p)
{
	ssize_t n;

	if (p->start == p->end) {
		n = read(p->from, p->data, sizeof(p->data));
		p->start = 0;
		p->end = n > 0 ? (size_t)n : 0;
	} else {
		/* A pipe that is ready takes as much as this at once. */
		n = send(p->to, p->data + p->start, p->end - p->start,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == ENOTSOCK)
			n = write(p->to, p->data + p->start, p->end - p->start);
		if (n > 0)
			p->start += (size_t)n;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		end(p);
}

void pumps_step(struct pumps *p, const struct pollfd *fds)
{
	int i;

	for (i = 0; i < PUMPS; i++)
		if (p->pump[i].pipe >= 0 && fds[i].revents)
			step(&p->pump[i]);
}

bool pumps_empty(struct pumps *p)
{
	int i, left;

	if (p->pump[STDIN_FILENO].pipe >= 0)
		end(&p->pump[STDIN_FILENO]);
	for (i = STDOUT_FILENO; i < PUMPS; i++) {
		if (p->pump[i].pipe < 0)
			continue;
		if (p->pump[i].start < p->pump[i].end ||
		    (ioctl(p->pump[i].pipe, FIONREAD, &left) == 0 && left > 0))
			return false;
	}
	return true;
}

void pumps_close(struct pumps *p)
{
	int i;

	for (i = 0; i < PUMPS; i++)
		if (p->pump[i].pipe >= 0)
			end(&p->pump[i]);
}
