/* SPDX-License-Identifier: MIT */
/*
 * alone [-k] [-g] COMMAND [ARG...]: become COMMAND without anything of the
 * caller's that CRIU could stumble over: in a session of its own (-g: in the
 * caller's), stdin, stdout and stderr from /dev/null (-k: the caller's), no
 * other descriptor, every signal at its default and none blocked.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	bool keep_stdio = false, keep_session = false;
	int opt, fd, sig;
	sigset_t none;

	while ((opt = getopt(argc, argv, "+kg")) != -1) {
		keep_stdio |= opt == 'k';
		keep_session |= opt == 'g';
	}
	if (optind >= argc)
		errx(125, "usage: alone [-k] [-g] COMMAND [ARG...]");
	if (!keep_session && setsid() < 0)
		err(125, "setsid");
	if (!keep_stdio) {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 ||
		    dup2(fd, 2) < 0)
			err(125, "/dev/null");
	}
	if (close_range(3, ~0U, 0) < 0)
		err(125, "close_range");
	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
}
