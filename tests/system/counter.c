/* SPDX-License-Identifier: MIT */
/*
 * counter FILE [OPTION...]: a program to dump.  Every 10 ms it writes the next
 * number to FILE, 20 digits wide, in place.
 *
 *   -e STATUS   on USR1 end with STATUS
 *   -s SIGNALS  catch these (USR1,TERM,RTMIN+3) and append the name of each
 *               that arrives to FILE.signals
 *   -p SIGNAL   get SIGNAL when the parent ends
 *   -o          print each number to stdout, too
 *   -c N        N children that count, in FILE.child1 ...
 *   -t N        N threads that count, in FILE.thread1 ...
 *   -z          a zombie child
 *   -r          an orphan: a grandchild whose parent has ended, which counts
 *               in FILE.orphan and lives on without the root
 *   -m MIB      as much memory, each page with something in it
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEXT 21 /* 20 digits and a newline */

static const char *file;
static char signals_file[4096];
static bool print, records[NSIG];
static int end_status = -1;

/* "TERM", "SIGTERM", "15" or "RTMIN+3". */
static int signal_number(const char *name)
{
	const char *abbreviation;
	int sig;

	if (!strncmp(name, "SIG", 3))
		name += 3;
	if (!strncmp(name, "RTMIN", 5))
		return SIGRTMIN + atoi(name + 5);
	for (sig = 1; sig < SIGRTMIN; sig++) {
		abbreviation = sigabbrev_np(sig);
		if (abbreviation && !strcmp(abbreviation, name))
			return sig;
	}
	sig = atoi(name);
	if (sig <= 0 || sig >= NSIG)
		errx(2, "'%s' is no signal", name);
	return sig;
}

static void record(int sig)
{
	const char *name = sigabbrev_np(sig);
	char text[32];
	int fd, n;

	n = name ? snprintf(text, sizeof(text), "%s\n", name)
		 : snprintf(text, sizeof(text), "RTMIN+%d\n", sig - SIGRTMIN);
	fd = open(signals_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		  0644);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		_exit(99);
	close(fd);
}

static void on_signal(int sig)
{
	if (records[sig])
		record(sig);
	if (sig == SIGUSR1 && end_status >= 0)
		_exit(end_status);
}

static void catch (int sig)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART,
	};

	if (sigaction(sig, &action, NULL) < 0)
		err(2, "sigaction %d", sig);
}

static void catch_list(char *list)
{
	char *name;
	int sig;

	for (name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		sig = signal_number(name);
		records[sig] = true;
		catch (sig);
	}
}

static _Noreturn void count(const char *path, bool to_stdout)
{
	struct timespec tick = {.tv_nsec = 10 * 1000 * 1000};
	unsigned long long n = 0;
	char text[TEXT + 1];
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		err(2, "%s", path);
	for (;;) {
		snprintf(text, sizeof(text), "%020llu\n", ++n);
		if (pwrite(fd, text, TEXT, 0) != TEXT)
			err(98, "%s", path);
		if (to_stdout && write(STDOUT_FILENO, text, TEXT) != TEXT)
			err(97, "stdout");
		nanosleep(&tick, NULL);
	}
}

static char *sister(const char *kind, int i)
{
	char *path;

	if ((i ? asprintf(&path, "%s.%s%d", file, kind, i)
	       : asprintf(&path, "%s.%s", file, kind)) < 0)
		err(2, "asprintf");
	return path;
}

static void *count_thread(void *path)
{
	count(path, false);
}

static void start_threads(int n)
{
	pthread_attr_t small;
	pthread_t thread;
	int i;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (i = 1; i <= n; i++)
		if (pthread_create(&thread, &small, count_thread,
				   sister("thread", i)))
			err(2, "pthread_create");
}

static void start_children(int n)
{
	int i;

	for (i = 1; i <= n; i++)
		if (fork() == 0)
			count(sister("child", i), false);
}

static void start_orphan(void)
{
	pid_t parent = fork();

	if (parent == 0) {
		if (fork() == 0)
			count(sister("orphan", 0), false);
		_exit(0);
	}
	waitpid(parent, NULL, 0);
}

static void fill_memory(size_t mib)
{
	size_t i, size = mib << 20;
	static char *p; /* for good */

	p = malloc(size);
	if (!p)
		err(2, "malloc");
	for (i = 0; i < size; i += 512)
		memcpy(p + i, &i, sizeof(i));
}

int main(int argc, char **argv)
{
	int opt, children = 0, threads = 0;
	bool orphan = false;

	while ((opt = getopt(argc, argv, "e:s:p:oc:t:zrm:")) != -1) {
		if (opt == 'e') {
			end_status = atoi(optarg);
			catch (SIGUSR1);
		} else if (opt == 's') {
			catch_list(optarg);
		} else if (opt == 'p') {
			prctl(PR_SET_PDEATHSIG, signal_number(optarg));
		} else if (opt == 'o') {
			print = true;
		} else if (opt == 'c') {
			children = atoi(optarg);
		} else if (opt == 't') {
			threads = atoi(optarg);
		} else if (opt == 'z') {
			if (fork() == 0)
				_exit(0);
		} else if (opt == 'r') {
			orphan = true;
		} else if (opt == 'm') {
			fill_memory((size_t)atoi(optarg));
		} else {
			errx(2, "usage: counter FILE [OPTION...]");
		}
	}
	if (optind != argc - 1)
		errx(2, "usage: counter FILE [OPTION...]");
	file = argv[optind];
	snprintf(signals_file, sizeof(signals_file), "%s.signals", file);
	if (orphan)
		start_orphan();
	start_children(children);
	start_threads(threads);
	count(file, print);
}
