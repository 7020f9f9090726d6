/* SPDX-License-Identifier: MIT */
#include "exec/check_live.h"
#include "exec/command.h"

int command_check(struct argv *a)
{
	if (argv_last(a, OPT_TREE))
		return check_live(a);
	return command_pass(a);
}
