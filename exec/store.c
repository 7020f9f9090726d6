/* SPDX-License-Identifier: MIT */
#include "exec/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/before.h"
#include "exec/message.h"
#include "exec/note.h"
#include "exec/record.h"
#include "image/image.h"
#include "image/parts.h"

static bool is_complete(int dir)
{
	return image_complete(dir) && !note_is_there(dir);
}

static int take_lock(const struct store *s, int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return 0; /* a file system without locks is no reason to stop */
	return message_fail("cannot dump into '%s': another dump of criu-ns "
			    "into it is under way",
			    s->name);
}

/* --- A stage beside it ---------------------------------------------------- */

/*
 * A killed criu-ns has left it.  If it alone has a complete image, the power
 * was lost when they had just changed places.
 */
static int clear_stage(struct store *s, int stale)
{
	int err;

	if (!is_complete(s->named) && is_complete(stale)) {
		err = stage_change(&s->stage);
		if (err)
			return err;
		s->stage.changed = false;
		message("'%s' takes over the complete image that a dump has "
			"left which was killed",
			s->name);
		/* The descriptors have changed places with them. */
		err = image_parts_move_rest(s->named, stale, false);
		if (!err)
			err = stage_remove(&s->stage, s->named);
		dup3(stale, s->named, O_CLOEXEC);
		return err;
	}
	err = image_parts_move_rest(stale, s->named, false);
	return err ? err : stage_remove(&s->stage, stale);
}

static int clear_stale(struct store *s)
{
	int fd, status, err = 0;

	fd = stage_open_stale(&s->stage, s->named);
	if (fd == -EPERM)
		return message_fail("'%s' is not what a dump has left: it "
				    "belongs to somebody else, or others may "
				    "write to it (remove it)",
				    s->stage.path);
	if (fd < 0)
		return 0;
	status = take_lock(s, fd);
	if (!status)
		err = clear_stage(s, fd);
	close(fd);
	if (!err)
		return status;
	return message_fail("cannot remove '%s', which an earlier dump has "
			    "left: %s",
			    s->stage.path, strerror(-err));
}

/* If the directory can't change places, the way stays as it is. */
static void make_stage(struct store *s)
{
	if (!stage_possible(&s->stage, s->named) ||
	    stage_make(&s->stage, s->named, &s->dir) < 0)
		return;
	flock(s->dir, LOCK_EX | LOCK_NB);
	s->way = STORE_STAGED;
	s->path = s->stage.path;
}

static int undo_stage(struct store *s)
{
	int err = s->stage.changed ? stage_change(&s->stage) : 0;

	if (!err)
		err = image_parts_move_rest(s->dir, s->named, true);
	return err ? err : stage_remove(&s->stage, s->dir);
}

/* --- A directory inside --------------------------------------------------- */

