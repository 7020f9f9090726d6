/* SPDX-License-Identifier: MIT */
#ifndef EXEC_PUMPS_H
#define EXEC_PUMPS_H

#include <poll.h>
#include <stdbool.h>

#include "exec/stdio.h"

/*
 * Carries bytes between our pipes and the caller's sockets, fifos and
 * terminals, for a program that can't have these itself.
 */

#define PUMPS 3
#define PUMP_FDS PUMPS

struct pump {
	int from, to; /* -1: ended; not ours to close but for @pipe */
	int pipe;     /* our end of the pipe, one of them; -1: not used */
	char data[4096];
	size_t start, end;
};

struct pumps {
	struct pump pump[PUMPS];
};

/**
 * pumps_open - one for each of stdin, stdout and stderr that has a pipe of
 * ours.
 * @s: its ends of the pipes belong to the pumps from now on
 */
void pumps_open(struct pumps *p, struct stdio *s);

/**
 * pumps_want - what to poll for, in PUMP_FDS entries.
 */
void pumps_want(const struct pumps *p, struct pollfd *fds);

/**
 * pumps_step - move what can be moved, after poll(2) on these entries.
 */
void pumps_step(struct pumps *p, const struct pollfd *fds);

/**
 * pumps_empty - no more input; of the output, whether all that was written so
 * far is out.
 */
bool pumps_empty(struct pumps *p);

void pumps_close(struct pumps *p);

#define PUMP_NONE                                \
	{                                        \
		.from = -1, .to = -1, .pipe = -1 \
	}
#define PUMPS_NONE                                      \
	(struct pumps)                                  \
	{                                               \
		{                                       \
			PUMP_NONE, PUMP_NONE, PUMP_NONE \
		}                                       \
	}

#endif
