/* SPDX-License-Identifier: MIT */
/*
 * obstacle KIND DIR
 *
 * A process that CRIU has trouble with.  The parent, which never ends, stays
 * outside of the tree and holds the other end of what KIND is about; its child,
 * in a session of its own, writes its PID to DIR/pid when all is set up.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct kind {
	const char *name;
	void (*before)(void); /* in the parent, then in both */
	void (*inside)(void);
	void (*outside)(pid_t child);
};

static int pair[2] = {-1, -1};
static int server = -1;
static const char *dir;

static int must(int result, const char *what)
{
	if (result < 0)
		err(1, "%s", what);
	return result;
}

static const char *in_dir(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int make_file(const char *name, size_t size)
{
	char block[4096];
	size_t done;
	int fd;

	memset(block, 'x', sizeof(block));
	fd = must(open(in_dir(name), O_RDWR | O_CREAT | O_TRUNC, 0644), name);
	for (done = 0; done < size; done += sizeof(block))
		if (write(fd, block, sizeof(block)) != sizeof(block))
			err(1, "write");
	return fd;
}

static _Noreturn void wait_for_end(void)
{
	for (;;)
		usleep(10000);
}

/* --- unix sockets --- */

static void keep_first(void)
{
	close(pair[1]);
}

static void keep_second(pid_t child)
{
	(void)child;
	close(pair[0]);
}

static void stream_pair(void)
{
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
}

static void datagram_pair(void)
{
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
}

static struct sockaddr_un address_of(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%.80s/%s", dir, name);
	return a;
}

static int bound(int type)
{
	struct sockaddr_un a = address_of("server");
	int fd = must(socket(AF_UNIX, type, 0), "socket");

	must(bind(fd, (struct sockaddr *)&a, sizeof(a)), "bind");
	return fd;
}

static int connected(int type)
{
	struct sockaddr_un a = address_of("server");
	int fd = must(socket(AF_UNIX, type, 0), "socket");

	must(connect(fd, (struct sockaddr *)&a, sizeof(a)), "connect");
	return fd;
}

static void stream_server(void)
{
	server = bound(SOCK_STREAM);
	must(listen(server, 8), "listen");
}

static void datagram_server(void)
{
	server = bound(SOCK_DGRAM);
}

static void connect_stream(void)
{
	close(server);
	connected(SOCK_STREAM);
}

static void connect_datagram(void)
{
	close(server);
	connected(SOCK_DGRAM);
}

static void accept_one(pid_t child)
{
	(void)child;
	must(accept(server, NULL, NULL), "accept");
}

static void listen_inside(void)
{
	stream_server();
	must(connected(SOCK_STREAM), "connect");
	pair[1] = -1;
}

/* The client is the parent's, and not accepted. */
static void pending(void)
{
	stream_server();
	pair[0] = connected(SOCK_STREAM);
}

static void drop_client(void)
{
	close(pair[0]);
}

static void pending_closed(void)
{
	stream_server();
	close(connected(SOCK_STREAM));
}

/* --- internet sockets --- */

static int tcp_listen(int protocol, struct sockaddr_in *ret)
{
	socklen_t size = sizeof(*ret);
	int fd;

	*ret = (struct sockaddr_in){.sin_family = AF_INET};
	ret->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = must(socket(AF_INET, SOCK_STREAM, protocol), "socket");
	must(bind(fd, (struct sockaddr *)ret, sizeof(*ret)), "bind");
	must(listen(fd, 8), "listen");
	must(getsockname(fd, (struct sockaddr *)ret, &size), "getsockname");
	return fd;
}

static void tcp_pair(void)
{
	struct sockaddr_in a;

	server = tcp_listen(0, &a);
	pair[0] = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	must(connect(pair[0], (struct sockaddr *)&a, sizeof(a)), "connect");
	pair[1] = must(accept(server, NULL, NULL), "accept");
	close(server);
}

static void tcp_pending(void)
{
	struct sockaddr_in a;

	server = tcp_listen(0, &a);
	pair[0] = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	must(connect(pair[0], (struct sockaddr *)&a, sizeof(a)), "connect");
}

static void close_server(pid_t child)
{
	(void)child;
	close(server);
}

static void tcp_server(void)
{
	struct sockaddr_in a;

	tcp_listen(0, &a);
}

static void mptcp(void)
{
	struct sockaddr_in a;

	tcp_listen(262, &a);
}

static void sctp(void)
{
	must(socket(AF_INET, SOCK_STREAM, 132), "socket");
}

static void icmp(void)
{
	must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "socket");
}

