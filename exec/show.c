/* SPDX-License-Identifier: MIT */
#include "exec/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/config.h"
#include "exec/message.h"
#include "explain/picture.h"

#define RECORD "criu-ns.conf"

struct show {
	struct picture picture;
	struct image_contents image;
	struct obstacles taken;
	char damage[sizeof(struct image_problem) + 2];
	char why[ARGV_WHY];
	struct argv record;
};

/* What the directory takes, and when it was written. */
static void measure(struct picture *p, int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	while (list && (entry = readdir(list)))
		if (!fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode))
			p->disk += (uint64_t)st.st_blocks * 512;
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
	p->now = time(NULL);
	if (!fstatat(dir, "inventory.img", &st, 0))
		p->dumped = st.st_mtime;
}

/* The names of the options that the dump has recorded. */
static int read_record(struct show *s, int dir)
{
	struct picture *p = &s->picture;
	struct stat st;
	char *path;

	if (fstatat(dir, RECORD, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!S_ISREG(st.st_mode)) {
		p->record_problem = RECORD " is not a regular file";
		return 0;
	}
	if (asprintf(&path, "%s/" RECORD, p->dir) < 0)
		return -ENOMEM;
	if (config_parse(&s->record, path, s->why) < 0)
		p->record_problem = s->why;
	free(path);
	p->record = calloc(s->record.n_options + 1, sizeof(*p->record));
	if (!p->record)
		return -ENOMEM;
	for (size_t i = 0; i < s->record.n_options; i++) {
		const struct argv_option *o = &s->record.option[i];

		if (asprintf(&p->record[i], "%s%s%s%s", o->negated ? "no-" : "",
			     o->row->name, o->value ? "=" : "",
			     o->value ? o->value : "") < 0) {
			p->record[i] = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

static int read_image(struct show *s, int dir)
{
	struct image_problem problem;
	struct image_tree tree = {0};
	int err = image_read(dir, &tree, &problem);

	image_free(&tree);
	if (err == -ENOMEM)
		return err;
	if (err) {
		snprintf(s->damage, sizeof(s->damage), "%s%s%s", problem.file,
			 *problem.file ? " " : "", problem.text);
		s->picture.damage = s->damage;
	}
	err = image_contents_read(dir, &s->image, true);
	if (err == -ENOMEM)
		return err;
	measure(&s->picture, dir);
	err = read_record(s, dir);
	if (!err)
		err = obstacle_find(&s->image.tree, &s->taken);
	return err;
}

static void print(const struct picture *p, bool json)
{
	struct screen to;

	if (json) {
		picture_json(stdout, p);
		return;
	}
	to = screen_stdout();
	picture_text(&to, p);
}

static int show(struct show *s, const struct argv *a, int dir)
{
	int err = read_image(s, dir);

	if (err)
		return message_fail("cannot show '%s': %s", s->picture.dir,
				    strerror(-err));
	/* It has nothing to be shown: one line says why. */
	if (!s->image.tree.n_tasks && !argv_flag(a, OPT_JSON)) {
		message("cannot show '%s': %s", s->picture.dir, s->damage);
		return 1;
	}
	print(&s->picture, argv_flag(a, OPT_JSON));
	if (message_flush())
		return STATUS_OURS;
	if (argv_flag(a, OPT_JSON))
		return s->picture.damage || s->image.n_problems;
	if (s->picture.damage)
		message("'%s' is damaged: %s", s->picture.dir, s->damage);
	else if (s->image.n_problems)
		message("'%s' is damaged: %s %s", s->picture.dir,
			s->image.problem[0].file, s->image.problem[0].text);
	return s->picture.damage || s->image.n_problems;
}

int command_show(struct argv *a)
{
	const char *path = argv_last(a, OPT_IMAGES_DIR);
	struct show s = {.picture = {.dir = path ? path : "."}};
	int dir, status;

	if (a->n_operands)
		return message_fail("'%s' is one word too many for show",
				    a->operand[0]);
	s.picture.image = &s.image;
	s.picture.taken = &s.taken;
	status = before_directory(s.picture.dir, "image", &dir);
	if (status)
		return status;
	status = show(&s, a, dir);
	close(dir);
	for (char **name = s.picture.record; name && *name; name++)
		free(*name);
	free(s.picture.record);
	argv_free(&s.record);
	obstacle_free(&s.taken);
	image_contents_free(&s.image);
	return status;
}
