/* SPDX-License-Identifier: MIT */
#include "exec/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/build.h"
#include "exec/execute.h"
#include "exec/leader.h"
#include "exec/message.h"
#include "exec/title.h"
#include "mount/proc.h"
#include "ns/caps.h"
#include "ns/life.h"
#include "ns/memory.h"
#include "ns/loopback.h"
#include "ns/ns.h"
#include "ns/process.h"

#define STATE "CRIU_NS_INIT"

struct state {
	int socket;  /* -1 when nobody waits for the root's end */
	pid_t child; /* the root, or the leader of its session */
	int leads;   /* it is the leader */
	int claim;   /* a lock that ends with the root, or -1 */
	pid_t root;
	char **argv; /* of main(), once the program was executed again */
};

static _Noreturn void undo(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	_exit(1);
}

static void furnish(const struct init_plan *plan)
{
	const struct unshare *u = &plan->unshare;
	int err = u->flags & CLONE_NEWNET ? loopback_up() : 0;

	if (err)
		build_give_up(plan, STEP_LOOPBACK, err);
	if (u->hostname && sethostname(u->hostname, strlen(u->hostname)) < 0)
		build_give_up(plan, STEP_HOSTNAME, -errno);
}

static void prepare(const struct init_plan *plan)
{
	pid_t max;
	int err;

	if (setsid() < 0)
		build_give_up(plan, STEP_SESSION, -errno);
	err = mount_detach();
	if (err)
		build_give_up(plan, STEP_MOUNTS, err);
	err = mount_proc();
	if (err)
		build_give_up(plan, STEP_PROC, err);
	furnish(plan);
	max = ns_pid_max();
	if (max < 0)
		build_give_up(plan, STEP_PID_MAX, max);
	if (plan->highest >= max || !plan->first || plan->first >= max)
		build_give_up(plan, STEP_PID_MAX, -ERANGE);
	/* criu and its helpers must not sit on a number of the image. */
	err = ns_set_last_pid(plan->first - 1);
	if (err)
		build_give_up(plan, STEP_LAST_PID, err);
}

/*
 * A root killed by SIGKILL may have been killed by the end of a dump: then
 * the holder is still here, and will know how the dump has ended.
 */
static int was_dumped(void)
{
	pid_t child[64];
	int i, n, status;

	n = ns_process_children(getpid(), child, 64);
	for (i = 0; i < n; i++)
		if (ns_is_holder(child[i]) &&
		    waitpid(child[i], &status, 0) == child[i])
			return WIFEXITED(status) &&
			       WEXITSTATUS(status) == NS_HOLDER_ENDED;
	return 0;
}

/*
 * A holder among the children that end says that the tree was dumped, before it
 * is reaped and has no name any more.
 */
static pid_t reap(const struct state *s, int *status, int *dumped)
{
	siginfo_t info;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0)
		return -1;
	if (info.si_code == CLD_EXITED &&
	    (info.si_status == NS_HOLDER_ENDED ||
	     info.si_status == NS_HOLDER_LEFT) &&
	    ns_is_holder(info.si_pid)) {
		*dumped = info.si_status == NS_HOLDER_ENDED;
		if (s->argv)
			title_stamp(s->argv);
		ns_memory_trim();
	}
	return waitpid(info.si_pid, status, 0);
}

static _Noreturn void finish(const struct state *s)
{
	int status = 0, killed, dumped = 0;
	pid_t pid;

	prctl(PR_SET_NAME, INIT_TITLE);
	/* Without a capability less, init would still do its work. */
	ns_caps_drop();
	ns_memory_trim();
	do
		pid = reap(s, &status, &dumped);
	while (pid != s->child && (pid > 0 || errno == EINTR));
	if (s->leads && WIFEXITED(status) &&
	    WEXITSTATUS(status) == LEADER_KILLED)
		status = SIGKILL;
	else if (s->leads && status != LEADER_DONE)
		undo();
	/* Who hears of the end may start the next one. */
	if (s->claim >= 0)
		close(s->claim);
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (s->socket >= 0) {
		if (pid == s->child && (killed || !s->leads))
			wire_send(s->socket, WIRE_ENDED,
				  killed && (dumped || was_dumped()), status,
				  -1);
		close(s->socket);
	}
	ns_wait_empty();
	_exit(0);
}

