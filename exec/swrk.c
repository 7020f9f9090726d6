/* SPDX-License-Identifier: MIT */
#include "exec/swrk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/carrier.h"
#include "exec/command.h"
#include "exec/message.h"
#include "ns/process.h"
#include "rpc/response.h"

/* --- A request's descriptors and paths -------------------------------------
 */

/*
 * criu opens /proc/PID/fd/N, PID being who has made its socket.  Here that is
 * the client; there it will be criu itself, which has inherited this one.
 */
static int take_fd(struct swrk *s, int slot, int *number, int flags,
		   const char *what)
{
	char path[64];

	if (*number < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", s->pid, *number);
	s->fd[slot] = open(path, flags);
	if (s->fd[slot] < 0)
		return message_fail("cannot open %s, descriptor %d of the "
				    "client (process %d): %s",
				    what, *number, s->pid, strerror(errno));
	*number = s->fd[slot];
	return 0;
}

static int take_fds(struct swrk *s)
{
	struct rpc_request *q = &s->request;
	int status;

	status = take_fd(s, 0, &q->images_dir_fd, O_RDONLY | O_DIRECTORY,
			 "the image directory");
	if (!status)
		status = take_fd(s, 1, &q->work_dir_fd, O_RDONLY | O_DIRECTORY,
				 "the work directory");
	if (!status)
		status = take_fd(s, 2, &q->status_fd, O_WRONLY, "status_fd");
	return status;
}

/* What people call it, if that name leads there. */
static void name_fd(int fd, char *ret, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size - 1);
	if (n > 0) {
		ret[n] = '\0';
		if (access(ret, F_OK) == 0)
			return;
	}
	snprintf(ret, size, "%s", link);
}

static int append_dir(struct argv *a, const char *option, int fd)
{
	char path[PATH_MAX];

	if (fd < 0)
		return 0;
	name_fd(fd, path, sizeof(path));
	return argv_append(a, option, false, path);
}

static int append_lists(const struct rpc_request *q, struct argv *a)
{
	char text[PATH_MAX + 64];
	size_t i;
	int err = 0;

	for (i = 0; i < q->n_external && !err; i++)
		err = argv_append(a, "external", false,
				  rpc_request_external(q, i));
	for (i = 0; i < q->n_join_ns && !err; i++) {
		err = rpc_request_join_ns(q, i, text, sizeof(text));
		if (!err)
			err = argv_append(a, "join-ns", false, text);
	}
	return err;
}

static int append_all(const struct rpc_request *q, struct argv *a)
{
	char number[16];
	int err = append_dir(a, "images-dir", q->images_dir_fd);

	if (!err && q->images_dir_fd < 0)
		err = argv_append(a, "images-dir", false, q->images_dir);
	if (!err)
		err = append_dir(a, "work-dir", q->work_dir_fd);
	if (!err && q->log_file)
		err = argv_append(a, "log-file", false, q->log_file);
	if (!err && q->log_level >= 0) {
		snprintf(number, sizeof(number), "%d", q->log_level);
		err = argv_append(a, "verbosity", false, number);
	}
	if (!err && q->root)
		err = argv_append(a, "root", false, q->root);
	if (!err && q->shell_job)
		err = argv_append(a, "shell-job", false, NULL);
	if (!err && q->leave_running)
		err = argv_append(a, "leave-running", false, NULL);
	if (!err && q->leave_stopped)
		err = argv_append(a, "leave-stopped", false, NULL);
	return err ? err : append_lists(q, a);
}

int swrk_options(struct swrk *s, const char *action, struct argv *ret)
{
	struct rpc_request *q = &s->request;
	char *word[] = {"criu-ns", (char *)action, NULL};
	char why[ARGV_WHY];
	const struct argv_option *criu;
	int status, err;

	*ret = (struct argv){0};
	if (q->images_dir_fd < 0 && !q->images_dir)
		return message_fail("the request names no image directory");
	status = take_fds(s);
	if (status)
		return status;
	err = argv_parse(ret, 2, word, why);
	if (!err)
		err = append_all(q, ret);
	criu = argv_find(s->argv, OPT_CRIU_BINARY);
	if (!err && criu)
		err = argv_append(ret, "criu-binary", false, criu->value);
	return err ? message_fail("cannot read the request: %s", strerror(-err))
		   : 0;
}