static void packet(void)
{
	must(socket(AF_PACKET, SOCK_RAW, 0), "socket");
}

static void vsock(void)
{
	must(socket(AF_VSOCK, SOCK_STREAM, 0), "socket");
}

static void alg(void)
{
	must(socket(AF_ALG, SOCK_SEQPACKET, 0), "socket");
}

static void netlink(void)
{
	must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "socket");
}

/* An answer that nobody reads. */
static void netlink_data(void)
{
	struct {
		struct nlmsghdr h;
		unsigned char body[16];
	} q = {.h = {.nlmsg_len = sizeof(q),
		     .nlmsg_type = 18, /* RTM_GETLINK */
		     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	int fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "socket");

	must((int)send(fd, &q, sizeof(q), 0), "send");
}

static void udp(void)
{
	must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
}

static void udp_cork(void)
{
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket"), on = 1;

	must(setsockopt(fd, IPPROTO_UDP, UDP_CORK, &on, sizeof(on)), "cork");
}

/* --- files --- */

static void locked_flock(void)
{
	must(flock(make_file("locked", 0), LOCK_EX), "flock");
}

static void locked_posix(void)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};

	must(fcntl(make_file("locked", 4096), F_SETLK, &l), "lock");
}

static void locked_ofd(void)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};

	must(fcntl(make_file("locked", 4096), F_OFD_SETLK, &l), "lock");
}

static void lease(void)
{
	close(make_file("leased", 0));
	must(fcntl(must(open(in_dir("leased"), O_RDONLY), "open"), F_SETLEASE,
		   F_RDLCK),
	     "lease");
}

static void deleted_big(void)
{
	make_file("big", 3 << 20);
	must(unlink(in_dir("big")), "unlink");
}

static void deleted_small(void)
{
	make_file("small", 4096);
	must(unlink(in_dir("small")), "unlink");
}

static void deleted_sparse(void)
{
	int fd = make_file("sparse", 4096);

	must(ftruncate(fd, 64 << 20), "truncate");
	must(unlink(in_dir("sparse")), "unlink");
}

static void deleted_mapped(void)
{
	int fd = make_file("mapped", 3 << 20);

	if (mmap(NULL, 3 << 20, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		err(1, "mmap");
	close(fd);
	must(unlink(in_dir("mapped")), "unlink");
}

static void one_name_gone(void)
{
	char other[4096];

	make_file("name", 4096);
	snprintf(other, sizeof(other), "%s", in_dir("other"));
	must(link(in_dir("name"), other), "link");
	must(unlink(in_dir("name")), "unlink");
}

static void mapped_name_gone(void)
{
	char other[4096];
	int fd = make_file("name", 4096);

	if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		err(1, "mmap");
	close(fd);
	snprintf(other, sizeof(other), "%s", in_dir("other"));
	must(link(in_dir("name"), other), "link");
	must(unlink(in_dir("name")), "unlink");
}

static void deleted_directory(void)
{
	must(mkdir(in_dir("cwd"), 0755), "mkdir");
	must(chdir(in_dir("cwd")), "chdir");
	must(rmdir(in_dir("cwd")), "rmdir");
}

/* The name is taken by a file that is called "... (deleted)" as well. */
static void name_taken(void)
{
	char other[4096];

	make_file("taken (deleted)", 4096);
	snprintf(other, sizeof(other), "%s", in_dir("other"));
	must(link(in_dir("taken (deleted)"), other), "link");
	must(unlink(in_dir("taken (deleted)")), "unlink");
	close(make_file("taken (deleted) (deleted)", 4096));
}

/* --- descriptors --- */

static void uring(void)
{
	struct io_uring_params p = {0};

	must((int)syscall(SYS_io_uring_setup, 8, &p), "io_uring_setup");
}

static int perf_open(void)
{
	struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE,
				    .size = sizeof(a),
				    .config = PERF_COUNT_SW_CPU_CLOCK};

	return must((int)syscall(SYS_perf_event_open, &a, 0, -1, -1, 0),
		    "perf_event_open");
}

static void perf(void)
{
	perf_open();
}

static void perf_mapped(void)
{
	int fd = perf_open();

	if (mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		err(1, "mmap");
	close(fd);
}

static void fault_fd(void)
{
	must((int)syscall(SYS_userfaultfd, O_CLOEXEC), "userfaultfd");
}

static void device(void)
{
	const char *const name[] = {"/dev/net/tun", "/dev/fuse", "/dev/kvm",
				    "/dev/rtc0",    "/dev/hpet", NULL};
	int i;

	for (i = 1; name[i]; i++)
		if (open(name[i], O_RDWR) >= 0 || open(name[i], O_RDONLY) >= 0)
			return;
	errx(1, "no device");
}

static void block_device(void)
{
	dev_t dev = makedev(7, 77);

	must(mknod(in_dir("block"), S_IFBLK | 0600, dev), "mknod");
	must(open(in_dir("block"), O_PATH), "open");
}

static void plain_devices(void)
{
	must(open("/dev/zero", O_RDWR), "zero");
	must(open("/dev/urandom", O_RDONLY), "urandom");
	must(open("/dev/full", O_RDWR), "full");
	must(epoll_create1(0), "epoll");
	must((int)syscall(SYS_eventfd2, 0, 0), "eventfd");
	must((int)syscall(SYS_memfd_create, "mem", 0), "memfd");
	must((int)syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0), "timerfd");
	must((int)syscall(SYS_inotify_init1, 0), "inotify");
	must(pipe(pair), "pipe");
}

static void watch(void)
{
	must(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), "fanotify");
}

