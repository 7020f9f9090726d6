/* SPDX-License-Identifier: MIT */
#ifndef NS_MEMORY_H
#define NS_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/*
 * What a process has in memory, in bytes; 0 for a zombie.
 */

/**
 * ns_memory_pss - the proportional set size: a page that several processes
 * share counts in part.
 * Returns it, or -errno: -EACCES when the caller may not look into the process;
 * smaps_rollup, Linux 4.14.
 */
int64_t ns_memory_pss(pid_t pid);

/**
 * ns_memory_rss - the resident set size, what is shared included: anybody may
 * know it.
 * Returns it, or -errno.
 */
int64_t ns_memory_rss(pid_t pid);

/**
 * ns_memory_trim - before a long wait: forget the code and constants that were
 * needed to come so far.  They count as ours when nobody else runs this
 * program; the kernel brings back what is needed again.
 */
void ns_memory_trim(void);

#endif
