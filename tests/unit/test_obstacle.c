/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "exec/killing.h"
#include "explain/obstacle.h"

/* Real processes in the way of trees that have their numbers. */

static pid_t number[4];
static struct image_tree tree;
static struct image_task task;
static struct obstacles found;

static void teardown(void)
{
	for (size_t i = 0; i < 4; i++)
		if (number[i])
			kill(number[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	obstacle_free(&found);
}

static void look_for(pid_t pid, pid_t pgid, pid_t sid, pid_t *thread)
{
	task = (struct image_task){.pid = pid,
				   .pgid = pgid,
				   .sid = sid,
				   .thread = thread,
				   .n_threads = thread ? 1 : 0};
	tree = (struct image_tree){.task = &task, .n_tasks = 1};
	obstacle_free(&found);
	ck_assert_int_eq(obstacle_find(&tree, &found), 0);
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	alarm(30); /* should the test fail */
	pause();
	_exit(0);
}

static void said(const char *text)
{
	char sentence[512];

	ck_assert_uint_ge(found.n, 1);
	obstacle_sentence(&found.list[0], sentence, sizeof(sentence));
	ck_assert_msg(strstr(sentence, text) != NULL, "%s", sentence);
}

START_TEST(test_process)
{
	number[0] = start();
	look_for(number[0], number[0], number[0], NULL);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_eq(found.list[0].id, number[0]);
	ck_assert_int_eq(found.list[0].kind, OBSTACLE_PROCESS);
	ck_assert_int_eq(obstacle_process(&found.list[0]), number[0]);
	said("of user ");
}
END_TEST

START_TEST(test_zombie)
{
	siginfo_t info;

	number[0] = start();
	kill(number[0], SIGKILL);
	waitid(P_PID, (id_t)number[0], &info, WEXITED | WNOWAIT);
	look_for(number[0], 0, 0, NULL);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_eq(found.list[0].kind, OBSTACLE_ZOMBIE);
	ck_assert_int_eq(obstacle_process(&found.list[0]), 0);
	ck_assert_int_eq(found.list[0].by.ppid, getpid());
	said("has not waited for");
}
END_TEST

/* A leader that is gone, with two members left. */
START_TEST(test_session)
{
	int ends[2];
	pid_t leader;

	ck_assert_int_eq(pipe(ends), 0);
	leader = fork();
	if (!leader) {
		setsid();
		for (int i = 0; i < 2; i++) {
			number[i] = start();
			if (write(ends[1], &number[i], sizeof(pid_t)) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(read(ends[0], &number[i], sizeof(pid_t)), 4);
	waitpid(leader, NULL, 0);
	look_for(leader, 0, 0, NULL);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_eq(found.list[0].kind, OBSTACLE_SESSION);
	ck_assert_uint_eq(found.list[0].members, 2);
	ck_assert_int_eq(obstacle_process(&found.list[0]), 0);
	said("the session of 2 processes, whose leader has ended");
}
END_TEST

static void *sleep_in_thread(void *end)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (write(*(int *)end, &tid, sizeof(tid)) == sizeof(tid))
		pause();
	return NULL;
}

START_TEST(test_thread)
{
	pthread_t thread;
	int ends[2];
	pid_t tid;

	ck_assert_int_eq(pipe(ends), 0);
	number[0] = fork();
	if (!number[0]) {
		alarm(30);
		pthread_create(&thread, NULL, sleep_in_thread, &ends[1]);
		pause();
		_exit(0);
	}
	ck_assert_int_eq(read(ends[0], &tid, sizeof(tid)), sizeof(tid));
	look_for(999999999, 0, 0, &tid);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_eq(found.list[0].id, tid);
	ck_assert_int_eq(found.list[0].kind, OBSTACLE_THREAD);
	ck_assert_int_eq(obstacle_process(&found.list[0]), number[0]);
	said("a thread of process ");
}
END_TEST

/* Numbers that nobody has, and our own, which is free when it matters. */
START_TEST(test_none)
{
	look_for(999999998, 999999997, 0, NULL);
	ck_assert_uint_eq(found.n, 0);
	look_for(getpid(), 0, 0, NULL);
	for (size_t i = 0; i < found.n; i++)
		ck_assert_int_ne(found.list[i].kind, OBSTACLE_PROCESS);
}
END_TEST

START_TEST(test_findings)
{
	struct findings all = {0};

	number[0] = start();
	look_for(number[0], 0, 0, NULL);
	obstacle_explain(&all, &found, "criu-ns", "some dir");
	ck_assert_uint_eq(all.n, 1);
	ck_assert_str_eq(all.list[0].id, "pid-taken");
	ck_assert_int_eq(all.list[0].weight, FINDING_CAUSE);
	ck_assert_str_eq(all.list[0].argv[3], "some dir");
	ck_assert_ptr_nonnull(strstr(all.list[0].cause, "is taken by process"));
	finding_free(&all);
}
END_TEST

/* Another one has the number by now: it is left alone. */
START_TEST(test_kill_no_other)
{
	struct killing k;

	number[0] = start();
	look_for(number[0], 0, 0, NULL);
	found.list[0].by.start++;
	ck_assert_int_eq(killing_prepare(&k, &found), 0);
	ck_assert_uint_eq(k.n, 0);
	killing_free(&k);
	found.list[0].by.start--;
	ck_assert_int_eq(killing_prepare(&k, &found), 0);
	ck_assert_uint_eq(k.n, 1);
	ck_assert_int_eq(k.pid[0], number[0]);
	killing_free(&k);
	ck_assert_int_eq(kill(number[0], 0), 0);
}
END_TEST

static const struct {
	const char *text;
	int number;
} signals[] = {
	{"TERM", SIGTERM}, {"SIGKILL", SIGKILL}, {"9", 9},	{"64", 64},
	{"0", -EINVAL},	   {"65", -EINVAL},	 {"", -EINVAL}, {"9x", -EINVAL},
	{"NONE", -EINVAL}, {"-1", -EINVAL},
};

START_TEST(test_signal)
{
	ck_assert_int_eq(killing_number(signals[_i].text), signals[_i].number);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("obstacle");
	TCase *t = tcase_create("processes");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_process);
	tcase_add_test(t, test_zombie);
	tcase_add_test(t, test_session);
	tcase_add_test(t, test_thread);
	tcase_add_test(t, test_none);
	tcase_add_test(t, test_findings);
	tcase_add_test(t, test_kill_no_other);
	tcase_add_loop_test(t, test_signal, 0,
			    sizeof(signals) / sizeof(*signals));
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
