/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CLASH_H
#define EXEC_CLASH_H

#include "image/contents.h"

/*
 * What copies of one image can't all have, or would spoil for one another.
 */

struct clash_how {
	unsigned int n;	  /* how many copies */
	bool own_net;	  /* each has a network namespace of its own */
	bool tcp_close;	  /* connections don't come back */
	bool share_files; /* --shared-files=allow */
};

/**
 * clash_check - refuse what can't work or would do damage.
 * Says what it is and what to do, and returns an exit status, or returns 0.
 * Says as well what works and is shared all the same.
 * @ret_in_turn: whether they have to be restored one after the other
 */
int clash_check(const struct image_contents *image, const struct clash_how *how,
		bool *ret_in_turn);

#endif
