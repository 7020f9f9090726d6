/* SPDX-License-Identifier: MIT */
#include "exec/merge.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "exec/message.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

#define KSMD "/sys/kernel/mm/ksm/run"

/* Where /sys can't be read, nobody knows. */
static bool is_off(void)
{
	int fd = open(KSMD, O_RDONLY | O_CLOEXEC);
	char on = '1';

	if (fd < 0)
		return false;
	if (read(fd, &on, 1) != 1)
		on = '1';
	close(fd);
	return on != '1';
}

bool merge_prepare(void)
{
	if (prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) < 0) {
		message("memory is not merged: this kernel can't for whole "
			"processes (%s; needs Linux 6.4 with CONFIG_KSM)",
			strerror(errno));
		return false;
	}
	if (is_off())
		message("memory will be merged when ksmd runs, and it does "
			"not (echo 1 >" KSMD ")");
	return true;
}

int merge_start(void)
{
	return prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0) < 0 ? -errno : 0;
}
