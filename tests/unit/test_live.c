/* SPDX-License-Identifier: MIT */
/*
 * The parsers behind check -t: fdinfo, mountinfo, sock_diag; and reading a
 * tree, this process's own.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain/diag.h"
#include "explain/fdinfo.h"
#include "explain/mountinfo.h"
#include "explain/tree.h"

/* --- fdinfo --- */

static const struct {
	const char *text;
	struct fdinfo is;
} infos[] = {
	{"", {.mnt_id = -1, .tty_index = -1}},
	{"pos:\t0\nflags:\t0100002\nmnt_id:\t24\nino:\t3\n",
	 {.flags = 0100002, .mnt_id = 24, .tty_index = -1}},
	{"pos:\t0\nflags:\t02\nmnt_id:\t9\ntty-index:\t7\n",
	 {.flags = 02, .mnt_id = 9, .tty_index = 7}},
	{"pos:\t0\nflags:\t02000002\nmnt_id:\t15\nPid:\t812\nNSpid:\t812\t5\n",
	 {.flags = 02000002, .mnt_id = 15, .tty_index = -1, .pid = 812}},
	{"flags:\t02\nmnt_id:\t15\nPid:\t-1\n",
	 {.flags = 02, .mnt_id = 15, .tty_index = -1, .pid = -1}},
	{"flags:\t02\nmnt_id:\t15\n"
	 "lock:\t1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF\n"
	 "lock:\t2: POSIX  ADVISORY  READ 360 00:13:11691 0 9\n",
	 {.flags = 02,
	  .mnt_id = 15,
	  .tty_index = -1,
	  .locker = 359,
	  .lock = "FLOCK"}},
	{"lock:\tnonsense\nmnt_id", {.mnt_id = -1, .tty_index = -1}},
};

START_TEST(test_fdinfo)
{
	struct fdinfo f;

	fdinfo_parse(infos[_i].text, &f);
	ck_assert_uint_eq(f.flags, infos[_i].is.flags);
	ck_assert_int_eq(f.mnt_id, infos[_i].is.mnt_id);
	ck_assert_int_eq(f.tty_index, infos[_i].is.tty_index);
	ck_assert_int_eq(f.pid, infos[_i].is.pid);
	ck_assert_int_eq(f.locker, infos[_i].is.locker);
	ck_assert_str_eq(f.lock, infos[_i].is.lock);
}
END_TEST

START_TEST(test_watched)
{
	static const char text[] =
		"pos:\t0\nflags:\t02\n"
		"tfd:        5 events:       19 data: 5 pos:0 ino:61 sdev:7\n"
		"tfd:       11 events:       19 data: b pos:0 ino:62 sdev:7\n";
	const char *at = NULL;

	ck_assert_int_eq(fdinfo_watched(text, &at), 5);
	ck_assert_int_eq(fdinfo_watched(text, &at), 11);
	ck_assert_int_eq(fdinfo_watched(text, &at), -1);
	at = NULL;
	ck_assert_int_eq(fdinfo_watched("", &at), -1);
}
END_TEST

/* --- mountinfo --- */

static const char table[] =
	"1 0 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	"20 1 0:20 / /proc rw - proc proc rw\n"
	"21 1 254:0 /srv/a\\040b /mnt/with\\040blank rw master:1 - ext4 "
	"/dev/vda rw\n"
	"22 1 0:22 / /tmp rw shared:5 master:1 propagate_from:2 - tmpfs x "
	"rw,size=1k\n"
	"23 22 0:23 / /tmp/below rw - tmpfs y rw\n"
	"24 22 0:24 / /tmp rw - ramfs z rw\n"
	"25 1 0:25 / /data/inner rw - ramfs i rw\n"
	"26 1 0:26 / /data rw - ramfs o rw\n"
	"27 20 0:27 / /proc/x rw -  none\n";

static struct mountinfo parse(const char *text, char **copy)
{
	struct mountinfo m;

	*copy = strdup(text);
	ck_assert_ptr_nonnull(*copy);
	ck_assert_int_eq(mountinfo_parse(*copy, &m), 0);
	return m;
}

START_TEST(test_mountinfo)
{
	const struct mountinfo_row *r;
	struct mountinfo m;
	char *copy;

	m = parse(table, &copy);
	ck_assert_uint_eq(m.n, 9);
	r = mountinfo_by_id(&m, 1);
	ck_assert_int_eq(r->shared, 1);
	ck_assert_int_eq(r->master, 0);
	ck_assert_uint_eq(r->major, 254);
	r = mountinfo_by_id(&m, 21);
	ck_assert_str_eq(r->root, "/srv/a b");
	ck_assert_str_eq(r->point, "/mnt/with blank");
	ck_assert_int_eq(r->master, 1);
	r = mountinfo_by_id(&m, 22);
	ck_assert_int_eq(r->shared, 5);
	ck_assert_int_eq(r->master, 1);
	ck_assert_str_eq(r->type, "tmpfs");
	ck_assert_str_eq(r->source, "x");
	ck_assert_str_eq(r->options, "rw,size=1k");
	ck_assert_ptr_null(mountinfo_by_id(&m, 99));
	mountinfo_free(&m);
	free(copy);
}
END_TEST

