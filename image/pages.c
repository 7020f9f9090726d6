/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/pages.h"
#include "image/records.pb-c.h"

/* Where the pages of a pagemap entry are. */
enum {
	PAGES_PARENT = 1 << 0,
	PAGES_LAZY = 1 << 1,
	PAGES_PRESENT = 1 << 2,
};

/* What a pagemap says, all entries together. */
struct pagemap {
	uint32_t pages_id;
	uint64_t present;
	bool in_parent;
};

/* Before CRIU 2.8 there were no flags, and before 4.1 no 64 bit count. */
static int pagemap_entry(struct file *file, const Image__PagemapEntry *entry,
			 struct pagemap *map, bool *lazy)
{
	uint64_t n =
		entry->has_nr_pages ? entry->nr_pages : entry->compat_nr_pages;
	unsigned int flags = entry->flags;

	if (!entry->has_vaddr ||
	    (!entry->has_nr_pages && !entry->has_compat_nr_pages))
		return image_file_fail(file, "has a damaged entry in it");
	if (entry->in_parent)
		flags |= PAGES_PARENT;
	else if (!entry->has_flags)
		flags = PAGES_PRESENT;
	if (flags & PAGES_PARENT)
		map->in_parent = true;
	if (flags & PAGES_PRESENT &&
	    __builtin_add_overflow(map->present, n, &map->present))
		return image_file_fail(file,
				       "has an entry of %" PRIu64 " pages", n);
	if (flags == PAGES_LAZY)
		*lazy = true;
	return 0;
}

static int pagemap_read(struct file *file, struct pagemap *map, bool *lazy)
{
	Image__PagemapHead *head;
	Image__PagemapEntry *entry;
	int err = 0;
	int got = image_file_message(file, &image__pagemap_head__descriptor,
				     &head);

	*map = (struct pagemap){0};
	if (!got || (got > 0 && !head->has_pages_id))
		return image_file_fail(file,
				       "does not say where its pages are");
	if (got < 0)
		return got;
	map->pages_id = head->pages_id;
	while (!err) {
		got = image_file_message(
			file, &image__pagemap_entry__descriptor, &entry);
		if (got <= 0)
			return got;
		err = pagemap_entry(file, entry, map, lazy);
	}
	return err;
}

/* The pages file itself is never read. */
static int pages_size(struct reading *in, const struct file *file,
		      const struct pagemap *map)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct stat st;
	char name[32];

	if (!map->present)
		return 0;
	snprintf(name, sizeof(name), "pages-%" PRIu32 ".img", map->pages_id);
	if (fstatat(in->dir, name, &st, 0) < 0) {
		int err = errno;

		if (err == ENOENT)
			return image_reading_fail(in, err, name,
						  "is missing: %s needs it",
						  file->name);
		return image_reading_errno(in, err, name, "examined");
	}
	if (!S_ISREG(st.st_mode))
		return image_reading_fail(in, EBADMSG, name,
					  "is not a regular file");
	if (!st.st_size)
		return image_reading_fail(in, EBADMSG, name, "is empty");
	if ((uint64_t)st.st_size / page < map->present)
		return image_reading_fail(
			in, EBADMSG, name,
			"ends after %" PRIu64 " of %" PRIu64 " pages",
			(uint64_t)st.st_size / page, map->present);
	return 0;
}

static int pages_want(struct pages *pages, const struct kind *kind,
		      uint64_t number)
{
	if (pages->n_parent == pages->room) {
		size_t room = pages->room ? pages->room * 2 : 64;
		struct pages_want *grown =
			reallocarray(pages->parent, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		pages->parent = grown;
		pages->room = room;
	}
	pages->parent[pages->n_parent++] = (struct pages_want){kind, number};
	return 0;
}

int image_pages_check(struct reading *in, struct pages *pages,
		      const struct kind *kind, uint64_t number)
{
	struct pagemap map;
	struct file file;
	int err = image_file_open(&file, in, kind, number), new;

	if (err)
		return err;
	err = pagemap_read(&file, &map, &pages->lazy);
	image_file_close(&file);
	if (err)
		return err;
	new = image_set_add(&pages->ids, map.pages_id);
	if (new < 0)
		return new;
	if (!new)
		return image_file_fail(&file,
				       "names pages-%" PRIu32
				       ".img, which is another one's",
				       map.pages_id);
	err = pages_size(in, &file, &map);
	if (!err && map.in_parent)
		err = pages_want(pages, kind, number);
	return err;
}

static int pages_parent(struct reading *in, struct set *dirs)
{
	struct stat st;
	int err, new;
	int dir = openat(in->dir, "parent", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0) {
		err = errno;
		if (err == ENOENT)
			return image_reading_fail(
				in, err, "parent",
				"is missing: pages are in there");
		return image_reading_errno(in, err, "parent", "opened");
	}
	if (fstat(dir, &st) < 0) {
		err = errno;
		close(dir);
		return image_reading_errno(in, err, "parent", "examined");
	}
	new = image_set_add(dirs, st.st_ino ^ (uint64_t)st.st_dev << 40);
	if (new > 0)
		return dir;
	close(dir);
	if (new < 0)
		return new;
	return image_reading_fail(in, ELOOP, "parent",
				  "goes round in a circle");
}

static int pages_check_level(struct reading *in, struct pages *pages,
			     const struct pages_want *want, size_t n)
{
	int err = 0;

	image_set_free(&pages->ids);
	while (n-- && !err)
		err = image_pages_check(in, pages, want[n].kind,
					want[n].number);
	return err;
}

int image_pages_check_parents(struct reading *in, struct pages *pages)
{
	struct set dirs = {0};
	int top = in->dir, err = 0;

	while (pages->n_parent && !err) {
		struct pages_want *want = pages->parent;
		size_t n = pages->n_parent;
		int dir = pages_parent(in, &dirs);

		if (dir < 0) {
			err = dir;
			break;
		}
		pages->parent = NULL;
		pages->n_parent = pages->room = 0;
		if (in->dir != top)
			close(in->dir);
		in->dir = dir;
		in->depth++;
		err = pages_check_level(in, pages, want, n);
		free(want);
	}
	if (in->dir != top)
		close(in->dir);
	in->dir = top;
	in->depth = 0;
	image_set_free(&dirs);
	return err;
}

void image_pages_free(struct pages *pages)
{
	image_set_free(&pages->ids);
	free(pages->parent);
}
