/* SPDX-License-Identifier: MIT */
/*
 * tree DIR [-c N] [-t N] [-z N] [-o N] [-p] [-m] [-v]
 *
 * A tree of processes to dump.  Each process counts up in a file of its own in
 * DIR that it keeps open: the root in "root", its children in "0", "1" ...
 *
 *   -c N  N children: every third one leads a session, every third a group
 *   -t N  N threads more in the root; "threads" shows the slowest one's count
 *   -z N  N children that have ended and are not waited for
 *   -o N  N children whose parent has ended; the root is their subreaper
 *   -p    a pipe with data in it
 *   -m    memory shared with a child that counts in it; "shared" shows that
 *   -v    first be kept waiting, unfreezable, by a child of vfork(2) that
 *         waits for a signal
 *
 * On SIGUSR1 the root writes to "report" what it has of all this, ends its
 * children and exits with status 7.  A process that can't write exits with 9.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_TEXT "in the pipe"
#define MAX 256

static volatile sig_atomic_t asked;
static volatile unsigned int thread_count[MAX];
static volatile unsigned int *shared;

static void on_usr1(int sig)
{
	(void)sig;
	asked = 1;
}

static void tick(void)
{
	usleep(10000);
}

static int open_counter(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		err(9, "%s", name);
	return fd;
}

/* Of constant width: CRIU compares the size of a file. */
static void show(int fd, unsigned int n)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%10u\n", n);

	if (pwrite(fd, text, (size_t)len, 0) != len)
		_exit(9);
}

static _Noreturn void count_for_ever(const char *name)
{
	int fd = open_counter(name);
	unsigned int n;

	for (n = 0;; n++) {
		show(fd, n);
		tick();
	}
}

static pid_t start_child(int i)
{
	pid_t pid = fork();
	char name[32];

	if (pid)
		return pid;
	signal(SIGUSR1, SIG_DFL);
	if (i % 3 == 0)
		setsid();
	else if (i % 3 == 1)
		setpgid(0, 0);
	snprintf(name, sizeof(name), "%d", i);
	count_for_ever(name);
}

static void start_orphan(int i)
{
	pid_t pid = fork();
	char name[32];

	if (pid == 0) {
		if (fork())
			_exit(0);
		snprintf(name, sizeof(name), "orphan%d", i);
		count_for_ever(name);
	}
	waitpid(pid, NULL, 0);
}

static void start_zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

static void start_sharer(void)
{
	void *at = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		err(9, "mmap");
	shared = at;
	if (fork())
		return;
	for (;;) {
		(*shared)++;
		tick();
	}
}

static void *count_in_thread(void *slot)
{
	for (;;) {
		(*(volatile unsigned int *)slot)++;
		tick();
	}
	return NULL;
}

static void start_threads(int n)
{
	sigset_t all, old;
	pthread_t thread;
	int i;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < n; i++) {
		errno = pthread_create(&thread, NULL, count_in_thread,
				       (void *)&thread_count[i]);
		if (errno)
			err(9, "thread");
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static unsigned int slowest_thread(int n)
{
	unsigned int least = ~0U;
	int i;

	for (i = 0; i < n; i++)
		if (thread_count[i] < least)
			least = thread_count[i];
	return least;
}

/* Counts the zombies, ends the others. */
static void end_children(int *ret_zombies, int *ret_others)
{
	int status;
	pid_t pid;

	*ret_zombies = *ret_others = 0;
	while (waitpid(-1, &status, WNOHANG) > 0)
		*ret_zombies += WIFEXITED(status) && WEXITSTATUS(status) == 3;
	for (;;) {
		FILE *f = fopen("/proc/thread-self/children", "r");
		bool found = f && fscanf(f, "%d", &pid) == 1;

		if (f)
			fclose(f);
		if (!found)
			return;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		++*ret_others;
	}
}

static _Noreturn void report(int pipe_end)
{
	char text[64] = "";
	int zombies, others;
	FILE *f;

	if (pipe_end >= 0 && read(pipe_end, text, sizeof(text) - 1) < 0)
		snprintf(text, sizeof(text), "%s", strerror(errno));
	end_children(&zombies, &others);
	f = fopen("report.new", "w");
	if (!f)
		_exit(9);
	fprintf(f, "zombies=%d children=%d pipe=%s\n", zombies, others, text);
	if (fclose(f) != 0 || rename("report.new", "report") < 0)
		_exit(9);
	_exit(7);
}

static int make_pipe(void)
{
	int end[2];

	if (pipe(end) < 0 || write(end[1], PIPE_TEXT, strlen(PIPE_TEXT)) < 0)
		err(9, "pipe");
	return end[0];
}

struct settings {
	int children, threads, zombies, orphans;
	bool pipe, shared, wait;
};

static void read_settings(struct settings *s, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "c:t:z:o:pmv")) != -1) {
		if (opt == 'c')
			s->children = atoi(optarg);
		else if (opt == 't')
			s->threads = atoi(optarg);
		else if (opt == 'z')
			s->zombies = atoi(optarg);
		else if (opt == 'o')
			s->orphans = atoi(optarg);
		else if (opt == 'p')
			s->pipe = true;
		else if (opt == 'm')
			s->shared = true;
		else if (opt == 'v')
			s->wait = true;
		else
			exit(9);
	}
	if (optind >= argc || s->threads > MAX)
		errx(9, "a directory is missing, or too many threads");
	if (chdir(argv[optind]) < 0)
		err(9, "%s", argv[optind]);
}

static void be_kept_waiting(void)
{
	pid_t pid =
		(pid_t)syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		for (;;)
			pause();
	if (pid < 0)
		err(9, "clone");
	waitpid(pid, NULL, 0);
}

static void start_all(const struct settings *s)
{
	int i;

	if (s->wait)
		be_kept_waiting();

	if (s->shared)
		start_sharer();
	for (i = 0; i < s->children; i++)
		start_child(i);
	for (i = 0; i < s->orphans; i++)
		start_orphan(i);
	for (i = 0; i < s->zombies; i++)
		start_zombie();
	start_threads(s->threads);
}

int main(int argc, char **argv)
{
	int fd, threads_fd, shared_fd, pipe_end = -1;
	struct settings s = {0};
	unsigned int n;

	read_settings(&s, argc, argv);
	signal(SIGUSR1, on_usr1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (s.pipe)
		pipe_end = make_pipe();
	start_all(&s);
	threads_fd = s.threads ? open_counter("threads") : -1;
	shared_fd = s.shared ? open_counter("shared") : -1;
	fd = open_counter("root");
	for (n = 0; !asked; n++) {
		if (s.threads)
			show(threads_fd, slowest_thread(s.threads));
		if (s.shared)
			show(shared_fd, *shared);
		show(fd, n);
		tick();
	}
	report(pipe_end);
}