static void pidfd_outside(void)
{
	must((int)syscall(SYS_pidfd_open, getppid(), 0), "pidfd_open");
}

static void pidfd_inside(void)
{
	must((int)syscall(SYS_pidfd_open, getpid(), 0), "pidfd_open");
}

static void secret(void)
{
	must((int)syscall(SYS_memfd_secret, 0), "memfd_secret");
}

static void message_queue(void)
{
	must((int)syscall(SYS_mq_open, "obstacle", O_RDWR | O_CREAT, 0600,
			  NULL),
	     "mq_open");
	syscall(SYS_mq_unlink, "obstacle");
}

static void bpf_map(void)
{
	struct {
		unsigned int type, key_size, value_size, max, rest[28];
	} attr = {.type = 2, .key_size = 4, .value_size = 4, .max = 4};

	must((int)syscall(SYS_bpf, 0, &attr, sizeof(attr)), "bpf");
}

static void bpf_program(void)
{
	static const unsigned long long code[] = {0xb7, 0x95};
	struct {
		unsigned int type, n;
		unsigned long long insns, license;
		unsigned int rest[26];
	} attr = {.type = 1,
		  .n = 2,
		  .insns = (unsigned long)code,
		  .license = (unsigned long)"MIT"};

	must((int)syscall(SYS_bpf, 5, &attr, sizeof(attr)), "bpf");
}

static void namespace_outside(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", getpid());
	must(unshare(CLONE_NEWNET), "unshare");
	must(open(path, O_RDONLY), path);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", getppid());
	must(setns(must(open(path, O_RDONLY), path), CLONE_NEWNET), "setns");
	close(must(open(path, O_RDONLY), path) - 1);
}

static void namespace_own(void)
{
	must(open("/proc/self/ns/net", O_RDONLY), "ns");
}

static void epoll_escaped(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int ep = must(epoll_create1(0), "epoll"), fds[2];

	must(pipe(fds), "pipe");
	must(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e), "epoll_ctl");
	/* A process outside of the tree has it still open. */
	pair[0] = fork();
	if (pair[0] == 0) {
		setsid();
		wait_for_end();
	}
	close(fds[0]);
}

static void epoll_moved(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int ep = must(epoll_create1(0), "epoll"), fds[2];

	must(pipe(fds), "pipe");
	must(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e), "epoll_ctl");
	must(dup2(fds[0], 77), "dup2");
	close(fds[0]);
}

/* The epoll holds a file that nobody in the tree has: the parent has it. */
static void epoll_pipe(void)
{
	must(pipe(pair), "pipe");
}

static void epoll_outside(void)
{
	struct epoll_event e = {.events = EPOLLIN};

	must(epoll_ctl(must(epoll_create1(0), "epoll"), EPOLL_CTL_ADD, pair[0],
		       &e),
	     "epoll_ctl");
	close(pair[0]);
}

/* --- processes --- */

static void in_new(int flag)
{
	pid_t child = fork();

	if (child)
		return;
	must(unshare(flag), "unshare");
	if (flag == CLONE_NEWPID)
		if (fork())
			wait_for_end();
	wait_for_end();
}

