/* SPDX-License-Identifier: MIT */
#include "mount/table.h"

#include <dlfcn.h>
#include <errno.h>
#include <libmount/libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The functions that we use, under the names and types of libmount.h. */
#define FUNCTIONS(X)            \
	X(mnt_new_table)        \
	X(mnt_unref_table)      \
	X(mnt_table_parse_file) \
	X(mnt_table_next_fs)    \
	X(mnt_new_iter)         \
	X(mnt_free_iter)        \
	X(mnt_fs_get_target)    \
	X(mnt_fs_get_root)      \
	X(mnt_fs_get_fstype)    \
	X(mnt_fs_get_devno)

#define MEMBER(name) __typeof__(&name) name;
#define RESOLVE(name)                                          \
	if (!(lib.name = (__typeof__(&name))dlsym(so, #name))) \
		return -ELIBACC;

static struct {
	bool ready;
	FUNCTIONS(MEMBER)
} lib;

static int load(void)
{
	void *so;

	if (lib.ready)
		return 0;
	so = dlopen("libmount.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!so)
		return -ELIBACC;
	FUNCTIONS(RESOLVE)
	lib.ready = true;
	return 0;
}

static int read_table(const char *path, struct libmnt_table **ret)
{
	struct libmnt_table *table;
	int err;

	err = load();
	if (err)
		return err;
	table = lib.mnt_new_table();
	if (!table)
		return -ENOMEM;
	err = lib.mnt_table_parse_file(table, path);
	if (err) {
		lib.mnt_unref_table(table);
		return err < 0 ? err : -EBADMSG;
	}
	*ret = table;
	return 0;
}

static int add(struct mount_list *list, const char *target)
{
	char **grown;

	grown = reallocarray(list->target, list->n + 2, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->target = grown;
	grown[list->n + 1] = NULL;
	grown[list->n] = strdup(target);
	if (!grown[list->n])
		return -ENOMEM;
	list->n++;
	return 0;
}

static bool same(struct libmnt_fs *a, struct libmnt_fs *b)
{
	return lib.mnt_fs_get_devno(a) == lib.mnt_fs_get_devno(b) &&
	       !strcmp(lib.mnt_fs_get_target(a), lib.mnt_fs_get_target(b)) &&
	       !strcmp(lib.mnt_fs_get_root(a), lib.mnt_fs_get_root(b));
}

static bool has(struct libmnt_table *table, struct libmnt_fs *wanted)
{
	struct libmnt_iter *iter = lib.mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	bool found = false;

	while (iter && !found && !lib.mnt_table_next_fs(table, iter, &fs))
		found = same(fs, wanted);
	lib.mnt_free_iter(iter);
	return found;
}

static bool is_proc(struct libmnt_fs *fs)
{
	const char *type = lib.mnt_fs_get_fstype(fs);

	return type && !strcmp(type, "proc") &&
	       !strcmp(lib.mnt_fs_get_target(fs), "/proc");
}

struct wanted {
	struct libmnt_table *ours; /* not in this table, or NULL */
	const char *text;	   /* in the path, or NULL */
};

static bool wants(const struct wanted *w, struct libmnt_fs *fs)
{
	if (w->text)
		return strstr(lib.mnt_fs_get_target(fs), w->text);
	return !is_proc(fs) && !has(w->ours, fs);
}

static int collect(struct libmnt_table *table, const struct wanted *w,
		   int direction, struct mount_list *ret)
{
	struct libmnt_iter *iter = lib.mnt_new_iter(direction);
	struct libmnt_fs *fs;
	int err = iter ? 0 : -ENOMEM;

	while (!err && !lib.mnt_table_next_fs(table, iter, &fs))
		if (wants(w, fs))
			err = add(ret, lib.mnt_fs_get_target(fs));
	lib.mnt_free_iter(iter);
	return err;
}

int mount_list_added(pid_t pid, struct mount_list *ret)
{
	struct libmnt_table *theirs;
	struct wanted w = {0};
	char path[64];
	int err;

	*ret = (struct mount_list){0};
	err = read_table("/proc/self/mountinfo", &w.ours);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	err = read_table(path, &theirs);
	if (!err) {
		err = collect(theirs, &w, MNT_ITER_FORWARD, ret);
		lib.mnt_unref_table(theirs);
	}
	lib.mnt_unref_table(w.ours);
	return err;
}

int mount_list_containing(const char *text, struct mount_list *ret)
{
	struct wanted w = {.text = text};
	struct libmnt_table *table;
	int err;

	*ret = (struct mount_list){0};
	err = read_table("/proc/self/mountinfo", &table);
	if (err)
		return err;
	err = collect(table, &w, MNT_ITER_BACKWARD, ret);
	lib.mnt_unref_table(table);
	return err;
}

void mount_list_free(struct mount_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->target[i]);
	free(list->target);
	*list = (struct mount_list){0};
}
