/* SPDX-License-Identifier: MIT */
/*
 * explain: what a log of criu's means, whoever ran it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/command.h"
#include "exec/message.h"
#include "explain/log.h"
#include "explain/obstacle.h"
#include "explain/report.h"
#include "explain/story.h"

#define STATUS_UNEXPLAINED 1

struct reading {
	const struct argv *argv;
	char name[PATH_MAX];   /* of the log */
	char images[PATH_MAX]; /* where its image seems to be, or "" */
	struct story story;
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

/* The newest; of the same age, one that dump or restore writes by habit. */
static bool is_better(const char *name, const struct stat *st, const char *best,
		      const struct stat *best_st)
{
	if (!*best)
		return true;
	if (st->st_mtim.tv_sec != best_st->st_mtim.tv_sec)
		return st->st_mtim.tv_sec > best_st->st_mtim.tv_sec;
	if (st->st_mtim.tv_nsec != best_st->st_mtim.tv_nsec)
		return st->st_mtim.tv_nsec > best_st->st_mtim.tv_nsec;
	return strcmp(name, best) > 0;
}

static int find_log(struct reading *r, const char *path)
{
	struct stat st, best_st = {0};
	char best[NAME_MAX + 1] = "";
	struct dirent *entry;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return message_fail("cannot open directory '%s': %s", path,
				    strerror(errno));
	while ((entry = readdir(dir))) {
		if (!ends_with(entry->d_name, ".log") ||
		    fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 ||
		    !S_ISREG(st.st_mode) ||
		    !is_better(entry->d_name, &st, best, &best_st))
			continue;
		snprintf(best, sizeof(best), "%s", entry->d_name);
		best_st = st;
	}
	closedir(dir);
	if (!*best)
		return message_fail("there is no log in '%s' (a file *.log)",
				    path);
	snprintf(r->name, sizeof(r->name), "%s/%s", path, best);
	return 0;
}

static int name_log(struct reading *r)
{
	const struct argv *a = r->argv;
	const char *dir = argv_last(a, OPT_IMAGES_DIR);
	const char *file = argv_last(a, OPT_LOG_FILE);

	if (a->n_operands > 1)
		return message_fail("'%s' is one word too many for explain",
				    a->operand[1]);
	if (a->n_operands && (dir || file))
		return message_fail("a log is named twice: '%s' and -D or -o",
				    a->operand[0]);
	if (a->n_operands)
		snprintf(r->name, sizeof(r->name), "%s", a->operand[0]);
	else if (!file)
		return find_log(r, dir ? dir : ".");
	else
		snprintf(r->name, sizeof(r->name), "%s%s%s",
			 dir && *file != '/' ? dir : "",
			 dir && *file != '/' ? "/" : "", file);
	return 0;
}

/* A log is in the image directory, unless there is a work directory. */
static void find_images(struct reading *r)
{
	char path[2 * PATH_MAX], copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", r->name);
	snprintf(r->images, sizeof(r->images), "%s", dirname(copy));
	snprintf(path, sizeof(path), "%s/inventory.img", r->images);
	if (r->story.phase == PHASE_RESTORE && access(path, F_OK) < 0)
		*r->images = '\0';
}

static char **make_list(const char *const *word, char *const *add)
{
	size_t n = 0, n_add = 0, i;
	char **list;

	while (word[n])
		n++;
	while (add[n_add])
		n_add++;
	list = calloc(n + n_add + 1, sizeof(*list));
	for (i = 0; list && i < n + n_add; i++) {
		list[i] = strdup(i < n ? word[i] : add[i - n]);
		if (list[i])
			continue;
		while (i)
			free(list[--i]);
		free(list);
		return NULL;
	}
	return list;
}

/* What was typed is not known; criu-ns does the same by this. */
static char **as_usual(void *self, enum rule_phase phase, const char *drop,
		       char *const *add)
{
	struct reading *r = self;
	const char *program = *r->argv->typed, *root;
	const char *restore[] = {program, "restore", "-D", r->images, NULL};
	const char *dump[] = {program, "dump", "-t", "", "-D", r->images, NULL};
	char pid[24];
	size_t len;

	(void)drop;
	if (!*r->images)
		return NULL;
	if (phase == PHASE_RESTORE)
		return make_list(restore, add);
	root = story_value(&r->story, "root", &len);
	if (phase != PHASE_DUMP || !root)
		return NULL;
	snprintf(pid, sizeof(pid), "%.*s", (int)len, root);
	dump[3] = pid;
	return make_list(dump, add);
}

static int read_log(struct reading *r)
{
	bool is_stdin = !strcmp(r->name, "-");
	int fd, err;

	fd = is_stdin ? STDIN_FILENO : open(r->name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return message_fail("cannot open log '%s': %s", r->name,
				    strerror(errno));
	err = log_each(fd, story_take, &r->story);
	if (!is_stdin)
		close(fd);
	if (err)
		return message_fail("cannot read log '%s': %s", r->name,
				    strerror(-err));
	if (!is_stdin)
		find_images(r);
	return 0;
}

static void say_nothing_found(const struct reading *r)
{
	const char *name = strcmp(r->name, "-") ? r->name : "stdin";

	if (!r->story.n_seen)
		message("'%s' is empty: criu did not come far enough to log, "
			"or was told to log nothing (-v0)",
			name);
	else if (r->story.succeeded)
		message("nothing to explain: '%s' says that it succeeded",
			name);
	else
		message("nothing to explain: there is no error in '%s' (was "
			"criu killed, or does it hang?)",
			name);
}

/* The log names one number; all that are taken are told, and by whom. */
static void name_holders(const struct reading *r, struct findings *all)
{
	struct obstacles found = {0};
	struct image_problem problem;
	struct image_tree tree = {0};
	struct findings holders = {0};
	size_t at;
	int dir;

	for (at = 0; at < all->n; at++)
		if (!strcmp(all->list[at].id, "pid-taken") ||
		    !strcmp(all->list[at].id, "thread-id-taken"))
			break;
	if (at == all->n || !*r->images)
		return;
	dir = open(r->images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && image_read(dir, &tree, &problem) == 0 &&
	    obstacle_find(&tree, &found) == 0)
		obstacle_explain(&holders, &found, *r->argv->typed, r->images);
	/* They may have gone meanwhile, or be on another machine. */
	if (holders.n)
		finding_replace(all, at, &holders);
	obstacle_free(&found);
	image_free(&tree);
	if (dir >= 0)
		close(dir);
}

static int tell(struct reading *r)
{
	struct story_how how = {.all = argv_flag(r->argv, OPT_ALL),
				.command = as_usual,
				.self = r};
	struct report report = {.log = strcmp(r->name, "-") ? r->name : NULL,
				.all = how.all};
	bool json = argv_flag(r->argv, OPT_JSON);
	struct findings all = {0};
	struct winsize size;
	size_t causes;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		report.width = size.ws_col;
	causes = story_tell(&r->story, &how, &all);
	name_holders(r, &all);
	if (json)
		report_json(stdout, &all, &report);
	else if (all.n)
		report_text(stdout, &all, &report);
	else
		say_nothing_found(r);
	finding_free(&all);
	if (message_flush())
		return STATUS_OURS;
	return causes ? 0 : STATUS_UNEXPLAINED;
}

int command_explain(struct argv *a)
{
	struct reading r = {.argv = a};
	int status;

	status = name_log(&r);
	if (!status)
		status = read_log(&r);
	if (!status)
		status = tell(&r);
	story_free(&r.story);
	return status;
}