static void nested_uts(void)
{
	in_new(CLONE_NEWUTS);
}

static void nested_ipc(void)
{
	in_new(CLONE_NEWIPC);
}

static void nested_net(void)
{
	in_new(CLONE_NEWNET);
}

static void nested_user(void)
{
	in_new(CLONE_NEWUSER);
}

static void nested_pid(void)
{
	in_new(CLONE_NEWPID);
}

static void nested_mnt(void)
{
	in_new(CLONE_NEWNS);
}

static void nested_cgroup(void)
{
	in_new(CLONE_NEWCGROUP);
}

static void nested_time(void)
{
	in_new(CLONE_NEWTIME);
}

static void own_time(void)
{
	must(unshare(CLONE_NEWTIME), "unshare");
	if (fork() == 0)
		wait_for_end();
}

static void own_uts(void)
{
	must(unshare(CLONE_NEWUTS), "unshare");
}

static void own_net(void)
{
	must(unshare(CLONE_NEWNET), "unshare");
}

static void own_ipc(void)
{
	must(unshare(CLONE_NEWIPC), "unshare");
}

static void own_user(void)
{
	must(unshare(CLONE_NEWUSER), "unshare");
}

static void own_cgroup(void)
{
	must(unshare(CLONE_NEWCGROUP), "unshare");
}

static void own_mnt(void)
{
	must(unshare(CLONE_NEWNS), "unshare");
}

static void shared_memory(void)
{
	int id = must(shmget(IPC_PRIVATE, 4096, 0600), "shmget");

	if (shmat(id, NULL, 0) == (void *)-1)
		err(1, "shmat");
	shmctl(id, IPC_RMID, NULL);
}

static void traced(pid_t child)
{
	must((int)ptrace(PTRACE_SEIZE, child, 0, 0), "seize");
}

static int run_child(void *unused)
{
	(void)unused;
	wait_for_end();
	return 0;
}

