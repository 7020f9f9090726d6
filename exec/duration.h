/* SPDX-License-Identifier: MIT */
#ifndef EXEC_DURATION_H
#define EXEC_DURATION_H

#include <time.h>

/**
 * duration_read - a time span as people write it: "90", "1.5", "10m",
 * "3h50m", "1d12h"; a number alone is seconds, units are s, m, h and d, each
 * once, the greater first.  No more than a year.
 * Returns seconds, or a negative number if it is none.
 */
double duration_read(const char *text);

/**
 * duration_timer - a timer that goes off once.
 * @seconds: 0 is at once
 * Returns a timerfd(2) that the caller closes, or -errno.
 */
int duration_timer(double seconds);

#endif
