/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rpc/request.h"
#include "rpc/response.h"

#define PACKET(text)                                                          \
	(struct rpc_packet)                                                   \
	{                                                                     \
		.data = (uint8_t *)(text), .size = sizeof(text) - 1, .fd = -1 \
	}

/*
 * DUMP, options: images_dir_fd 5, pid 77, leave_running, link_remap (18, which
 * we do not know), external "a" and "b", join_ns net:/x, field 900 "new";
 * outside of them field 901, a number.
 */
static const char request[] = "\x08\x01\x12\x23"
			      "\x08\x05\x10\x4d\x18\x01\x90\x01\x01"
			      "\xaa\x02\x01"
			      "a"
			      "\xaa\x02\x01"
			      "b"
			      "\xba\x02\x09\x0a\x03"
			      "net"
			      "\x12\x02"
			      "/x"
			      "\xa2\x38\x03"
			      "new"
			      "\xa8\x38\x07";

static bool has(const struct rpc_packet *p, const char *what, size_t n)
{
	return memmem(p->data, p->size, what, n) != NULL;
}

START_TEST(request_is_read)
{
	struct rpc_request r;
	char text[64];

	ck_assert_int_eq(rpc_request_read(&r, &PACKET(request)), 0);
	ck_assert_int_eq(r.type, RPC_DUMP);
	ck_assert(r.has_opts && r.leave_running && !r.keep_open);
	ck_assert(!r.leave_stopped && !r.shell_job && !r.rst_sibling);
	ck_assert_int_eq(r.images_dir_fd, 5);
	ck_assert_int_eq(r.work_dir_fd, -1);
	ck_assert_int_eq(r.status_fd, -1);
	ck_assert_int_eq(r.pid, 77);
	ck_assert_uint_eq(r.n_external, 2);
	ck_assert_str_eq(rpc_request_external(&r, 1), "b");
	ck_assert_uint_eq(r.n_join_ns, 1);
	ck_assert_int_eq(rpc_request_join_ns(&r, 0, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "net:/x");
	ck_assert_int_eq(rpc_request_join_ns(&r, 0, text, 4), -ENAMETOOLONG);
	rpc_request_free(&r);
}
END_TEST

START_TEST(request_is_changed_and_the_rest_stays)
{
	struct rpc_request r, again;
	struct rpc_packet p;
	char text[64];

	ck_assert_int_eq(rpc_request_read(&r, &PACKET(request)), 0);
	r.pid = 3;
	r.images_dir_fd = 9;
	r.work_dir_fd = 10;
	r.type = RPC_SINGLE_PRE_DUMP;
	ck_assert_int_eq(rpc_request_set_external(&r, 0, "A"), 0);
	ck_assert_int_eq(rpc_request_set_external(&r, 2, "c"), 0);
	ck_assert_int_eq(rpc_request_set_join_ns(&r, 0, "net:/y,z"), 0);
	ck_assert_int_eq(rpc_request_set_join_ns(&r, 0, "none"), -EINVAL);
	ck_assert_int_eq(rpc_request_write(&r, &p), 0);
	rpc_request_free(&r);

	ck_assert(has(&p, "\x90\x01\x01", 3));
	ck_assert(has(&p, "\xa2\x38\x03new", 6));
	ck_assert(has(&p, "\xa8\x38\x07", 3));
	ck_assert_int_eq(rpc_request_read(&again, &p), 0);
	ck_assert_int_eq(again.type, RPC_SINGLE_PRE_DUMP);
	ck_assert_int_eq(again.pid, 3);
	ck_assert_int_eq(again.images_dir_fd, 9);
	ck_assert_int_eq(again.work_dir_fd, 10);
	ck_assert_uint_eq(again.n_external, 3);
	ck_assert_str_eq(rpc_request_external(&again, 0), "A");
	ck_assert_str_eq(rpc_request_external(&again, 1), "b");
	ck_assert_str_eq(rpc_request_external(&again, 2), "c");
	ck_assert_int_eq(rpc_request_join_ns(&again, 0, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "net:/y");
	rpc_request_free(&again);
	rpc_packet_free(&p);
}
END_TEST

static const struct {
	const char *text;
	size_t size;
} broken[] = {
	{"", 0}, /* is a message, says nothing */
	{"\x08", 1},
	{"\x12\x05\x08\x01", 4},
	{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12},
};

START_TEST(broken_messages)
{
	struct rpc_packet p = {.data = (uint8_t *)broken[_i].text,
			       .size = broken[_i].size,
			       .fd = -1};
	struct rpc_request q;
	struct rpc_response r;
	int should = p.size ? -EBADMSG : 0;

	ck_assert_int_eq(rpc_request_read(&q, &p), should);
	ck_assert_int_eq(rpc_response_read(&r, &p), should);
	rpc_request_free(&q);
	rpc_response_free(&r);
}
END_TEST

/* NOTIFY with a PID, and RESTORE with one; field 900 in both. */
static const char notify[] = "\x08\x06\x10\x01\x2a\x05\x0a\x01x\x10\x07"
			     "\xa2\x38\x01n";
static const char restored[] = "\x08\x02\x10\x01\x22\x02\x08\x07\xa2\x38\x01n";

START_TEST(response_is_changed_and_the_rest_stays)
{
	const struct rpc_packet from = _i ? PACKET(notify) : PACKET(restored);
	struct rpc_packet p = {.size = from.size, .fd = -1};
	struct rpc_response r;

	p.data = malloc(p.size);
	ck_assert_ptr_nonnull(p.data);
	memcpy(p.data, from.data, p.size);
	ck_assert_int_eq(rpc_response_read(&r, &p), 0);
	ck_assert(r.success);
	ck_assert_int_eq(r.type, _i ? RPC_NOTIFY : RPC_RESTORE);
	ck_assert_int_eq(r.notified, _i ? 7 : 0);
	ck_assert_int_eq(r.restored, _i ? 0 : 7);
	r.notified = r.restored = 1234;
	ck_assert_int_eq(rpc_response_write(&r, &p), 0);
	rpc_response_free(&r);
	ck_assert(has(&p, "\xa2\x38\x01n", 4));
	ck_assert_int_eq(rpc_response_read(&r, &p), 0);
	ck_assert_int_eq(_i ? r.notified : r.restored, 1234);
	ck_assert_int_eq(_i ? r.restored : r.notified, 0);
	rpc_response_free(&r);
	rpc_packet_free(&p);
}
END_TEST

START_TEST(refusal)
{
	struct rpc_packet p;
	struct rpc_response r;

	ck_assert_int_eq(rpc_response_refuse(RPC_RESTORE, 0, "why", &p), 0);
	ck_assert_int_eq(rpc_response_read(&r, &p), 0);
	ck_assert_int_eq(r.type, RPC_RESTORE);
	ck_assert(!r.success);
	ck_assert_int_eq(r.restored, -1);
	ck_assert(has(&p, "why", 3));
	rpc_response_free(&r);
	rpc_packet_free(&p);
}
END_TEST

START_TEST(packets_go_with_their_descriptor)
{
	struct rpc_packet p = PACKET("text"), got;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	p.fd = STDIN_FILENO;
	ck_assert_int_eq(rpc_packet_send(pair[0], &p), 0);
	ck_assert_int_eq(rpc_packet_receive(pair[1], true, &got), 1);
	ck_assert_int_eq(got.fd, -1);
	rpc_packet_free(&got);
	ck_assert_int_eq(rpc_packet_receive(pair[1], false, &got), 1);
	ck_assert_uint_eq(got.size, 4);
	ck_assert(!memcmp(got.data, "text", 4));
	ck_assert_int_ge(got.fd, 0);
	ck_assert_int_eq(fcntl(got.fd, F_GETFD), FD_CLOEXEC);
	rpc_packet_free(&got);
	close(pair[0]);
	ck_assert_int_eq(rpc_packet_receive(pair[1], false, &got), 0);
	rpc_packet_free(&got);
	p.fd = -1;
	ck_assert_int_eq(rpc_packet_send(pair[1], &p), -EPIPE);
	close(pair[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rpc");
	TCase *c = tcase_create("rpc");
	SRunner *runner;
	int failed;

	tcase_add_test(c, request_is_read);
	tcase_add_test(c, request_is_changed_and_the_rest_stays);
	tcase_add_loop_test(c, broken_messages, 0,
			    sizeof(broken) / sizeof(*broken));
	tcase_add_loop_test(c, response_is_changed_and_the_rest_stays, 0, 2);
	tcase_add_test(c, refusal);
	tcase_add_test(c, packets_go_with_their_descriptor);
	suite_add_tcase(s, c);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
