/* SPDX-License-Identifier: MIT */
#include "exec/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * "N,M": the descriptors of criu, the script's parent, to ask and to hear by.
 * CRIU closes all but stdio in a script, but a pipe can be opened again.
 */
#define HOOK_ENV "CRIU_NS_HOOK"

static int give(struct world *w, int fd, char *ret, size_t size)
{
	int err = fd < 0 ? -errno : world_add(w, fd, ret, size);

	if (err && fd >= 0)
		close(fd);
	return err;
}

static int make_pipes(struct hook *h, struct world *w)
{
	char numbers[32], path[64];
	int ask[2], answer[2], err;

	if (pipe2(ask, O_CLOEXEC) < 0)
		return -errno;
	h->asked = ask[0];
	err = give(w, ask[1], path, sizeof(path));
	if (!err && pipe2(answer, O_CLOEXEC) < 0)
		err = -errno;
	if (err)
		return err;
	h->answer = answer[1];
	snprintf(numbers, sizeof(numbers), "%d,%d", ask[1], answer[0]);
	if (setenv(HOOK_ENV, numbers, 1) < 0)
		err = -errno;
	return err ? err : give(w, answer[0], path, sizeof(path));
}

int hook_open(struct hook *h, struct argv *a, struct world *w)
{
	char path[64];
	int err;

	err = make_pipes(h, w);
	if (!err)
		err = give(w, open("/proc/self/exe", O_PATH | O_CLOEXEC), path,
			   sizeof(path));
	/* CRIU runs the last one first. */
	return err ? err : argv_append(a, "action-script", false, path);
}

void hook_close(struct hook *h)
{
	if (h->asked >= 0)
		close(h->asked);
	if (h->answer >= 0)
		close(h->answer);
	*h = HOOK_NONE;
}

int hook_answer(struct hook *h, bool yes)
{
	char byte;

	if (read(h->asked, &byte, 1) < 0)
		return -errno;
	return write(h->answer, yes ? "y" : "n", 1) < 0 ? -errno : 0;
}

bool hook_is_me(int argc)
{
	return argc == 1 && getenv(HOOK_ENV) && getenv("CRTOOLS_SCRIPT_ACTION");
}

static int open_again(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getppid(), fd);
	/* Nobody at the other end is no reason to wait. */
	fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fcntl(fd, F_SETFL, 0) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

_Noreturn void hook_run(void)
{
	const char *action = getenv("CRTOOLS_SCRIPT_ACTION");
	const char *text = getenv(HOOK_ENV);
	int theirs[2], ask, answer;
	char byte = 'n';

	if (!action || strcmp(action, "post-dump") != 0)
		_exit(0);
	if (!text || sscanf(text, "%d,%d", &theirs[0], &theirs[1]) != 2)
		_exit(1);
	ask = open_again(theirs[0], O_WRONLY);
	answer = open_again(theirs[1], O_RDONLY);
	if (ask < 0 || answer < 0 || write(ask, "", 1) != 1)
		_exit(1);
	while (read(answer, &byte, 1) < 0)
		if (errno != EINTR)
			_exit(1);
	_exit(byte == 'y' ? 0 : 1);
}