static void vforked(void)
{
	static char stack[65536] __attribute__((aligned(16)));

	if (fork() == 0)
		clone(run_child, stack + sizeof(stack),
		      CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

static void zombie(void)
{
	if (fork() == 0)
		_exit(0);
}

static void *run_thread(void *unused)
{
	(void)unused;
	wait_for_end();
	return NULL;
}

static void *leave_thread(void *unused)
{
	(void)unused;
	wait_for_end();
	return NULL;
}

static void leader_gone(void)
{
	pthread_t t;

	if (fork() == 0) {
		pthread_create(&t, NULL, leave_thread, NULL);
		pthread_exit(NULL);
	}
}

static void stopped_child(void)
{
	if (fork() == 0) {
		raise(SIGSTOP);
		wait_for_end();
	}
}

static void threads(void)
{
	pthread_t t;

	pthread_create(&t, NULL, run_thread, NULL);
}

static void other_root_mount(void)
{
	/* A file of another mount namespace. */
	close(make_file("there", 4096));
	if (fork() == 0) {
		must(unshare(CLONE_NEWNS), "unshare");
		wait_for_end();
	}
}

static void open_there(void)
{
	int own = must(open("/proc/self/ns/mnt", O_RDONLY), "ns"), fd;

	close(make_file("there", 4096));
	must(unshare(CLONE_NEWNS), "unshare");
	fd = must(open(in_dir("there"), O_RDONLY), "there");
	must(setns(own, CLONE_NEWNS), "setns");
	close(own);
	(void)fd;
}

static void many(void)
{
	int i, j;

	for (i = 0; i < 499; i++)
		if (fork() == 0)
			break;
	for (j = 0; j < 37; j++)
		must(open("/dev/null", O_RDWR), "null");
}

static void nothing(void)
{
}

static const struct kind kinds[] = {
	{"nothing", .inside = nothing},
	{"unix-stream", stream_pair, keep_first, keep_second},
	{"unix-datagram-pair", datagram_pair, keep_first, keep_second},
	{"unix-stream-server", stream_server, connect_stream, accept_one},
	{"unix-datagram-server", datagram_server, connect_datagram, NULL},
	{"unix-listen", .inside = stream_server},
	{"unix-accepted", .inside = listen_inside},
	{"unix-pending", pending, drop_client, NULL},
	{"unix-pending-closed", .inside = pending_closed},
	{"tcp", tcp_pair, keep_first, keep_second},
	{"tcp-inside", .inside = tcp_pair},
	{"tcp-pending", tcp_pending, drop_client, close_server},
	{"tcp-server", .inside = tcp_server},
	{"mptcp", .inside = mptcp},
	{"sctp", .inside = sctp},
	{"icmp", .inside = icmp},
	{"packet", .inside = packet},
	{"vsock", .inside = vsock},
	{"alg", .inside = alg},
	{"netlink", .inside = netlink},
	{"netlink-data", .inside = netlink_data},
	{"udp", .inside = udp},
	{"udp-cork", .inside = udp_cork},
	{"flock", .inside = locked_flock},
	{"posix-lock", .inside = locked_posix},
	{"ofd-lock", .inside = locked_ofd},
	{"lease", .inside = lease},
	{"deleted-big", .inside = deleted_big},
	{"deleted-small", .inside = deleted_small},
	{"deleted-sparse", .inside = deleted_sparse},
	{"deleted-mapped", .inside = deleted_mapped},
	{"deleted-directory", .inside = deleted_directory},
	{"name-gone", .inside = one_name_gone},
	{"name-gone-mapped", .inside = mapped_name_gone},
	{"name-taken", .inside = name_taken},
	{"io_uring", .inside = uring},
	{"perf", .inside = perf},
	{"perf-mapped", .inside = perf_mapped},
	{"userfaultfd", .inside = fault_fd},
	{"device", .inside = device},
	{"block-device", .inside = block_device},
	{"plain-devices", .inside = plain_devices},
	{"fanotify", .inside = watch},
	{"pidfd-outside", .inside = pidfd_outside},
	{"pidfd-inside", .inside = pidfd_inside},
	{"memfd-secret", .inside = secret},
	{"mqueue", .inside = message_queue},
	{"bpf-map", .inside = bpf_map},
	{"bpf-program", .inside = bpf_program},
	{"ns-outside", .inside = namespace_outside},
	{"ns-own", .inside = namespace_own},
	{"epoll-escaped", .inside = epoll_escaped},
	{"epoll-moved", .inside = epoll_moved},
	{"epoll-outside", epoll_pipe, epoll_outside, NULL},
	{"nested-uts", .inside = nested_uts},
	{"nested-ipc", .inside = nested_ipc},
	{"nested-net", .inside = nested_net},
	{"nested-user", .inside = nested_user},
	{"nested-pid", .inside = nested_pid},
	{"nested-mnt", .inside = nested_mnt},
	{"nested-cgroup", .inside = nested_cgroup},
	{"nested-time", .inside = nested_time},
	{"own-time", .inside = own_time},
	{"own-uts", .inside = own_uts},
	{"own-ipc", .inside = own_ipc},
	{"own-net", .inside = own_net},
	{"own-user", .inside = own_user},
	{"own-cgroup", .inside = own_cgroup},
	{"own-mnt", .inside = own_mnt},
	{"sysv-shm", .inside = shared_memory},
	{"traced", .inside = nothing, .outside = traced},
	{"vfork", .inside = vforked},
	{"zombie", .inside = zombie},
	{"leader-gone", .inside = leader_gone},
	{"stopped", .inside = stopped_child},
	{"threads", .inside = threads},
	{"file-of-other-mounts", .inside = open_there},
	{"child-with-mounts", .inside = other_root_mount},
	{"many", .inside = many},
	{0},
};

static void say_pid(void)
{
	char part[4096];
	FILE *f;

	snprintf(part, sizeof(part), "%s/pid.part", dir);
	f = fopen(part, "w");
	if (!f || fprintf(f, "%d\n", getpid()) < 0 || fclose(f) != 0 ||
	    rename(part, in_dir("pid")) < 0)
		err(1, "%s", part);
}

int main(int argc, char **argv)
{
	const struct kind *k = kinds;
	pid_t child;

	if (argc != 3)
		errx(125, "usage: obstacle KIND DIR");
	dir = argv[2];
	while (k->name && strcmp(k->name, argv[1]) != 0)
		k++;
	if (!k->name)
		errx(125, "no kind %s", argv[1]);
	if (k->before)
		k->before();
	child = must(fork(), "fork");
	if (child == 0) {
		pid_t self;

		setsid();
		self = getpid();
		k->inside();
		if (getpid() == self)
			say_pid();
		wait_for_end();
	}
	if (k->outside)
		k->outside(child);
	signal(SIGCHLD, SIG_IGN);
	wait_for_end();
}
