/* SPDX-License-Identifier: MIT */
#include "exec/crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/copy.h"
#include "exec/forward.h"
#include "exec/message.h"
#include "exec/restore.h"
#include "exec/tally.h"

struct crowd {
	struct restore *restore;
	struct tally tally;
	unsigned int jobs;
	unsigned int started, starting, living;
	int news[2];  /* pipe: which tree runs */
	int signals;  /* signalfd */
	int children; /* signalfd of SIGCHLD */
	int ended_by; /* the signal after which none is started, or 0 */
	sigset_t mask;
};

/* What a launcher tells when its tree runs; shorter than PIPE_BUF. */
struct news {
	unsigned int number;
	pid_t root;
};

/* In a launcher: which copy it has, and where to tell. */
static struct news news;
static int tell_to;

/* --- The launcher of a copy ------------------------------------------------
 */

static void tell(struct restore *r)
{
	news.root = r->root_pid;
	/* Without us, those that run go on, as with any other restore. */
	prctl(PR_SET_PDEATHSIG, 0);
	if (write(tell_to, &news, sizeof(news)) < 0)
		return;
	close(tell_to);
}

static int restore_copy(struct restore *r, unsigned int number)
{
	int status = copy_name(r->argv, number)
			     ? message_fail("no memory")
			     : unshare_read(r->argv, &r->plan.unshare);

	r->up = tell;
	if (!status)
		status = restore_prepare(r);
	if (!status)
		status = restore_start(r);
	restore_end(r, status);
	return status;
}

static _Noreturn void be_launcher(struct crowd *c, unsigned int number,
				  pid_t parent)
{
	int status;

	/* Without us, nobody would know of what is not yet up. */
	if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ||
	    getppid() != parent || sigprocmask(SIG_SETMASK, &c->mask, NULL) < 0)
		_exit(STATUS_OURS);
	close(c->signals);
	close(c->children);
	close(c->news[0]);
	tell_to = c->news[1];
	news.number = number;
	message_copy(number);
	status = restore_copy(c->restore, number);
	fflush(stdout);
	_exit(status);
}

/* --- All of them -----------------------------------------------------------
 */

static void start_one(struct crowd *c)
{
	unsigned int number = ++c->started;
	pid_t pid, parent = getpid();

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		be_launcher(c, number, parent);
	if (pid < 0) {
		message("cannot start copy %u: %s%s", number, strerror(errno),
			message_advice(-errno));
		tally_ended(&c->tally, number, STATUS_OURS);
		return;
	}
	c->tally.copy[number - 1].state = TALLY_STARTS;
	c->tally.copy[number - 1].launcher = pid;
	c->starting++;
	c->living++;
}

static void hear(struct crowd *c)
{
	struct news n;

	/* The reading end does not block. */
	while (read(c->news[0], &n, sizeof(n)) == sizeof(n)) {
		c->starting--;
		tally_runs(&c->tally, n.number, n.root);
	}
}

static unsigned int number_of(const struct crowd *c, pid_t launcher)
{
	unsigned int i;

	for (i = 0; i < c->started; i++)
		if (c->tally.copy[i].launcher == launcher)
			return i + 1;
	return 0;
}

static void reap(struct crowd *c)
{
	struct signalfd_siginfo info;
	unsigned int number;
	int status;
	pid_t pid;

	/* One signal may stand for several children. */
	while (read(c->children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		/* It has told before it ended. */
		hear(c);
		number = number_of(c, pid);
		if (!number)
			continue;
		if (c->tally.copy[number - 1].state == TALLY_STARTS)
			c->starting--;
		c->living--;
		tally_ended(&c->tally, number, message_status(status));
	}
}

/* Those that run are not called back by -d: they are nobody's any more. */
static void pass_on(struct crowd *c)
{
	struct forward_signal s;
	unsigned int i;

	if (forward_read(c->signals, &s) < 0)
		return;
	if (s.number == SIGPIPE && s.sender == getpid())
		return;
	if (forward_ends(s.number) && !c->ended_by &&
	    (c->tally.detached || c->tally.ran + c->tally.failed < c->tally.n))
		c->ended_by = s.number;
	for (i = 0; i < c->started; i++) {
		const struct tally_copy *copy = &c->tally.copy[i];

		if (copy->launcher &&
		    !(c->tally.detached && copy->state == TALLY_RUNS))
			kill(copy->launcher, s.number);
	}
	/* The launchers have stopped their trees; fg continues us all. */
	if (s.number == SIGTSTP)
		raise(SIGSTOP);
}

static int wait_for_event(struct crowd *c)
{
	struct pollfd fds[] = {
		{.fd = c->signals, .events = POLLIN},
		{.fd = c->children, .events = POLLIN},
		{.fd = c->news[0], .events = POLLIN},
	};

	while (poll(fds, 3, -1) < 0)
		if (errno != EINTR)
			return message_fail("cannot poll: %s", strerror(errno));
	if (fds[2].revents)
		hear(c);
	if (fds[1].revents)
		reap(c);
	if (fds[0].revents)
		pass_on(c);
	return 0;
}

static int tend(struct crowd *c)
{
	struct tally *t = &c->tally;
	int status;

	for (;;) {
		while (c->started < t->n && c->starting < c->jobs &&
		       !c->ended_by)
			start_one(c);
		if (!c->starting && (c->started == t->n || c->ended_by))
			tally_sum_up(t, c->ended_by);
		if (!c->living)
			return tally_status(t, c->ended_by);
		status = wait_for_event(c);
		if (status)
			return status;
	}
}

static int prepare(struct crowd *c)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (pipe2(c->news, O_CLOEXEC) < 0 ||
	    fcntl(c->news[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	c->signals = forward_open(&c->mask);
	if (c->signals < 0)
		return c->signals;
	if (sigprocmask(SIG_BLOCK, &child, NULL) < 0)
		return -errno;
	c->children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->children < 0 ? -errno : 0;
}

int crowd_run(struct restore *r, unsigned int n, unsigned int jobs)
{
	struct crowd c = {
		.restore = r,
		.jobs = jobs,
		.tally = {.detached = r->detached,
			  .json = argv_flag(r->argv, OPT_JSON),
			  .lists = r->detached &&
				   !argv_last(r->argv, OPT_PIDFILE)},
	};
	int err = prepare(&c), status;

	if (!err)
		err = tally_open(&c.tally, n);
	if (err)
		return message_fail("cannot start copies: %s", strerror(-err));
	/* The first one that fails tells why at length. */
	r->told = mmap(NULL, sizeof(*r->told), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->told == MAP_FAILED)
		r->told = NULL;
	status = tend(&c);
	tally_close(&c.tally);
	return status;
}
