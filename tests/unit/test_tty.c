/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tty/pair.h"
#include "tty/relay.h"

/* A relay between two pipes and a pty whose slave is raw. */
struct rig {
	int to_in, from_out, slave;
	struct tty_relay relay;
};

static void rig_make(struct rig *rig, bool raw)
{
	int in[2], out[2], master;
	struct termios modes;

	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	ck_assert_int_eq(openpty(&master, &rig->slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(rig->slave, &modes), 0);
	if (raw)
		cfmakeraw(&modes);
	modes.c_lflag &= ~(tcflag_t)ECHO;
	ck_assert_int_eq(tcsetattr(rig->slave, TCSANOW, &modes), 0);
	ck_assert_int_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(rig->slave, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(in[1], F_SETFL, O_NONBLOCK), 0);
	rig->to_in = in[1];
	rig->from_out = out[0];
	tty_relay_init(&rig->relay, in[0], out[1], master);
	rig->relay.runs = true;
}

static void rig_turn(struct rig *rig)
{
	struct pollfd fds[TTY_RELAY_FDS];

	tty_relay_want(&rig->relay, fds);
	ck_assert_int_ge(poll(fds, TTY_RELAY_FDS, 2), 0);
	tty_relay_step(&rig->relay, fds);
}

#define MUCH 200000

static char pattern(size_t i)
{
	return (char)('a' + i * 7 % 26);
}

/* Moves MUCH bytes from @from to @to, in odd pieces; all come, in order. */
static void carry(struct rig *rig, int from, int to)
{
	size_t sent = 0, got = 0, i;
	char data[997];
	ssize_t n;

	while (got < MUCH) {
		for (i = 0; i < sizeof(data); i++)
			data[i] = pattern(sent + i);
		n = MUCH - sent < sizeof(data) ? (ssize_t)(MUCH - sent)
					       : (ssize_t)sizeof(data);
		n = n ? write(from, data, (size_t)n) : 0;
		sent += n > 0 ? (size_t)n : 0;
		rig_turn(rig);
		n = read(to, data, 311);
		for (i = 0; n > 0 && i < (size_t)n; i++)
			ck_assert_int_eq(data[i], pattern(got + i));
		got += n > 0 ? (size_t)n : 0;
	}
	ck_assert_uint_eq(got, MUCH);
}

START_TEST(output_arrives_byte_for_byte)
{
	struct rig rig;

	rig_make(&rig, true);
	carry(&rig, rig.slave, rig.from_out);
}
END_TEST

START_TEST(input_arrives_byte_for_byte)
{
	struct rig rig;

	rig_make(&rig, true);
	carry(&rig, rig.to_in, rig.slave);
}
END_TEST

START_TEST(nothing_is_carried_before_the_job_runs)
{
	struct rig rig;
	char byte;

	rig_make(&rig, true);
	rig.relay.runs = false;
	ck_assert_int_eq(write(rig.to_in, "x", 1), 1);
	ck_assert_int_eq(write(rig.slave, "y", 1), 1);
	rig_turn(&rig);
	ck_assert_int_lt(read(rig.slave, &byte, 1), 0);
	ck_assert_int_lt(read(rig.from_out, &byte, 1), 0);
}
END_TEST

/* rows: what is typed last, and what a reader of lines gets */
static const struct end {
	const char *typed;
	ssize_t first, second;
} ends[] = {
	{"", 0, -1},
	{"line\n", 5, 0},
	{"half", 4, 0},
};

START_TEST(end_of_input_reaches_a_reader_of_lines)
{
	const struct end *e = &ends[_i];
	size_t len = strlen(e->typed);
	struct rig rig;
	char data[64];
	int turn;

	rig_make(&rig, false);
	ck_assert_int_eq(write(rig.to_in, e->typed, len), (ssize_t)len);
	close(rig.to_in);
	for (turn = 0; turn < 5; turn++)
		rig_turn(&rig);
	ck_assert_int_eq(read(rig.slave, data, sizeof(data)), e->first);
	if (e->second >= 0)
		ck_assert_int_eq(read(rig.slave, data, sizeof(data)),
				 e->second);
	ck_assert_int_eq(rig.relay.in, -1);
}
END_TEST

START_TEST(output_without_a_reader_is_dropped)
{
	struct rig rig;
	char data[4096] = {0};
	int turn;

	rig_make(&rig, true);
	rig.relay.drops = true;
	for (turn = 0; turn < 200; turn++) {
		ck_assert_int_gt(write(rig.slave, data, sizeof(data)), 0);
		rig_turn(&rig);
	}
}
END_TEST

START_TEST(what_is_left_at_the_end_is_bounded)
{
	struct rig rig;
	char data[4096] = {0};
	size_t written = 0;

	rig_make(&rig, true);
	rig.relay.drops = true;
	tty_relay_end(&rig.relay);
	while (!tty_relay_empty(&rig.relay) || written == 0) {
		ck_assert_uint_lt(written, 4 * TTY_RELAY_REST);
		if (write(rig.slave, data, sizeof(data)) > 0)
			written += sizeof(data);
		rig_turn(&rig);
	}
}
END_TEST

/* rows: COLUMNS and LINES, and the size where there is no terminal */
static const struct size {
	const char *columns, *lines;
	unsigned short cols, rows;
} sizes[] = {
	{NULL, NULL, 80, 24}, {"100", "30", 100, 30}, {"100", NULL, 100, 24},
	{"0", "-5", 80, 24},  {"x", "", 80, 24},      {"99999", "9", 80, 9},
};

START_TEST(size_without_a_terminal)
{
	struct winsize size;
	int fd;

	for (fd = 0; fd <= 2; fd++)
		ck_assert_int_ge(dup2(open("/dev/null", O_RDWR), fd), 0);
	unsetenv("COLUMNS");
	unsetenv("LINES");
	if (sizes[_i].columns)
		setenv("COLUMNS", sizes[_i].columns, 1);
	if (sizes[_i].lines)
		setenv("LINES", sizes[_i].lines, 1);
	size = tty_size();
	ck_assert_uint_eq(size.ws_col, sizes[_i].cols);
	ck_assert_uint_eq(size.ws_row, sizes[_i].rows);
}
END_TEST

START_TEST(redraw_ends_with_the_right_size)
{
	struct winsize want = {.ws_row = 30, .ws_col = 100}, got;
	struct rig rig;

	rig_make(&rig, true);
	ck_assert_int_eq(tty_redraw(rig.relay.master, &want), 0);
	ck_assert_int_eq(ioctl(rig.slave, TIOCGWINSZ, &got), 0);
	ck_assert_uint_eq(got.ws_col, 100);
	ck_assert_uint_eq(got.ws_row, 30);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof(*(table))))

int main(void)
{
	Suite *suite = suite_create("tty");
	TCase *relay = tcase_create("relay"), *size = tcase_create("size");
	SRunner *runner;
	int failed;

	tcase_set_timeout(relay, 30);
	tcase_add_test(relay, output_arrives_byte_for_byte);
	tcase_add_test(relay, input_arrives_byte_for_byte);
	tcase_add_test(relay, nothing_is_carried_before_the_job_runs);
	tcase_add_loop_test(relay, end_of_input_reaches_a_reader_of_lines, 0,
			    ROWS(ends));
	tcase_add_test(relay, output_without_a_reader_is_dropped);
	tcase_add_test(relay, what_is_left_at_the_end_is_bounded);
	suite_add_tcase(suite, relay);
	tcase_set_timeout(size, 30);
	tcase_add_loop_test(size, size_without_a_terminal, 0, ROWS(sizes));
	tcase_add_test(size, redraw_ends_with_the_right_size);
	suite_add_tcase(suite, size);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
