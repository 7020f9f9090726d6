/* SPDX-License-Identifier: MIT */
#include "exec/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "criu-ns-mounts"
#define CANNOT_RUN 255 /* no errno */

static _Noreturn void become_program(pid_t pid, int out)
{
	char number[16], path[2 * PATH_MAX], self[PATH_MAX] = "";

	snprintf(number, sizeof(number), "%d", pid);
	if (dup2(out, STDOUT_FILENO) < 0 ||
	    readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		_exit(errno);
	snprintf(path, sizeof(path), "%s/" PROGRAM, dirname(self));
	execl(path, PROGRAM, number, (char *)NULL);
	execl(LIBEXECDIR "/" PROGRAM, PROGRAM, number, (char *)NULL);
	_exit(CANNOT_RUN);
}

static int read_all(int fd, struct mounts *m)
{
	char *grown;
	ssize_t n;

	do {
		grown = realloc(m->text, m->size + PIPE_BUF);
		if (!grown)
			return -ENOMEM;
		m->text = grown;
		n = read(fd, m->text + m->size, PIPE_BUF);
		if (n < 0 && errno != EINTR)
			return -errno;
		m->size += n > 0 ? (size_t)n : 0;
	} while (n);
	return 0;
}

int mounts_added(pid_t pid, struct mounts *ret)
{
	int out[2], status = 0, err;
	pid_t child;

	*ret = (struct mounts){0};
	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		become_program(pid, out[1]);
	err = child < 0 ? -errno : 0;
	close(out[1]);
	if (!err)
		err = read_all(out[0], ret);
	close(out[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (err || status == 0)
		return err;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == CANNOT_RUN ||
	    WEXITSTATUS(status) == 127)
		return -ELIBACC;
	return -WEXITSTATUS(status);
}

const char *mounts_next(const struct mounts *m, const char *at)
{
	const char *next = at ? at + strlen(at) + 1 : m->text;

	return next && next < m->text + m->size ? next : NULL;
}

void mounts_free(struct mounts *m)
{
	free(m->text);
	*m = (struct mounts){0};
}
