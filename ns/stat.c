/* SPDX-License-Identifier: MIT */
#include "ns/stat.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ns/process.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h, in proc_pid_stat(5) */

/* comm, the second field, may hold blanks and brackets. */
static int stat_parse(char *text, struct ns_stat *ret, long *ret_threads)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long start;
	unsigned long flags;

	if (!open || !close || close < open)
		return -EBADMSG;
	*close = '\0';
	snprintf(ret->name, sizeof(ret->name), "%s", open + 1);
	if (sscanf(close + 1,
		   " %c %d %d %d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d "
		   "%*d %*d %ld %*d %llu",
		   &ret->state, &ret->ppid, &ret->pgid, &ret->sid, &flags,
		   ret_threads, &start) != 7)
		return -EBADMSG;
	ret->kthread = flags & PF_KTHREAD;
	ret->start = start;
	return 0;
}

static int stat_read(pid_t pid, struct ns_stat *ret, long *ret_threads)
{
	char text[1024];
	int n = ns_process_file(pid, "stat", text, sizeof(text));

	if (n < 0)
		return n;
	*ret = (struct ns_stat){.pid = pid};
	return stat_parse(text, ret, ret_threads);
}

int ns_stat_read(pid_t pid, struct ns_stat *ret)
{
	struct ns_stat p;
	long threads;
	int err = stat_read(pid, &p, &threads);

	if (!err)
		*ret = p;
	return err;
}

/* The number that a name in /proc is, or 0. */
static pid_t stat_number(const char *name)
{
	char *end;
	long n = strtol(name, &end, 10);

	return *end || n <= 0 || n > INT32_MAX ? 0 : (pid_t)n;
}

static int stat_threads(const struct ns_stat *p,
			int (*thread)(const struct ns_stat *p, pid_t tid,
				      void *data),
			void *data)
{
	struct dirent *entry;
	char path[64];
	int got = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", p->pid);
	dir = opendir(path);
	/* It has ended meanwhile, with its threads. */
	if (!dir)
		return 0;
	while (!got && (entry = readdir(dir))) {
		pid_t tid = stat_number(entry->d_name);

		if (tid && tid != p->pid)
			got = thread(p, tid, data);
	}
	closedir(dir);
	return got;
}

int ns_stat_walk(int (*process)(const struct ns_stat *p, void *data),
		 int (*thread)(const struct ns_stat *p, pid_t tid, void *data),
		 void *data)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int got = 0;

	if (!dir)
		return -errno;
	while (!got && (entry = readdir(dir))) {
		pid_t pid = stat_number(entry->d_name);
		struct ns_stat p;
		long threads;

		if (!pid || stat_read(pid, &p, &threads) < 0)
			continue;
		got = process(&p, data);
		/* A dead leader is not counted while its threads live on. */
		if (!got && thread && (threads > 1 || p.state == 'Z'))
			got = stat_threads(&p, thread, data);
	}
	closedir(dir);
	return got;
}

int64_t ns_stat_owner(pid_t pid)
{
	char text[4096];
	const char *at;
	int n = ns_process_file(pid, "status", text, sizeof(text));

	if (n < 0)
		return n;
	at = strstr(text, "\nUid:\t");
	return at ? strtoll(at + strlen("\nUid:\t"), NULL, 10) : -EBADMSG;
}

int64_t ns_stat_since(const struct ns_stat *p)
{
	int64_t hz = sysconf(_SC_CLK_TCK), ns = 1000 * 1000 * 1000;
	struct timespec now, up;

	/* One after the other: the same answer each time, to a microsecond. */
	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return 0;
	return (now.tv_sec - up.tv_sec) +
	       (now.tv_nsec - up.tv_nsec + (int64_t)p->start * (ns / hz)) / ns;
}

uint64_t ns_stat_age(const struct ns_stat *p)
{
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK), start = p->start / hz;
	struct timespec now;

	if (clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return 0;
	return (uint64_t)now.tv_sec > start ? (uint64_t)now.tv_sec - start : 0;
}
