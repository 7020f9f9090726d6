/* SPDX-License-Identifier: MIT */
/*
 * trouble KIND FILE: count up in FILE, as counter does, with what makes dump or
 * restore fail.
 *
 *   tcp     a TCP connection with itself
 *   lock    a lock on FILE.x
 *   ghost   FILE.x, 2 MiB, is open and deleted
 *   remap   FILE.x is open and deleted, and has another name
 *   extra   FILE.x is open
 *   stream  a child counts, and is connected to its parent by a unix socket;
 * the child is to be dumped uring   an io_uring traced  a child counts, and is
 * traced; the child is to be dumped
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char name[4096];

static int open_file(void)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		err(9, "%s", name);
	return fd;
}

static void make_tcp(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int server = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(a);

	if (bind(server, (struct sockaddr *)&a, len) < 0 ||
	    listen(server, 1) < 0 ||
	    getsockname(server, (struct sockaddr *)&a, &len) < 0 ||
	    connect(client, (struct sockaddr *)&a, len) < 0 ||
	    accept(server, NULL, NULL) < 0)
		err(9, "tcp");
}

static void make_lock(void)
{
	if (flock(open_file(), LOCK_EX) < 0)
		err(9, "flock");
}

static void make_ghost(void)
{
	static char block[2 << 20];

	memset(block, 'x', sizeof(block));
	if (write(open_file(), block, sizeof(block)) != sizeof(block) ||
	    unlink(name) < 0)
		err(9, "%s", name);
}

static void make_remap(void)
{
	char other[sizeof(name) + 2];

	open_file();
	snprintf(other, sizeof(other), "%s.y", name);
	if (link(name, other) < 0 || unlink(name) < 0)
		err(9, "%s", name);
}

static void make_extra(void)
{
	if (write(open_file(), "extra\n", 6) != 6)
		err(9, "%s", name);
}

/* The child goes on, in a session of its own. */
static pid_t fork_target(void)
{
	pid_t child = fork();

	if (child < 0 || (child == 0 && setsid() < 0))
		err(9, "fork");
	return child;
}

static void make_stream(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		err(9, "socketpair");
	if (fork_target() == 0) {
		close(pair[0]);
		return;
	}
	close(pair[1]);
	while (pause())
		;
}

static void make_uring(void)
{
	unsigned int params[30] = {0};

	if (syscall(SYS_io_uring_setup, 4, params) < 0)
		err(8, "io_uring");
}

static void make_traced(void)
{
	pid_t child = fork_target();
	int status;

	if (child == 0)
		return;
	if (ptrace(PTRACE_SEIZE, child, 0, 0) < 0)
		err(9, "ptrace");
	while (waitpid(child, &status, 0) == child && !WIFEXITED(status) &&
	       !WIFSIGNALED(status))
		ptrace(PTRACE_CONT, child, 0, 0);
	_exit(0);
}

static const struct {
	const char *kind;
	void (*make)(void);
} row[] = {
	{"tcp", make_tcp},     {"lock", make_lock},	{"ghost", make_ghost},
	{"remap", make_remap}, {"extra", make_extra},	{"stream", make_stream},
	{"uring", make_uring}, {"traced", make_traced},
};

int main(int argc, char **argv)
{
	unsigned int n = 0;
	char text[16];
	size_t i;
	int fd;

	if (argc != 3)
		errx(2, "usage: trouble KIND FILE");
	snprintf(name, sizeof(name), "%s.x", argv[2]);
	for (i = 0; i < sizeof(row) / sizeof(*row); i++)
		if (!strcmp(row[i].kind, argv[1]))
			row[i].make();
	fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0644);
	while (fd >= 0) {
		/* Of constant width: CRIU compares the size of a file. */
		snprintf(text, sizeof(text), "%010u\n", n++);
		if (pwrite(fd, text, 11, 0) != 11)
			break;
		usleep(10000);
	}
	return 9;
}
