/* SPDX-License-Identifier: MIT */
#include "exec/check_image.h"
#include "exec/check_live.h"
#include "exec/command.h"

int command_check(struct argv *a)
{
	if (argv_last(a, OPT_TREE))
		return check_live(a);
	if (argv_last(a, OPT_IMAGES_DIR))
		return check_image(a);
	return command_pass(a);
}
