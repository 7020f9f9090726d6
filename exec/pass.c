/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec/before.h"
#include "exec/checker.h"
#include "exec/message.h"

int command_pass(struct argv *a)
{
	struct criu criu;
	char **argv;
	int err, status;

	status = before_criu(&criu, a);
	if (status)
		return status;
	if (!strcmp(a->action, "check")) {
		status = checker_run(&criu, a);
		criu_close(&criu);
		return status;
	}
	argv = argv_build(a, criu.path);
	unsetenv("POSIXLY_CORRECT"); /* argv_parse() has honoured it */
	err = argv ? criu_exec_as_is(&criu, argv) : -ENOMEM;
	message("cannot run criu, '%s': %s", criu.path, strerror(-err));
	argv_build_free(argv);
	criu_close(&criu);
	return err == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}
