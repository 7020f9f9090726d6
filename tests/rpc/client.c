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
 * A line of what came of it; status 1 if it failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criu/criu.h>

static bool refuse;

static int notify(char *action, criu_notify_arg_t arg)
{
	printf("notify %s %d\n", action, criu_notify_pid(arg));
	fflush(stdout);
	return refuse && !strcmp(action, "post-restore") ? -1 : 0;
}

static int open_dir(const char *path)
{
	int fd = open(path, O_DIRECTORY);

	if (fd < 0) {
		perror(path);
		exit(2);
	}
	return fd;
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
	criu_set_track_mem(true);
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