static int open_inside(const struct store *s, const char *name)
{
	int fd = openat(s->dir, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Move all from @name to the directory itself, and remove @name. */
static int empty_inside(const struct store *s, const char *name)
{
	int fd = open_inside(s, name), err;

	if (fd < 0)
		return fd;
	err = image_parts_move(fd, s->dir);
	/* Such as what a restore from there has left. */
	if (!err)
		err = image_parts_move_rest(fd, s->dir, false);
	close(fd);
	return !err && unlinkat(s->dir, name, AT_REMOVEDIR) < 0 ? -errno : err;
}

/* While it is called so, nothing of what is in @s->dir may be removed. */
static int put_back(const struct store *s)
{
	int err = image_parts_remove(s->dir);

	if (!err && renameat(s->dir, IMAGE_OLD, s->dir, IMAGE_OLD_PART) < 0)
		err = -errno;
	return err ? err : empty_inside(s, IMAGE_OLD_PART);
}

static int set_aside(const struct store *s)
{
	int part, err;

	if (mkdirat(s->dir, IMAGE_OLD_PART, 0700) < 0)
		return -errno;
	part = open_inside(s, IMAGE_OLD_PART);
	err = part < 0 ? part : image_parts_move(s->dir, part);
	if (part >= 0)
		close(part);
	if (!err && renameat(s->dir, IMAGE_OLD_PART, s->dir, IMAGE_OLD) < 0)
		err = -errno;
	if (err)
		empty_inside(s, IMAGE_OLD_PART);
	return err;
}

static int remove_old(const struct store *s)
{
	int old = open_inside(s, IMAGE_OLD), err;

	if (old < 0)
		return old;
	err = image_parts_remove(old);
	close(old);
	return err ? err : empty_inside(s, IMAGE_OLD);
}

static bool is_inside(const struct store *s, const char *name)
{
	return faccessat(s->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Of a criu-ns that was killed: what is complete counts. */
static int clear_old(const struct store *s)
{
	int err = 0;

	if (is_inside(s, IMAGE_OLD_PART))
		err = empty_inside(s, IMAGE_OLD_PART);
	if (!err && is_inside(s, IMAGE_OLD))
		err = is_complete(s->dir) ? remove_old(s) : put_back(s);
	if (!err)
		return 0;
	return message_fail("cannot clear away '%s/" IMAGE_OLD "', which a "
			    "dump has left that was killed: %s",
			    s->name, strerror(-err));
}

/* -------------------------------------------------------------------------- */

static int choose(struct store *s, enum store_way way)
{
	bool beside =
		way == STORE_STAGED && stage_find(&s->stage, s->name) == 0;
	int status = beside ? clear_stale(s) : 0;
	bool images = image_parts_found(s->named);

	if (status)
		return status;
	s->way = !images	       ? STORE_PLAIN
		 : way == STORE_STAGED ? STORE_ASIDE
				       : way;
	if (images && beside)
		make_stage(s);
	if (images && s->way == STORE_PLAIN && is_complete(s->named))
		message("the image in '%s' is overwritten in place: a part of "
			"the new one goes elsewhere",
			s->name);
	return 0;
}

int store_open(struct store *s, const char *name, enum store_way way)
{
	int status;

	*s = STORE_NONE;
	s->name = name;
	s->path = name;
	status = before_directory(name, "image", &s->named);
	if (!status)
		status = take_lock(s, s->named);
	if (!status)
		status = choose(s, way);
	if (status || s->way == STORE_STAGED)
		return status;
	s->dir = s->named;
	s->named = -1;
	return clear_old(s);
}

int store_begin(struct store *s, const char *what)
{
	int err = 0;

	s->begun = true;
	if (s->way == STORE_ASIDE) {
		message("'%s' can't be replaced in one step: until the dump is "
			"complete, the image before is in '%s/" IMAGE_OLD "'",
			s->name, s->name);
		err = set_aside(s);
	}
	if (!err && s->way != STORE_STAGED)
		err = note_write(s->dir, what);
	if (!err)
		return 0;
	store_undo(s, NULL);
	return message_fail("cannot write into image directory '%s': %s",
			    s->name, strerror(-err));
}

static int sync_parent(const struct store *s)
{
	int parent, err = 0;

	parent = openat(s->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	if (fsync(parent) < 0)
		err = -errno;
	close(parent);
	return err;
}

int store_commit(struct store *s, bool sync)
{
	int err;

	err = s->way == STORE_STAGED ? stage_change(&s->stage)
				     : note_remove(s->dir);
	return err || !sync ? err : sync_parent(s);
}

void store_keep(struct store *s)
{
	bool staged = s->way == STORE_STAGED;
	int err = 0;

	if (staged)
		err = image_parts_move_rest(s->named, s->dir, false);
	if (staged && !err)
		err = stage_remove(&s->stage, s->named);
	if (s->way == STORE_ASIDE)
		err = remove_old(s);
	if (err)
		message("'%s' holds the new image; the one before can't be "
			"removed from '%s%s': %s",
			s->name, staged ? s->stage.path : s->name,
			staged ? "" : "/" IMAGE_OLD, strerror(-err));
	s->way = STORE_PLAIN;
	s->begun = false;
}

void store_undo(struct store *s, const char *why)
{
	int err = 0;

	if (s->way == STORE_STAGED)
		err = undo_stage(s);
	else if (s->begun && s->way == STORE_ASIDE)
		err = is_inside(s, IMAGE_OLD) ? put_back(s) : 0;
	if (err)
		message("cannot put the image before this dump back into "
			"'%s': %s",
			s->name, strerror(-err));
	/* On a full disk, the note that the dump has begun stands. */
	if (s->begun && s->way == STORE_PLAIN) {
		if (s->recorded)
			unlinkat(s->dir, RECORD_NAME, 0);
		if (why)
			note_write(s->dir, why);
		else
			note_remove(s->dir);
	}
	s->way = STORE_PLAIN;
	s->begun = false;
}

void store_rescue(struct store *s)
{
	if (s->way == STORE_STAGED && !s->stage.changed)
		stage_change(&s->stage);
	else if (s->way != STORE_STAGED)
		note_remove(s->dir);
	message("the tree has ended; its image is in '%s'",
		s->way == STORE_STAGED && !s->stage.changed ? s->path
							    : s->name);
	s->way = STORE_PLAIN;
	s->begun = false;
}

void store_close(struct store *s)
{
	store_undo(s, NULL);
	if (s->dir >= 0)
		close(s->dir);
	if (s->named >= 0)
		close(s->named);
	stage_close(&s->stage);
	*s = STORE_NONE;
}
