/* SPDX-License-Identifier: MIT */
#include "exec/forward.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ns/process.h"

int forward_open(sigset_t *ret_mask)
{
	static const int not_ours[] = {
		SIGCHLD, SIGTTIN, SIGTTOU, /* no terminal is read here */
		SIGSEGV, SIGBUS,  SIGILL,  SIGFPE, SIGTRAP, SIGSYS,
	};
	sigset_t set;
	size_t i;
	int fd;

	sigfillset(&set);
	for (i = 0; i < sizeof(not_ours) / sizeof(*not_ours); i++)
		sigdelset(&set, not_ours[i]);
	if (sigprocmask(SIG_BLOCK, &set, ret_mask) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int forward_read(int fd, struct forward_signal *ret)
{
	struct signalfd_siginfo info;
	ssize_t n;

	do
		n = read(fd, &info, sizeof(info));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret->number = (int)info.ssi_signo;
	ret->sender = (int)info.ssi_pid;
	return 0;
}

bool forward_ends(int sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGHUP ||
	       sig == SIGQUIT;
}

bool forward_ignored(int sig)
{
	struct sigaction a;

	return sigaction(sig, NULL, &a) == 0 && a.sa_handler == SIG_IGN;
}

static bool handles(const struct ns_process *p, int sig)
{
	return p->handled >> (sig - 1) & 1;
}

void forward_send(int pidfd, int sig)
{
	struct ns_process p;
	pid_t pid;

	/* It may have ended meanwhile: its status is on the way. */
	if (pidfd >= 0 && sig != SIGTSTP)
		ns_pidfd_signal(pidfd, sig);
	if (sig != SIGTSTP)
		return;
	pid = pidfd >= 0 ? ns_pidfd_number(pidfd) : -1;
	if (pid > 0 && ns_process_read(pid, &p) == 0)
		ns_pidfd_signal(pidfd,
				handles(&p, SIGTSTP) ? SIGTSTP : SIGSTOP);
	raise(SIGSTOP);
}

void forward_to_init(int pidfd, int sig)
{
	struct ns_process p;
	pid_t pid = ns_pidfd_number(pidfd);

	if (forward_ends(sig) && pid > 0 && ns_process_read(pid, &p) == 0 &&
	    !handles(&p, sig))
		sig = SIGKILL;
	forward_send(pidfd, sig);
}