static const struct {
	int id;
	bool hidden;
} hidden[] = {
	{1, false},  {20, false}, {22, true},  {23, true},
	{24, false}, {25, true},  {26, false},
};

START_TEST(test_hidden)
{
	struct mountinfo m;
	char *copy;

	m = parse(table, &copy);
	ck_assert_int_eq(
		mountinfo_hidden(&m, mountinfo_by_id(&m, hidden[_i].id)),
		hidden[_i].hidden);
	mountinfo_free(&m);
	free(copy);
}
END_TEST

static const char *const no_tables[] = {
	"nonsense",
	"1 0 254 / / rw - ext4 x rw",
	"1 0 254:0 / / rw shared:1 ext4 x rw",
	"1 0 254:0 / relative rw - ext4 x rw",
};

START_TEST(test_no_mountinfo)
{
	struct mountinfo m;
	char *copy = strdup(no_tables[_i]);

	ck_assert_int_eq(mountinfo_parse(copy, &m), -EBADMSG);
	mountinfo_free(&m);
	free(copy);
}
END_TEST

static const struct {
	const char *inner, *outer;
	bool below;
} paths[] = {
	{"/a/b", "/a", true}, {"/a", "/a", true},    {"/ab", "/a", false},
	{"/a", "/", true},    {"/a", "/a/b", false},
};

START_TEST(test_below)
{
	ck_assert_int_eq(mountinfo_below(paths[_i].inner, paths[_i].outer),
			 paths[_i].below);
}
END_TEST

/* --- sock_diag --- */

struct bytes {
	unsigned char at[512] __attribute__((aligned(8)));
	size_t n;
};

static void put(struct bytes *b, const void *what, size_t size)
{
	memcpy(b->at + b->n, what, size);
	b->n += NLMSG_ALIGN(size);
}

static void put_attribute(struct bytes *b, unsigned short type,
			  const void *what, size_t size)
{
	struct rtattr a = {.rta_type = type,
			   .rta_len = (unsigned short)RTA_LENGTH(size)};

	put(b, &a, sizeof(a));
	put(b, what, size);
}

static struct bytes unix_message(void)
{
	struct unix_diag_msg m = {.udiag_family = AF_UNIX,
				  .udiag_type = SOCK_STREAM,
				  .udiag_state = 10,
				  .udiag_ino = 31337};
	uint32_t peer = 4711, queue[2] = {3, 0}, waiting[3] = {7, 0, 9};
	struct bytes b = {0};
	struct nlmsghdr h = {0};

	put(&b, &h, sizeof(h));
	put(&b, &m, sizeof(m));
	put_attribute(&b, UNIX_DIAG_NAME, "/run/sock", 9);
	put_attribute(&b, UNIX_DIAG_PEER, &peer, sizeof(peer));
	put_attribute(&b, UNIX_DIAG_RQLEN, queue, sizeof(queue));
	put_attribute(&b, UNIX_DIAG_ICONS, waiting, sizeof(waiting));
	return b;
}

START_TEST(test_unix)
{
	struct bytes b = unix_message();
	const struct diag_socket *s;
	struct diag d = {0};

	ck_assert_int_eq(diag_take(b.at, b.n, &d), 0);
	diag_sort(&d);
	s = diag_find(&d, 31337);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->family, AF_UNIX);
	ck_assert_uint_eq(s->peer, 4711);
	ck_assert_uint_eq(s->receiving, 3);
	ck_assert_str_eq(s->name, "/run/sock");
	ck_assert_uint_eq(s->n_pending, 3);
	ck_assert_uint_eq(s->pending[1], 0);
	ck_assert_ptr_null(diag_find(&d, 31338));
	diag_free(&d);
}
END_TEST

START_TEST(test_abstract_name)
{
	struct unix_diag_msg m = {.udiag_family = AF_UNIX, .udiag_ino = 1};
	struct nlmsghdr h = {0};
	struct bytes b = {0};
	struct diag d = {0};

	put(&b, &h, sizeof(h));
	put(&b, &m, sizeof(m));
	put_attribute(&b, UNIX_DIAG_NAME, "\0name\0x", 7);
	ck_assert_int_eq(diag_take(b.at, b.n, &d), 0);
	ck_assert_str_eq(d.list[0].name, "@name@x");
	diag_free(&d);
}
END_TEST

