/* SPDX-License-Identifier: MIT */
#ifndef EXEC_CLOSER_H
#define EXEC_CLOSER_H

#include "exec/failure.h"

/*
 * What the log names is looked at where it is: in /proc, in the images.
 */

/**
 * closer_look - add to findings what the system and the images know of them.
 * @all: made from the log; they may be changed, and more be added
 */
void closer_look(struct findings *all, const struct failure *f);

#endif
