/* SPDX-License-Identifier: MIT */
#include "exec/execute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void run_by_shell(char **cmd)
{
	char shell[] = "sh", **argv;
	size_t n = 0;

	while (cmd[n])
		n++;
	argv = calloc(n + 2, sizeof(*argv));
	if (!argv)
		return;
	argv[0] = shell;
	memcpy(argv + 1, cmd, n * sizeof(*cmd));
	execv("/bin/sh", argv);
	free(argv);
}

void execute_command(char **cmd)
{
	execvp(cmd[0], cmd);
	if (errno == ENOEXEC) {
		run_by_shell(cmd);
		errno = ENOEXEC;
	}
}
