/* SPDX-License-Identifier: MIT */
/*
 * tty [-l] [-n] [-d MS] [-s COLUMNSxLINES] [-w FILE] COMMAND [ARG...]
 *
 * Run COMMAND on a pty, as a shell with job control runs it: a process group of
 * its own in the foreground, a session leader behind it.  What is read from
 * stdin is typed, what is printed goes to stdout.  Exits with the status of the
 * command, or with 99 when that leaves the terminal in other modes than it got.
 *
 *   -d MS   a slow reader: 64 kB, then MS milliseconds' rest
 *   -l      the command is the session leader itself
 *   -n      the modes at the end don't matter
 *   -s CxL  window size, default 80x24
 *   -w FILE nothing is typed before there is this file
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct settings {
	bool leads, any_modes;
	long rest;
	struct winsize size;
	const char *file;
	char **command;
};

static bool same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static _Noreturn void become(char **command)
{
	signal(SIGTTOU, SIG_DFL);
	execvp(*command, command);
	err(127, "%s", *command);
}

/* The shell, so to say. */
static _Noreturn void lead(const struct settings *s, int slave)
{
	struct termios before, after;
	int status;
	pid_t pid;

	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		err(125, "TIOCSCTTY");
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	close(slave);
	if (s->leads)
		become(s->command);
	signal(SIGTTOU, SIG_IGN);
	tcgetattr(0, &before);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		tcsetpgrp(0, getpid());
		become(s->command);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(125, "waitpid");
	tcsetpgrp(0, getpid());
	tcgetattr(0, &after);
	_exit(s->any_modes || same_modes(&before, &after) ? status_of(status)
							  : 99);
}

static void rest(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static void write_all(const char *data, ssize_t n)
{
	for (ssize_t done, at = 0; at < n; at += done) {
		done = write(STDOUT_FILENO, data + at, (size_t)(n - at));
		if (done < 0)
			err(125, "stdout");
	}
}

/* Returns false when no more will come. */
static bool show(int master, long ms)
{
	static size_t total;
	char data[16384];
	ssize_t n = read(master, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	write_all(data, n);
	total += (size_t)n;
	if (ms && total > 65536) {
		total = 0;
		rest(ms);
	}
	return true;
}

static void run(int master, const struct settings *s)
{
	static char data[4096];
	size_t from = 0, to = 0;
	bool input = true;
	ssize_t n;

	for (;;) {
		struct pollfd fds[] = {
			{.fd = input && from == to ? STDIN_FILENO : -1,
			 .events = POLLIN},
			{.fd = master,
			 .events = from == to ? POLLIN : POLLIN | POLLOUT},
		};

		if (s->file && access(s->file, F_OK) < 0)
			fds[0].fd = -1;
		poll(fds, 2, fds[0].fd < 0 && input ? 20 : -1);
		if (fds[0].revents) {
			n = read(STDIN_FILENO, data, sizeof(data));
			input = n > 0;
			from = 0;
			to = n > 0 ? (size_t)n : 0;
		}
		if (fds[1].revents & POLLOUT) {
			n = write(master, data + from, to - from);
			from += n > 0 ? (size_t)n : 0;
		}
		if (fds[1].revents & (POLLIN | POLLHUP) &&
		    !show(master, s->rest))
			return;
	}
}

int main(int argc, char **argv)
{
	struct settings s = {.size = {.ws_col = 80, .ws_row = 24}};
	int opt, master, slave, status;
	pid_t pid;

	while ((opt = getopt(argc, argv, "+d:lns:w:")) != -1) {
		if (opt == 'd')
			s.rest = strtol(optarg, NULL, 10);
		else if (opt == 's')
			sscanf(optarg, "%hux%hu", &s.size.ws_col,
			       &s.size.ws_row);
		else if (opt == 'w')
			s.file = optarg;
		s.leads |= opt == 'l';
		s.any_modes |= opt == 'n';
	}
	if (optind >= argc)
		errx(125, "usage: tty [-l] [-n] [-d MS] [-s CxL] COMMAND");
	s.command = argv + optind;
	if (openpty(&master, &slave, NULL, NULL, &s.size) < 0)
		err(125, "openpty");
	pid = fork();
	if (pid < 0)
		err(125, "fork");
	if (pid == 0) {
		close(master);
		lead(&s, slave);
	}
	close(slave);
	fcntl(master, F_SETFL, O_NONBLOCK);
	run(master, &s);
	waitpid(pid, &status, 0);
	return status_of(status);
}
