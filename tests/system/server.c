/* SPDX-License-Identifier: MIT */
/*
 * server [OPTION...]: a program that can be there several times: it has no file
 * open for writing.  Wakes up every 10 ms, and tells each client its host name.
 *
 *   -t PORT  listen on this TCP port
 *   -r       ... with SO_REUSEPORT
 *   -d PORT  have this UDP port
 *   -a NAME  listen on an abstract unix socket
 *   -u PATH  listen on a unix socket
 *   -c       a TCP connection with itself
 *
 * On USR1 it ends with status 0.
 */
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct pollfd fds[8];
static nfds_t n_fds;

static void serve(int fd, const struct sockaddr *a, socklen_t len)
{
	int type = SOCK_STREAM;
	socklen_t size = sizeof(type);

	if (bind(fd, a, len) < 0)
		err(9, "bind");
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		err(9, "getsockopt");
	if (type == SOCK_DGRAM)
		return;
	if (listen(fd, 16) < 0)
		err(9, "listen");
	fds[n_fds++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void serve_port(int type, int port, bool reuse)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, type, 0), one = 1;

	if (reuse &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0)
		err(9, "SO_REUSEPORT");
	serve(fd, (struct sockaddr *)&a, sizeof(a));
}

static void serve_unix(const char *name, bool abstract)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = strlen(name);

	memcpy(a.sun_path + abstract, name, len);
	serve(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a,
	      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract +
			  len));
}

static void connect_self(void)
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
	close(server);
}

static void on_signal(int sig)
{
	(void)sig;
	_exit(0);
}

static void answer(int server)
{
	char name[256] = "";
	int fd = accept(server, NULL, NULL);

	if (fd < 0)
		return;
	gethostname(name, sizeof(name) - 1);
	if (write(fd, name, strlen(name)) < 0)
		warn("write");
	close(fd);
}

int main(int argc, char **argv)
{
	bool reuse = false;
	int opt, port = 0;

	signal(SIGUSR1, on_signal);
	while ((opt = getopt(argc, argv, "t:rd:a:u:c")) != -1) {
		if (opt == 't')
			port = atoi(optarg);
		else if (opt == 'r')
			reuse = true;
		else if (opt == 'd')
			serve_port(SOCK_DGRAM, atoi(optarg), false);
		else if (opt == 'a' || opt == 'u')
			serve_unix(optarg, opt == 'a');
		else if (opt == 'c')
			connect_self();
		else
			errx(2, "unknown option");
	}
	if (port)
		serve_port(SOCK_STREAM, port, reuse);
	for (;;)
		if (poll(fds, n_fds, 10) > 0)
			for (nfds_t i = 0; i < n_fds; i++)
				if (fds[i].revents)
					answer(fds[i].fd);
}
