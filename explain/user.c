/* SPDX-License-Identifier: MIT */
#include "explain/user.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

const char *user_name(int64_t uid, char *buf, size_t size)
{
	const struct passwd *user = uid < 0 ? NULL : getpwuid((uid_t)uid);

	if (user)
		snprintf(buf, size, "%s", user->pw_name);
	else if (uid < 0)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%" PRId64, uid);
	return buf;
}
