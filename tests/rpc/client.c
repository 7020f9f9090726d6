/* SPDX-License-Identifier: MIT */
/*
 * A client of CRIU's library, with the service binary that $SERVICE names.
 *
 *   client dump PID DIR [stay]      dump; stay: leave it running
 *   client iters PID DIR            two pre-dumps and a dump: DIR/1, DIR/2, DIR
 *   client self DIR                 dump itself, leave running, count on
 *   client restore DIR [WORD...]    restore, tell the PID
 *      notify  tell what criu notifies
 *      fail    answer no to post-restore
 *      inherit give it standard output for the file DIR/out
 *      sibling, exec   what cannot be had
 *   client check | version
 *   client many N DIR               N times: restore, kill
 *
 * and, without the library, what it would not send:
 *
 *   client sequence DIR             requests with keep_open, one after the
 * other client then-restore DIR         a version with keep_open, then a
 * restore client server DIR               a page server, and wait for its end
 *   client garbage                  what is no message
 *   client gone DIR                 close the socket when the tree is there
 *
 * A line of what came of it; status 1 if it failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criu/criu.h>
#include <criu/rpc.pb-c.h>

static bool refuse;

static int open_dir(const char *path)
{
	int fd = open(path, O_DIRECTORY);

	if (fd < 0) {
		perror(path);
		exit(2);
	}
	return fd;
}

/* --- Without the library ---------------------------------------------------
 */

static int start_service(void)
{
	char number[16];
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		exit(2);
	switch (fork()) {
	case -1:
		exit(2);
	case 0:
		close(pair[0]);
		snprintf(number, sizeof(number), "%d", pair[1]);
		execlp(getenv("SERVICE"), "criu", "swrk", number, NULL);
		_exit(127);
	default:
		close(pair[1]);
		return pair[0];
	}
}

static CriuResp *receive(int fd)
{
	static uint8_t text[1 << 16];
	ssize_t n = recv(fd, text, sizeof(text), 0);

	return n > 0 ? criu_resp__unpack(NULL, (size_t)n, text) : NULL;
}

static CriuResp *ask(int fd, CriuReq *q)
{
	static uint8_t text[1 << 16];
	size_t n = criu_req__pack(q, text);

	if (send(fd, text, n, MSG_NOSIGNAL) < 0)
		return NULL;
	return receive(fd);
}

static int tell(const char *what, const CriuResp *r)
{
	if (!r)
		printf("%s: no answer\n", what);
	else
		printf("%s: type %d success %d%s%s\n", what, r->type,
		       r->success, r->cr_errmsg ? ": " : "",
		       r->cr_errmsg ? r->cr_errmsg : "");
	fflush(stdout);
	return !r || !r->success;
}

static int sequence(char **argv)
{
	CriuReq q = CRIU_REQ__INIT;
	CriuOpts o = CRIU_OPTS__INIT;
	CriuFeatures f = CRIU_FEATURES__INIT;
	int fd = start_service(), failed;

	q.has_keep_open = q.keep_open = true;
	q.type = CRIU_REQ_TYPE__VERSION;
	failed = tell("version", ask(fd, &q));
	f.has_mem_track = f.mem_track = true;
	q.features = &f;
	q.type = CRIU_REQ_TYPE__FEATURE_CHECK;
	failed |= tell("features", ask(fd, &q));
	q.features = NULL;
	q.type = CRIU_REQ_TYPE__CPUINFO_DUMP;
	o.images_dir_fd = open_dir(argv[0]);
	q.opts = &o;
	failed |= tell("cpuinfo", ask(fd, &q));
	q.type = CRIU_REQ_TYPE__RESTORE;
	tell("restore kept open", ask(fd, &q));
	close(fd);
	return failed;
}

static int sequence_restore(char **argv)
{
	CriuReq q = CRIU_REQ__INIT;
	CriuOpts o = CRIU_OPTS__INIT;
	int fd = start_service(), failed;
	CriuResp *r;

	q.has_keep_open = q.keep_open = true;
	q.type = CRIU_REQ_TYPE__VERSION;
	failed = tell("version", ask(fd, &q));
	q.keep_open = false;
	q.type = CRIU_REQ_TYPE__RESTORE;
	o.images_dir_fd = open_dir(argv[0]);
	q.opts = &o;
	r = ask(fd, &q);
	failed |= tell("restore", r);
	if (r && r->restore)
		printf("restore %d\n", r->restore->pid);
	return failed;
}

static int server(char **argv)
{
	CriuReq q = CRIU_REQ__INIT;
	CriuOpts o = CRIU_OPTS__INIT;
	CriuPageServerInfo ps = CRIU_PAGE_SERVER_INFO__INIT;
	int fd = start_service();
	CriuResp *r;

	q.has_keep_open = q.keep_open = true;
	q.type = CRIU_REQ_TYPE__PAGE_SERVER_CHLD;
	o.images_dir_fd = open_dir(argv[0]);
	o.ps = &ps;
	ps.has_port = true;
	q.opts = &o;
	r = ask(fd, &q);
	if (tell("server", r) || !r->ps || kill(r->ps->pid, SIGKILL) < 0)
		return 1;
	q = (CriuReq)CRIU_REQ__INIT;
	q.type = CRIU_REQ_TYPE__WAIT_PID;
	q.has_pid = true;
	q.pid = (uint32_t)r->ps->pid;
	r = ask(fd, &q);
	if (tell("wait", r))
		return 1;
	printf("status %d\n", r->status);
	return 0;
}

