/* SPDX-License-Identifier: MIT */
#include "ns/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ns/process.h"

#define PSS "\nPss:"

int64_t ns_memory_pss(pid_t pid)
{
	char text[2048];
	const char *at;
	int n = ns_process_file(pid, "smaps_rollup", text, sizeof(text));

	if (n < 0)
		return n;
	at = strstr(text, PSS);
	return at ? strtoll(at + strlen(PSS), NULL, 10) * 1024 : -EBADMSG;
}

int64_t ns_memory_rss(pid_t pid)
{
	char text[256];
	long long pages;
	int n = ns_process_file(pid, "statm", text, sizeof(text));

	if (n < 0)
		return n;
	if (sscanf(text, "%*d %lld", &pages) != 1)
		return -EBADMSG;
	return pages * sysconf(_SC_PAGESIZE);
}

void ns_memory_trim(void)
{
	extern const char __executable_start[], etext[];
	uintptr_t start = (uintptr_t)__executable_start;

	/* If it can't be done, nothing is lost. */
	(void)madvise((void *)__executable_start, (uintptr_t)etext - start,
		      MADV_DONTNEED);
}
