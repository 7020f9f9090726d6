/* SPDX-License-Identifier: MIT */
/*
 * busy DIR: a program that is in the middle of many things, and notices when
 * one of them gets lost.
 *
 * Twenty threads count; a child gets a number over a unix socket and over a
 * pipe and answers by the next one; a timer ticks; memory is shared with the
 * child.  Each round is a line that is appended to DIR/progress.  On SIGTERM
 * the result goes to DIR/result: "nothing lost", or what was.  Exits with 0
 * then.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 20

struct shared {
	volatile uint64_t answered;
};

static volatile sig_atomic_t told_to_end, ticks;
static volatile uint64_t count[THREADS];
static const char *lost;

static void on_term(int sig)
{
	(void)sig;
	told_to_end = 1;
}

static void *run_thread(void *arg)
{
	volatile uint64_t *n = arg;

	for (;;) {
		(*n)++;
		usleep(2000);
	}
	return NULL;
}

static void full(ssize_t n, const char *what)
{
	if (n != sizeof(uint64_t) && !lost)
		lost = what;
}

/* Answers each number by the next one, on the same way. */
static void answer(int in, int out, int sock, struct shared *shared)
{
	struct pollfd fds[] = {{.fd = in, .events = POLLIN},
			       {.fd = sock, .events = POLLIN}};
	uint64_t n;
	int i;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(9);
		for (i = 0; i < 2; i++) {
			if (!fds[i].revents)
				continue;
			if (read(fds[i].fd, &n, sizeof(n)) != sizeof(n))
				_exit(9);
			n++;
			shared->answered++;
			if (write(i ? sock : out, &n, sizeof(n)) != sizeof(n))
				_exit(9);
		}
	}
}

static void ask(int out, int in, uint64_t n, const char *what)
{
	uint64_t got = 0;
	ssize_t r;

	full(write(out, &n, sizeof(n)), what);
	do
		r = read(in, &got, sizeof(got));
	while (r < 0 && errno == EINTR);
	full(r, what);
	if (got != n + 1 && !lost)
		lost = what;
}

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

/* CRIU 4.2 stops a periodic timerfd that has expired and was not yet read. */
static void start_timer(void)
{
	struct itimerval every = {.it_interval.tv_usec = 5000,
				  .it_value.tv_usec = 5000};
	struct sigaction act = {.sa_handler = on_tick, .sa_flags = SA_RESTART};

	if (sigaction(SIGALRM, &act, NULL) < 0 ||
	    setitimer(ITIMER_REAL, &every, NULL) < 0)
		err(9, "a timer");
}

/* Without ticks there is no progress. */
static void wait_for_tick(void)
{
	sigset_t alarm, before;
	sig_atomic_t seen;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, &before);
	for (seen = ticks; seen == ticks && !told_to_end;)
		sigsuspend(&before);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void check_threads(const uint64_t *before)
{
	int i;

	for (i = 0; i < THREADS; i++)
		if (count[i] < before[i] && !lost)
			lost = "a thread's count";
}

static void work(int to, int from, int sock, struct shared *shared,
		 const char *dir)
{
	uint64_t before[THREADS], round;
	char path[4096];
	int file, i;

	snprintf(path, sizeof(path), "%s/progress", dir);
	file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (file < 0)
		err(9, "%s", path);
	for (round = 1; !told_to_end; round++) {
		for (i = 0; i < THREADS; i++)
			before[i] = count[i];
		ask(to, from, 2 * round, "a pipe");
		ask(sock, sock, 3 * round, "a socket");
		if (shared->answered != 2 * round && !lost)
			lost = "shared memory";
		wait_for_tick();
		check_threads(before);
		if (dprintf(file, "%012llu\n", (unsigned long long)round) < 0)
			lost = "a file";
	}
	snprintf(path, sizeof(path), "%s/result", dir);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (file < 0 || dprintf(file, "%s\n", lost ? lost : "nothing lost") < 0)
		err(9, "%s", path);
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = on_term};
	int to[2], from[2], sock[2], i;
	struct shared *shared;
	sigset_t all, none;
	pthread_t thread;
	pid_t child;

	if (argc != 2)
		errx(9, "usage: busy DIR");
	sigaction(SIGTERM, &act, NULL);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(to) < 0 || pipe(from) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sock) < 0)
		err(9, "cannot start");
	child = fork();
	if (child == 0)
		answer(to[0], from[1], sock[1], shared);
	if (child < 0)
		err(9, "fork");
	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &none);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, run_thread,
				   (void *)&count[i]) != 0)
			errx(9, "pthread_create");
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	start_timer();
	work(to[1], from[0], sock[0], shared, argv[1]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return lost ? 1 : 0;
}
