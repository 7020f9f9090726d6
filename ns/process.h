/* SPDX-License-Identifier: MIT */
#ifndef NS_PROCESS_H
#define NS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Processes, as the /proc that is mounted here tells of them.
 */

struct ns_process {
	pid_t pid;    /* as asked for */
	pid_t tgid;   /* differs from pid when pid is a thread */
	pid_t ppid;   /* 0: the parent is outside of this pid namespace */
	pid_t inner;  /* the number in the innermost pid namespace */
	pid_t tracer; /* who has it under ptrace(2), or 0 */
	char state;   /* as in ps: R S D T Z X ... */
	bool kthread;
	uint64_t handled; /* signals caught or ignored: bit N - 1 for N */
	char name[64]; /* comm; the kernel lets threads of its own have more */
};

/**
 * ns_process_read - what /proc/PID/status says of a process or thread.
 * "inner" is the last field of NSpid (Linux 4.1); a kernel thread is known by
 * PF_KTHREAD in /proc/PID/stat.
 * Returns 0, -ESRCH or another -errno; proc(5).
 */
int ns_process_read(pid_t pid, struct ns_process *ret);

/* PID namespaces are at most so deep, pid_namespaces(7). */
#define NS_PROCESS_LEVELS 33

/**
 * ns_process_numbers - the numbers of a process: in the pid namespace of this
 * /proc, in the one below that on the way to its own, and so on.
 * @ret: NS_PROCESS_LEVELS numbers
 * Returns how many there are, at least one, or -errno; NSpid, Linux 4.1.
 */
int ns_process_numbers(pid_t pid, pid_t *ret);

/**
 * ns_process_is_dying - whether a process is about to end: it has SIGKILL
 * pending, or is exiting and still gives back what it has.
 */
bool ns_process_is_dying(pid_t pid);

/**
 * ns_process_title - the command line of a process as /proc/PID/cmdline has it,
 * its words joined by blanks.
 * @buf: filled and ended with NUL; "" for a zombie or kernel thread
 * Returns 0 or -errno.
 */
int ns_process_title(pid_t pid, char *buf, size_t size);

/**
 * ns_process_children - the children of a process.
 * @ret: filled with at most @max numbers
 * Returns how many were filled in, or -errno; needs CONFIG_PROC_CHILDREN, which
 * CRIU needs as well.
 */
int ns_process_children(pid_t pid, pid_t *ret, int max);

/**
 * ns_process_below - find a process by the number that it has in the pid
 * namespace of another one.
 * @init: PID 1 of that namespace
 * Returns its number here, -ESRCH, or another -errno.
 */
pid_t ns_process_below(pid_t init, pid_t number);

/**
 * ns_process_signal_descendants - send a signal to what a process has forked,
 * and to what that has forked, but not to the process itself.
 */
void ns_process_signal_descendants(pid_t pid, int sig);

/**
 * ns_process_is_ancestor - whether @pid is the calling process or an ancestor
 * of it.  Returns 1, 0 or -errno.
 */
int ns_process_is_ancestor(pid_t pid);

/**
 * ns_pidfd_open - pidfd_open(2), Linux 5.3.
 * Returns a descriptor (close-on-exec) that the caller closes, or -errno.
 */
int ns_pidfd_open(pid_t pid);

/**
 * ns_pidfd_signal - pidfd_send_signal(2), Linux 5.1.
 * @sig: 0 asks whether the process is there
 * Returns 0 or -errno (-ESRCH: it has ended and was reaped).
 */
int ns_pidfd_signal(int pidfd, int sig);

/**
 * ns_pidfd_ended - whether the process has ended, reaped or not.
 */
bool ns_pidfd_ended(int pidfd);

/**
 * ns_close_range - close_range(2), Linux 5.9: close descriptors @first to
 * @last.  Returns 0 or -errno.
 */
int ns_close_range(unsigned int first, unsigned int last);

/**
 * ns_pidfd_number - the number that a pidfd's process has in the pid namespace
 * of the /proc that is mounted here; never that of another process, whatever
 * numbers were used again meanwhile.
 * Returns the number, -ESRCH when it has ended or has none here, or -errno;
 * Linux 5.3, "Pid:" in /proc/self/fdinfo/FD.
 */
pid_t ns_pidfd_number(int pidfd);

/**
 * ns_process_file - read a file of /proc/PID.
 * @buf: filled and ended with NUL
 * Returns how many bytes there are, or -errno (-ESRCH without such a process).
 */
int ns_process_file(pid_t pid, const char *name, char *buf, size_t size);

#endif