static int garbage(void)
{
	static const char text[] = "\377\377 this is no message";
	int fd = start_service();

	if (send(fd, text, sizeof(text), MSG_NOSIGNAL) < 0)
		return 2;
	return !tell("garbage", receive(fd));
}

static int leave(char **argv)
{
	CriuReq q = CRIU_REQ__INIT;
	CriuOpts o = CRIU_OPTS__INIT;
	int fd = start_service(), status;
	CriuResp *r;

	q.type = CRIU_REQ_TYPE__RESTORE;
	o.images_dir_fd = open_dir(argv[0]);
	o.has_notify_scripts = o.notify_scripts = true;
	q.opts = &o;
	r = ask(fd, &q);
	q = (CriuReq)CRIU_REQ__INIT;
	q.type = CRIU_REQ_TYPE__NOTIFY;
	q.has_notify_success = q.notify_success = true;
	while (r && r->notify && strcmp(r->notify->script, "post-restore"))
		r = ask(fd, &q);
	if (!r || !r->notify)
		return 2;
	printf("leave %d\n", r->notify->pid);
	fflush(stdout);
	close(fd);
	return wait(&status) > 0 ? WEXITSTATUS(status) == 0 : 2;
}

/* ------------------------------------------------------------------------- */

static int notify(char *action, criu_notify_arg_t arg)
{
	printf("notify %s %d\n", action, criu_notify_pid(arg));
	fflush(stdout);
	return refuse && !strcmp(action, "post-restore") ? -1 : 0;
}

static void begin(const char *dir, const char *log)
{
	if (criu_init_opts() < 0)
		exit(2);
	criu_set_service_binary(getenv("SERVICE"));
	criu_set_images_dir_fd(open_dir(dir));
	criu_set_log_level(4);
	criu_set_log_file((char *)log);
}

static int end(const char *what, int ret)
{
	if (ret < 0)
		printf("%s failed: %d\n", what, ret);
	else
		printf("%s %d\n", what, ret);
	fflush(stdout);
	return ret < 0;
}

static int dump(char **argv)
{
	begin(argv[1], "dump.log");
	criu_set_pid(atoi(argv[0]));
	criu_set_leave_running(argv[2] && !strcmp(argv[2], "stay"));
	return end("dump", criu_dump());
}

static int more(criu_predump_info info)
{
	static int done;
	static const char *const dir[] = {"1", "2", "."};
	static const char *const parent[] = {NULL, "../1", "2"};

	(void)info;
	criu_set_images_dir_fd(open_dir(dir[done]));
	if (parent[done])
		criu_set_parent_images(parent[done]);
	return ++done < 3;
}

static int iterate(char **argv)
{
	if (chdir(argv[1]) < 0 || mkdir("1", 0700) < 0 || mkdir("2", 0700) < 0)
		exit(2);
	begin(".", "dump.log");
	criu_set_pid(atoi(argv[0]));
	return end("iters", criu_dump_iters(more));
}

static int dump_self(char **argv)
{
	begin(argv[0], "dump.log");
	criu_set_leave_running(true);
	return end("self", criu_dump());
}

static int restore(char **argv)
{
	static char *cmd[] = {"true", NULL};
	char *dir = *argv, key[4096];

	begin(dir, "restore.log");
	while (*++argv) {
		if (!strcmp(*argv, "notify") || !strcmp(*argv, "fail"))
			criu_set_notify_cb(notify);
		if (!strcmp(*argv, "fail"))
			refuse = true;
		if (!strcmp(*argv, "sibling")) {
			return end("restore", criu_restore_child());
		}
		if (!strcmp(*argv, "exec"))
			criu_set_exec_cmd(1, cmd);
		if (!strcmp(*argv, "inherit")) {
			snprintf(key, sizeof(key), "%s", *++argv);
			criu_add_inherit_fd(dup(1), key);
		}
	}
	return end("restore", criu_restore());
}

static int many(char **argv)
{
	int n = atoi(argv[0]), pid;

	while (n--) {
		begin(argv[1], "restore.log");
		pid = criu_restore();
		if (pid <= 0 || kill(pid, 0) < 0)
			return end("restore", pid > 0 ? -errno : pid);
		kill(pid, SIGKILL);
		criu_free_opts();
	}
	return end("many", 0);
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "dump"))
		return dump(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "iters"))
		return iterate(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "self"))
		return dump_self(argv + 2);
	if (argc >= 3 && !strcmp(argv[1], "restore"))
		return restore(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "sequence"))
		return sequence(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "then-restore"))
		return sequence_restore(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "server"))
		return server(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "garbage"))
		return garbage();
	if (argc == 3 && !strcmp(argv[1], "gone"))
		return leave(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "many"))
		return many(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "check")) {
		begin(".", "check.log");
		return end("check", criu_check());
	}
	if (argc == 2 && !strcmp(argv[1], "version")) {
		begin(".", "version.log");
		return end("version", criu_get_version());
	}
	return 2;
}
