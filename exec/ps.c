/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <string.h>
#include <unistd.h>

#include "exec/census.h"
#include "exec/listing.h"
#include "exec/message.h"

static int print(const struct census *all, bool json)
{
	struct screen to;

	if (json) {
		listing_json(stdout, all);
		return 0;
	}
	to = screen_stdout();
	return listing_text(&to, all);
}

int command_ps(struct argv *a)
{
	uid_t uid = geteuid();
	struct census all;
	int err;

	if (a->n_operands)
		return message_fail("'%s' is one word too many for ps",
				    a->operand[0]);
	err = census_take(uid ? (int64_t)uid : -1, &all);
	if (err)
		return message_fail("cannot look for trees in '/proc': %s",
				    strerror(-err));
	err = print(&all, argv_flag(a, OPT_JSON));
	census_free(&all);
	if (err)
		return message_fail("cannot print what was found: %s",
				    strerror(-err));
	return message_flush();
}