START_TEST(test_internet)
{
	struct inet_diag_msg m = {
		.idiag_family = AF_INET,
		.idiag_state = 1,
		.idiag_inode = 5,
		.id = {.idiag_sport = htons(80), .idiag_dport = htons(4000)}};
	struct nlmsghdr h = {0};
	struct bytes b = {0};
	struct diag d = {0};

	memcpy(m.id.idiag_src, "\x7f\0\0\1", 4);
	put(&b, &h, sizeof(h));
	put(&b, &m, sizeof(m));
	ck_assert_int_eq(diag_take(b.at, b.n, &d), 0);
	m.idiag_family = AF_INET6;
	memcpy(b.at + NLMSG_HDRLEN, &m, sizeof(m));
	ck_assert_int_eq(diag_take(b.at, b.n, &d), 0);
	ck_assert_str_eq(d.list[0].local, "127.0.0.1:80");
	ck_assert_str_eq(d.list[0].remote, "0.0.0.0:4000");
	ck_assert_str_eq(d.list[1].local, "[7f00:1::]:80");
	ck_assert_str_eq(diag_state(d.list[0].state), "ESTABLISHED");
	ck_assert_str_eq(diag_state(200), "?");
	diag_free(&d);
}
END_TEST

/* Cut off anywhere, it is refused, or has less. */
START_TEST(test_cut_off)
{
	struct bytes b = unix_message();
	struct diag d = {0};
	unsigned char *copy;
	size_t n;

	for (n = 0; n < b.n; n++) {
		copy = malloc(n ? n : 1);
		memcpy(copy, b.at, n);
		if (n < NLMSG_HDRLEN + sizeof(struct unix_diag_msg))
			ck_assert_int_eq(diag_take(copy, n, &d), -EBADMSG);
		else
			ck_assert_int_eq(diag_take(copy, n, &d), 0);
		free(copy);
	}
	diag_free(&d);
}
END_TEST

/* --- a tree --- */

START_TEST(test_inode)
{
	ck_assert_uint_eq(tree_inode("socket:[31337]", "socket"), 31337);
	ck_assert_uint_eq(tree_inode("pipe:[31337]", "socket"), 0);
	ck_assert_uint_eq(tree_inode("/socket:[1]", "socket"), 0);
}
END_TEST

static const struct tree_fd *find_fd(const struct tree_process *p, int fd)
{
	size_t i;

	for (i = 0; i < p->n_fds; i++)
		if (p->fd[i].fd == fd)
			return &p->fd[i];
	return NULL;
}

START_TEST(test_tree)
{
	char name[] = "/tmp/test_live.XXXXXX";
	const struct tree_process *p;
	const struct tree_fd *f;
	int file, ends[2];
	struct tree t;
	pid_t child;

	file = mkstemp(name);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(flock(file, LOCK_EX), 0);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		close(ends[1]);
		_exit((int)read(ends[0], name, 1));
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(tree_read(getpid(), &t), 0);
	ck_assert_uint_eq(t.n, 2);
	ck_assert_int_eq(t.process[0].pid, getpid());
	p = tree_find(&t, child);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p->ppid, getpid());
	ck_assert_int_eq(p->tracer, 0);
	ck_assert_uint_eq(p->n_threads, 1);
	ck_assert_uint_eq(p->ns[TREE_PID], t.process[0].ns[TREE_PID]);
	ck_assert(tree_has_thread(&t, child));
	ck_assert(!tree_has_thread(&t, 1));
	f = find_fd(&t.process[0], file);
	ck_assert_ptr_nonnull(f);
	ck_assert(tree_deleted(f));
	ck_assert_str_eq(f->info.lock, "FLOCK");
	ck_assert_uint_eq(f->st.st_nlink, 0);
	f = find_fd(p, ends[0]);
	ck_assert_uint_eq(tree_inode(f->link, "pipe"), f->st.st_ino);
	tree_free(&t);
	close(ends[1]);
	waitpid(child, NULL, 0);
	close(ends[0]);
	close(file);
}
END_TEST

START_TEST(test_no_tree)
{
	struct tree t;

	ck_assert_int_eq(tree_read(4194304, &t), -ESRCH);
	tree_free(&t);
}
END_TEST

#define N(list) ((int)(sizeof(list) / sizeof((list)[0])))

static Suite *suite(void)
{
	Suite *s = suite_create("live");
	TCase *c = tcase_create("live");

	tcase_add_loop_test(c, test_fdinfo, 0, N(infos));
	tcase_add_test(c, test_watched);
	tcase_add_test(c, test_mountinfo);
	tcase_add_loop_test(c, test_hidden, 0, N(hidden));
	tcase_add_loop_test(c, test_no_mountinfo, 0, N(no_tables));
	tcase_add_loop_test(c, test_below, 0, N(paths));
	tcase_add_test(c, test_unix);
	tcase_add_test(c, test_abstract_name);
	tcase_add_test(c, test_internet);
	tcase_add_test(c, test_cut_off);
	tcase_add_test(c, test_inode);
	tcase_add_test(c, test_tree);
	tcase_add_test(c, test_no_tree);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