static _Noreturn void settle(const struct init_plan *plan,
			     const struct state *s)
{
	struct title facts = {.root = s->root,
			      .started = plan->command != NULL,
			      .generation = plan->generation};
	struct title_words words;
	char text[128];

	/* None of the caller's directories is held: unmounting must work. */
	if (chdir("/") < 0)
		_exit(1);
	snprintf(text, sizeof(text), STATE "=%d %d %d %d", s->socket, s->child,
		 s->leads, s->claim);
	snprintf(facts.dir, sizeof(facts.dir), "%s", plan->images);
	title_write(&facts, &words);
	if ((s->socket < 0 || fcntl(s->socket, F_SETFD, 0) == 0) &&
	    (s->claim < 0 || fcntl(s->claim, F_SETFD, 0) == 0))
		build_execute_again(plan, words.argv, text);
	finish(s);
}

static _Noreturn void run_exec_cmd(const struct init_plan *plan)
{
	int err;

	sigprocmask(SIG_SETMASK, &plan->mask, NULL);
	if (chdir(plan->work_dir) < 0)
		_exit(message_fail("cannot change to work directory '%s': %s",
				   plan->work_dir, strerror(errno)));
	execute_command(plan->exec_cmd);
	err = errno;
	message("cannot execute '%s' (--exec-cmd): %s", plan->exec_cmd[0],
		strerror(err));
	_exit(err == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN);
}

/* The leader builds the tree, and says that it runs. */
static _Noreturn void run_leader(const struct init_plan *plan)
{
	struct state s = {
		.socket = plan->socket, .leads = 1, .claim = plan->claim};
	int up[2];
	pid_t root;
	ssize_t n;

	if (pipe2(up, O_CLOEXEC) < 0)
		build_give_up(plan, STEP_FORK, -errno);
	s.child = fork();
	if (s.child < 0)
		build_give_up(plan, STEP_FORK, -errno);
	if (s.child == 0) {
		close(up[0]);
		leader_run(plan, up[1]);
	}
	/*
	 * What criu's arguments name by /proc/1/fd has to stay open until the
	 * leader has let go of everything, or has ended.  It says before that
	 * which number the root has.
	 */
	close(up[1]);
	while ((n = read(up[0], &root, sizeof(root))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n == sizeof(root))
			s.root = root;
	close(up[0]);
	if (plan->detached) {
		close(plan->socket);
		s.socket = -1;
	}
	settle(plan, &s);
}

_Noreturn void init_run(const struct init_plan *plan)
{
	struct state s = {.socket = plan->socket, .claim = plan->claim};
	int keep[4] = {plan->socket, plan->self, plan->claim, -1};

	prepare(plan);
	if (plan->shell_job)
		run_leader(plan);
	s.child = s.root = build_tree(plan, -1);
	if (s.child <= 0 ||
	    build_hand_over(plan, s.child, plan->exec_cmd ? NULL : keep) < 0)
		undo();
	if (plan->exec_cmd)
		run_exec_cmd(plan);
	if (plan->detached) {
		close(plan->socket);
		s.socket = -1;
	}
	settle(plan, &s);
}

/* All but the socket and the claim. */
static void close_others(const struct state *s)
{
	int low = s->socket < s->claim ? s->socket : s->claim;
	int high = s->socket < s->claim ? s->claim : s->socket;

	if (low > 0)
		ns_close_range(0, (unsigned int)low - 1);
	if (low + 1 < high)
		ns_close_range((unsigned int)(low + 1), (unsigned int)high - 1);
	ns_close_range((unsigned int)(high + 1), ~0U);
}

bool init_is_me(void)
{
	return getpid() == 1 && getenv(STATE);
}

_Noreturn void init_resume(char **argv)
{
	struct state s = {.argv = argv};

	if (sscanf(getenv(STATE), "%d %d %d %d", &s.socket, &s.child, &s.leads,
		   &s.claim) != 4)
		_exit(1);
	close_others(&s);
	finish(&s);
}
