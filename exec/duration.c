/* SPDX-License-Identifier: MIT */
#include "exec/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define A_YEAR (366.0 * 24 * 60 * 60)

double duration_read(const char *text)
{
	static const char units[] = "dhms";
	static const double seconds[] = {86400, 3600, 60, 1};
	const char *unit = units;
	double all = 0, part;
	char *end;

	if (!*text)
		return -1;
	while (*text) {
		/* strtod(3) takes signs, blanks, "inf" and hexadecimals. */
		if (!isdigit((unsigned char)*text) && *text != '.')
			return -1;
		if (text[strspn(text, "0123456789.")] == 'x')
			return -1;
		part = strtod(text, &end);
		if (end == text)
			return -1;
		if (!*end && unit == units) {
			unit = strchr(units, 's');
		} else {
			if (!*end)
				return -1;
			unit = strchr(unit, *end++);
			if (!unit)
				return -1;
		}
		all += part * seconds[unit - units];
		unit++;
		text = end;
	}
	return all <= A_YEAR ? all : -1;
}

int duration_timer(double seconds)
{
	struct itimerspec when = {0};
	int fd, err;

	fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	when.it_value.tv_sec = (time_t)seconds;
	when.it_value.tv_nsec =
		(long)((seconds - (double)when.it_value.tv_sec) * 1e9);
	/* Zero would switch it off. */
	if (!when.it_value.tv_sec && !when.it_value.tv_nsec)
		when.it_value.tv_nsec = 1;
	err = timerfd_settime(fd, 0, &when, NULL) < 0 ? -errno : 0;
	if (!err)
		return fd;
	close(fd);
	return err;
}
