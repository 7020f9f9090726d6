/* SPDX-License-Identifier: MIT */
#include "mount/table.h"

#include <errno.h>
#include <libmount/libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_table(const char *path, struct libmnt_table **ret)
{
	struct libmnt_table *table = mnt_new_table();
	int err;

	if (!table)
		return -ENOMEM;
	err = mnt_table_parse_file(table, path);
	if (err) {
		mnt_unref_table(table);
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
	return mnt_fs_get_devno(a) == mnt_fs_get_devno(b) &&
	       !strcmp(mnt_fs_get_target(a), mnt_fs_get_target(b)) &&
	       !strcmp(mnt_fs_get_root(a), mnt_fs_get_root(b));
}

static bool has(struct libmnt_table *table, struct libmnt_fs *wanted)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	bool found = false;

	while (iter && !found && !mnt_table_next_fs(table, iter, &fs))
		found = same(fs, wanted);
	mnt_free_iter(iter);
	return found;
}

/* What comes anew with a mount namespace that a tree was put into. */
static bool is_fresh(struct libmnt_fs *fs)
{
	const char *type = mnt_fs_get_fstype(fs);
	const char *target = mnt_fs_get_target(fs);

	return type &&
	       ((!strcmp(type, "proc") && !strcmp(target, "/proc")) ||
		(!strcmp(type, "devpts") && !strcmp(target, "/dev/pts")));
}

static int collect(struct libmnt_table *ours, struct libmnt_table *theirs,
		   struct mount_list *ret)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int err = iter ? 0 : -ENOMEM;

	while (!err && !mnt_table_next_fs(theirs, iter, &fs))
		if (!is_fresh(fs) && !has(ours, fs))
			err = add(ret, mnt_fs_get_target(fs));
	mnt_free_iter(iter);
	return err;
}

int mount_list_added(pid_t pid, struct mount_list *ret)
{
	struct libmnt_table *ours, *theirs;
	char path[64];
	int err;

	*ret = (struct mount_list){0};
	err = read_table("/proc/self/mountinfo", &ours);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	err = read_table(path, &theirs);
	if (!err) {
		err = collect(ours, theirs, ret);
		mnt_unref_table(theirs);
	}
	mnt_unref_table(ours);
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
