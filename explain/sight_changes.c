/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "explain/sight.h"

static void value_of(struct finding *f, const struct sight_use *u)
{
	finding_value(f, "path", "%s", u->file->path);
	finding_value(f, "pid", "%d", u->pid);
}

static const char *words(const struct sight_use *u)
{
	if (u->use & USE_RUN)
		return "executes or maps";
	return u->use & USE_DIRECTORY ? "is in" : "has open";
}

static void say_missing_file(struct finding *f, const struct sight_use *u)
{
	static const char script[] =
		"mkdir -p -- \"$(dirname -- \"$1\")\" && "
		"truncate -s \"$2\" -- \"$1\" && chmod \"$3\" -- \"$1\"";
	const struct image_file *file = u->file;
	char size[32], mode[16];

	snprintf(size, sizeof(size), "%" PRIu64,
		 file->has_size ? file->size : 0);
	snprintf(mode, sizeof(mode), "%o",
		 file->has_mode ? (unsigned int)file->mode & SIGHT_PERMISSIONS
				: 0644U);
	finding_value(f, "size", "%s", size);
	if (u->use & USE_RUN) {
		finding_cure(f, "bring the same file here that the tree was "
				"dumped with");
		return;
	}
	finding_cure(f, "bring it back; or, if its contents don't matter, make "
			"an empty one of that size");
	finding_command(f, NULL, 7, "sh", "-c", script, "sh", file->path, size,
			mode);
}

static void say_missing_directory(struct finding *f, const struct sight_use *u)
{
	char mode[16];

	snprintf(mode, sizeof(mode), "%o",
		 u->file->has_mode
			 ? (unsigned int)u->file->mode & SIGHT_PERMISSIONS
			 : 0755U);
	finding_cure(f, "make it");
	finding_command(f, NULL, 6, "mkdir", "-p", "-m", mode, "--",
			u->file->path);
}

void sight_missing(struct sight *l, const struct sight_use *u, int err)
{
	mode_t type = u->file->mode & S_IFMT;
	char mode[16];
	struct finding *f = finding_add(
		l->all, err == ENOENT ? "file-missing" : "file-not-accessible",
		FINDING_CAUSE);

	if (err == ENOENT)
		finding_cause(f, "'%s', which %d %s, is not there",
			      u->file->path, u->pid, words(u));
	else
		finding_cause(f, "'%s', which %d %s, can't be reached: %s",
			      u->file->path, u->pid, words(u), strerror(err));
	value_of(f, u);
	if (err != ENOENT)
		finding_cure(f, "make every directory of its path one again");
	else if (type == S_IFDIR ||
		 (!u->file->has_mode && u->use & USE_DIRECTORY))
		say_missing_directory(f, u);
	else if (type == S_IFREG || !type)
		say_missing_file(f, u);
	else if (type == S_IFIFO) {
		snprintf(mode, sizeof(mode), "%o",
			 (unsigned int)u->file->mode & SIGHT_PERMISSIONS);
		finding_cure(f, "make the named pipe");
		finding_command(f, NULL, 5, "mkfifo", "-m", mode, "--",
				u->file->path);
	} else
		finding_cure(f, "the device has to be there: load its driver");
}

void sight_size(struct sight *l, const struct sight_use *u, off_t size)
{
	struct finding *f = finding_add(l->all, "file-size", FINDING_CAUSE);
	char old[32];

	snprintf(old, sizeof(old), "%" PRIu64, u->file->size);
	finding_cause(f,
		      "'%s', which %d %s, has changed: it has %" PRId64
		      " bytes, and had %s",
		      u->file->path, u->pid, words(u), (int64_t)size, old);
	value_of(f, u);
	finding_value(f, "size", "%" PRId64, (int64_t)size);
	finding_value(f, "old_size", "%s", old);
	if (u->use & USE_WRITE && (uint64_t)size > u->file->size) {
		finding_cure(f, "put it back, if the tree itself went on after "
				"the dump; what was added is kept beside it");
		sight_need(l, f, "--rewind-files");
		return;
	}
	if (u->use & USE_RUN) {
		finding_cure(f, "bring back the version that the tree was "
				"dumped with (was a package upgraded?)");
		return;
	}
	finding_cure(f, (uint64_t)size > u->file->size
				? "bring it back, or cut off what was added"
				: "bring it back, or fill it up with zeroes");
	finding_command(f, NULL, 5, "truncate", "-s", old, "--", u->file->path);
}

void sight_mode(struct sight *l, const struct sight_use *u, mode_t mode)
{
	unsigned int old = u->file->mode;
	bool type = (mode & S_IFMT) != (old & S_IFMT);
	struct finding *f = finding_add(
		l->all, type ? "file-type" : "file-mode", FINDING_CAUSE);
	char octal[16];

	value_of(f, u);
	snprintf(octal, sizeof(octal), "%o", old & SIGHT_PERMISSIONS);
	if (type) {
		finding_cause(f,
			      "'%s', which %d %s, is of another type than "
			      "at the dump",
			      u->file->path, u->pid, words(u));
		finding_cure(f, "put back what was there");
		return;
	}
	finding_cause(f, "'%s', which %d %s, has mode %o, and had %s",
		      u->file->path, u->pid, words(u),
		      (unsigned int)mode & SIGHT_PERMISSIONS, octal);
	finding_value(f, "mode", "%o", (unsigned int)mode & SIGHT_PERMISSIONS);
	finding_value(f, "old_mode", "%s", octal);
	/* That option is about rwx only. */
	if ((mode ^ old) & ~0777U & SIGHT_PERMISSIONS) {
		finding_cure(f, "give it back its mode");
		finding_command(f, NULL, 4, "chmod", octal, "--",
				u->file->path);
		return;
	}
	finding_cure(f,
		     "give it back its mode (chmod %s), or restore without "
		     "comparing modes",
		     octal);
	sight_need(l, f, "--skip-file-rwx-check");
}

void sight_read_only(struct sight *l, const struct sight_use *u)
{
	struct finding *f =
		finding_add(l->all, "file-read-only", FINDING_CAUSE);

	finding_cause(f,
		      "'%s', which %d has open to write, is on a file "
		      "system that is mounted read-only",
		      u->file->path, u->pid);
	value_of(f, u);
	finding_cure(f, "mount it to be written (mount -o remount,rw)");
}

/* As a restore that was killed leaves it: the next one puts it back. */
static bool is_kept(int root, const char *path)
{
	char kept[PATH_MAX];
	int n = snprintf(kept, sizeof(kept), "%s.criu-ns", path);

	return n < (int)sizeof(kept) &&
	       !faccessat(root, kept, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* A deleted file that a link of CRIU's has kept. */
void sight_link(struct sight *l, const struct sight_use *u)
{
	const struct image_file *link =
		image_contents_file(l->image, IMAGE_REGULAR, u->file->remap_id);
	struct finding *f;

	if (link && link->path && *link->path == '/' &&
	    (!faccessat(l->root, link->path + 1, F_OK, AT_SYMLINK_NOFOLLOW) ||
	     is_kept(l->root, link->path + 1)))
		return;
	f = finding_add(l->all, "link-gone", FINDING_CAUSE);
	value_of(f, u);
	if (link && link->path)
		finding_value(f, "link", "%s", link->path);
	finding_cause(f,
		      "'%s' was deleted at the dump, and the link that kept "
		      "it is not there: an earlier restore has used it up",
		      u->file->path);
	finding_cure(f,
		     "put the contents back under the name of the link, "
		     "'%s'",
		     link && link->path ? link->path : "?");
}