static void release(struct swrk *s)
{
	size_t i;

	for (i = 0; i < sizeof(s->fd) / sizeof(*s->fd); i++) {
		if (s->fd[i] >= 0)
			close(s->fd[i]);
		s->fd[i] = -1;
	}
	rpc_request_free(&s->request);
	s->taken = false;
}

void swrk_take(struct swrk *s)
{
	struct rpc_packet p;

	if (s->taken)
		return;
	rpc_packet_receive(s->client, false, &p);
	rpc_packet_free(&p);
	s->taken = true;
}

/* Answer with what was said last. */
static void refuse(struct swrk *s)
{
	struct carrier c = CARRIER_NONE;

	swrk_take(s);
	c.client = s->client;
	c.request = &s->request;
	carrier_refuse(&c, message_last());
}

/* --- What criu does where we are -------------------------------------------
 */

/* By the first word of the client, which is still in the socket. */
static int become_criu(struct swrk *s)
{
	struct criu criu;
	char **argv;
	int err, status;

	status = before_criu(&criu, s->argv);
	if (status) {
		refuse(s);
		return status;
	}
	argv = carrier_criu_argv(criu.path);
	err = -ENOMEM;
	if (argv) {
		snprintf(argv[2], sizeof(CARRIER_ROOM), "%d", s->client);
		err = fcntl(s->client, F_SETFD, 0) < 0
			      ? -errno
			      : criu_exec_as_is(&criu, argv);
	}
	message("cannot run criu, '%s': %s", criu.path, strerror(-err));
	refuse(s);
	argv_build_free(argv);
	criu_close(&criu);
	return err == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

/*
 * A criu for requests that come one after the other, until one comes that is
 * not for it.  It looks for the client's descriptors with us: we have made the
 * socket.
 */
struct aside {
	pid_t pid; /* 0: none */
	struct carrier carrier;
};

static int start_aside(struct swrk *s, struct aside *a)
{
	struct criu criu;
	int pair[2], status;
	char **argv;

	status = before_criu(&criu, s->argv);
	if (status)
		return status;
	argv = carrier_criu_argv(criu.path);
	if (!argv || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0) {
		argv_build_free(argv);
		criu_close(&criu);
		return message_fail("cannot start criu: %s", strerror(errno));
	}
	snprintf(argv[2], sizeof(CARRIER_ROOM), "%d", pair[1]);
	a->pid = fork();
	if (a->pid == 0) {
		close(pair[0]);
		status = criu_exec_as_is(&criu, argv);
		message("cannot run criu, '%s': %s", criu.path,
			strerror(-status));
		_exit(STATUS_CANNOT_RUN);
	}
	if (a->pid < 0)
		status = message_fail("cannot start criu: %s", strerror(errno));
	close(pair[1]);
	a->carrier = CARRIER_NONE;
	a->carrier.client = s->client;
	if (a->pid > 0 && fcntl(pair[0], F_SETFD, FD_CLOEXEC) == 0)
		a->carrier.criu = pair[0];
	else
		close(pair[0]);
	argv_build_free(argv);
	criu_close(&criu);
	return status;
}

static int end_aside(struct aside *a)
{
	int status = 0;

	if (!a->pid)
		return 0;
	carrier_close(&a->carrier);
	while (waitpid(a->pid, &status, 0) < 0 && errno == EINTR)
		;
	a->pid = 0;
	return message_status(status);
}

/* One request, and what is said until its answer. */
static int ask_aside(struct swrk *s, struct aside *a)
{
	struct pollfd fds[CARRIER_FDS];
	struct carrier *c = &a->carrier;
	int status = 0;

	if (!a->pid)
		status = start_aside(s, a);
	if (!status && s->request.has_opts)
		status = take_fds(s);
	if (!status) {
		c->request = &s->request;
		c->answered = false;
		status = carrier_start(c, c->criu);
		if (status)
			status = message_fail("cannot send criu the request: "
					      "%s",
					      strerror(-status));
	}
	while (!status && !c->answered && !c->client_gone && c->criu >= 0) {
		carrier_want(c, fds);
		if (poll(fds, CARRIER_FDS, -1) < 0) {
			if (errno != EINTR)
				break;
			continue;
		}
		carrier_step(c, fds);
	}
	if (!c->answered) {
		if (!status)
			status = message_fail("criu has ended without an "
					      "answer");
		refuse(s);
	}
	return status;
}

/* -------------------------------------------------------------------------- */

static bool dumps(int type)
{
	return type == RPC_DUMP || type == RPC_PRE_DUMP ||
	       type == RPC_SINGLE_PRE_DUMP;
}

/* What comes with a request that stays in the socket is for criu. */
static int serve(struct swrk *s, struct aside *a, bool *ret_again)
{
	struct rpc_packet p;
	bool here = true;
	int n, status;

	*ret_again = false;
	n = rpc_packet_receive(s->client, true, &p);
	if (n < 0)
		return message_fail("cannot read from the client: %s",
				    strerror(-n));
	if (n == 0)
		return end_aside(a);
	if (rpc_request_read(&s->request, &p) < 0) {
		rpc_packet_free(&p);
		message("the client's request can't be read");
		s->request = (struct rpc_request){0};
		refuse(s);
		return STATUS_OURS;
	}
	rpc_packet_free(&p);
	/* A client's own dump goes to criu as it is: it knows the socket. */
	if (dumps(s->request.type) && s->request.pid) {
		status = swrk_dump(s, &here);
		if (!here) {
			*ret_again = !status && s->request.type == RPC_PRE_DUMP;
			return status;
		}
	}
	if (s->request.type == RPC_RESTORE) {
		end_aside(a);
		return swrk_restore(s);
	}
	if (dumps(s->request.type) || (!s->request.keep_open && !a->pid)) {
		end_aside(a);
		return become_criu(s);
	}
	swrk_take(s);
	status = ask_aside(s, a);
	*ret_again = !status && s->request.keep_open;
	return *ret_again || status ? status : end_aside(a);
}

/* Returns the client's process, or an exit status, negative. */
static int open_client(const char *text, struct swrk *s)
{
	struct ucred who;
	socklen_t len = sizeof(int);
	char *end;
	long fd = strtol(text, &end, 10);
	int type;

	if (*end || end == text || fd < 0 || fd > INT_MAX)
		return message_fail("'%s' is no descriptor (swrk FD)", text);
	if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return message_fail("descriptor %ld is no socket: %s (swrk is "
				    "for programs, see criu_set_service_binary"
				    ")",
				    fd, strerror(errno));
	if (type != SOCK_SEQPACKET)
		return message_fail("descriptor %ld is no SOCK_SEQPACKET "
				    "socket",
				    fd);
	len = sizeof(who);
	if (getsockopt((int)fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return message_fail("cannot tell who the client is: %s",
				    strerror(errno));
	s->client = (int)fd;
	s->pid = who.pid;
	/* Nobody but us, and who we hand it to, shall have it. */
	if (fcntl(s->client, F_SETFD, FD_CLOEXEC) < 0)
		return message_fail("cannot keep descriptor %ld from others: "
				    "%s",
				    fd, strerror(errno));
	return 0;
}

int command_swrk(struct argv *argv)
{
	struct swrk s = {.argv = argv, .fd = {-1, -1, -1}};
	struct aside a = {.carrier = CARRIER_NONE};
	bool again = true;
	int status;

	if (argv->n_operands != 1)
		return message_fail("swrk needs a descriptor (swrk FD), and "
				    "nothing else");
	status = open_client(argv->operand[0], &s);
	while (!status && again) {
		status = serve(&s, &a, &again);
		release(&s);
	}
	end_aside(&a);
	return status;
}
