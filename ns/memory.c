/* SPDX-License-Identifier: MIT */
#include "ns/memory.h"

#include <errno.h>
#include <link.h>
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

/* If it can't be done, nothing is lost. */
static int forget(struct dl_phdr_info *program, size_t size, void *arg)
{
	uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1, start;
	size_t i;

	(void)size;
	(void)arg;
	for (i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &program->dlpi_phdr[i];

		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		start = (program->dlpi_addr + p->p_vaddr) & ~mask;
		(void)madvise((void *)start,
			      program->dlpi_addr + p->p_vaddr + p->p_memsz -
				      start,
			      MADV_DONTNEED);
	}
	/* The first one is the program itself. */
	return 1;
}

void ns_memory_trim(void)
{
	dl_iterate_phdr(forget, NULL);
}
