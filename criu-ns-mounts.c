/* SPDX-License-Identifier: MIT */
/*
 * criu-ns-mounts PID: names the mounts that a process has and we have not.
 *
 * A program of its own because libmount, with the four libraries that come with
 * it, would cost every restore half a millisecond, and can't be linked into a
 * static program.  criu-ns dump runs it when a target lives in another mount
 * namespace.  It prints mount points, each ended by a NUL byte, and exits with
 * 0, or with the errno of what went wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mount/table.h"

int main(int argc, char **argv)
{
	struct mount_list list;
	size_t i;
	int err;

	if (argc != 2)
		return EINVAL;
	err = mount_list_added(atoi(argv[1]), &list);
	for (i = 0; i < list.n && !err; i++)
		if (fwrite(list.target[i], strlen(list.target[i]) + 1, 1,
			   stdout) != 1)
			err = -EIO;
	if (!err && fflush(stdout) != 0)
		err = -errno;
	mount_list_free(&list);
	return -err;
}
