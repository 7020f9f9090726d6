/* SPDX-License-Identifier: MIT */
#include "exec/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int try_path(struct criu *c, const char *dir, size_t len,
		    const char *name)
{
	char full[PATH_MAX];
	struct stat st;
	int n;

	n = snprintf(c->path, sizeof(c->path), "%.*s%s%s", (int)len, dir,
		     len ? "/" : "", name);
	if (n < 0 || (size_t)n >= sizeof(c->path))
		return -ENAMETOOLONG;
	c->fd = open(c->path, O_PATH | O_CLOEXEC);
	if (c->fd < 0)
		return -errno;
	/* criu may be started with another working directory. */
	if (realpath(c->path, full))
		strcpy(c->path, full);
	if (fstat(c->fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EACCES;
	else if (access(c->path, X_OK) == 0)
		return 0;
	n = -errno;
	criu_close(c);
	return n;
}

/* As execvp(3): what can't be run is passed over, but remembered. */
static int search(struct criu *c, const char *name)
{
	const char *path = getenv("PATH");
	int err, ret = -ENOENT;
	size_t len;

	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
	for (;;) {
		len = strcspn(path, ":");
		err = try_path(c, len ? path : ".", len ? len : 1, name);
		if (err == 0)
			return 0;
		if (err != -ENOENT && err != -ENOTDIR)
			ret = err;
		path += len;
		if (!*path)
			return ret;
		path++;
	}
}

int criu_find(struct criu *ret, const char *binary, const char **ret_what)
{
	const char *env = getenv("CRIU");
	int err;

	ret->fd = -1;
	*ret_what = binary ? "named by --criu-binary" : "named by $CRIU";
	if (!binary && env && *env)
		binary = env;
	if (!binary) {
		*ret_what = "in PATH";
		binary = "criu";
	}
	if (strchr(binary, '/'))
		return try_path(ret, "", 0, binary);
	err = search(ret, binary);
	if (err)
		snprintf(ret->path, sizeof(ret->path), "%s", binary);
	return err;
}

void criu_close(struct criu *criu)
{
	if (criu->fd >= 0)
		close(criu->fd);
	criu->fd = -1;
}

int criu_exec_as_is(const struct criu *criu, char *const *argv)
{
	struct stat there, meant;

	if (fstat(criu->fd, &meant) < 0)
		return -errno;
	if (stat(criu->path, &there) == 0 && there.st_dev == meant.st_dev &&
	    there.st_ino == meant.st_ino)
		execv(criu->path, argv);
	else if (fcntl(criu->fd, F_SETFD, 0) == 0) /* scripts need it open */
		fexecve(criu->fd, argv, environ);
	return -errno;
}

int criu_exec(const struct criu *criu, char *const *argv)
{
	unsetenv("CRIU_CONFIG_FILE");
	/* The action comes first, and the options are to be seen behind it. */
	unsetenv("POSIXLY_CORRECT");
	return criu_exec_as_is(criu, argv);
}

/* Start criu with one word; what it prints is to be read from @ret_out. */
static pid_t ask(const struct criu *criu, const char *word, int *ret_out)
{
	char program[] = "criu", text[16];
	char *argv[] = {program, text, NULL};
	int out[2];
	pid_t pid;

	snprintf(text, sizeof(text), "%s", word);
	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		if (dup2(out[1], STDOUT_FILENO) >= 0 &&
		    dup2(out[1], STDERR_FILENO) >= 0)
			criu_exec(criu, argv);
		_exit(127);
	}
	if (pid < 0)
		pid = -errno;
	close(out[1]);
	if (pid < 0)
		close(out[0]);
	else
		*ret_out = out[0];
	return pid;
}

/* Reads to the end, so that criu is not stopped by a full pipe. */
static void read_all(int fd, char *text, size_t size)
{
	char rest[512];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = len < size - 1 ? read(fd, text + len, size - 1 - len)
				   : read(fd, rest, sizeof(rest));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += len < size - 1 ? (size_t)n : 0;
	}
	text[len] = '\0';
	close(fd);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

int criu_version(const struct criu *criu)
{
	int major = 0, minor = 0, sublevel = 0, out;
	char text[256];
	pid_t pid;

	pid = ask(criu, "--version", &out);
	if (pid < 0)
		return pid;
	read_all(out, text, sizeof(text));
	wait_for(pid);
	if (sscanf(text, "Version: %d.%d.%d", &major, &minor, &sublevel) < 2)
		return -EBADMSG;
	return major * 10000 + minor * 100 + sublevel;
}

int criu_check(const struct criu *criu)
{
	char text[16];
	int out, status;
	pid_t pid;

	pid = ask(criu, "check", &out);
	if (pid < 0)
		return pid;
	read_all(out, text, sizeof(text));
	status = wait_for(pid);
	return status < 0 ? status : status != 0;
}
