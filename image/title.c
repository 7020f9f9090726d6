/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "image/gather.h"
#include "image/records.pb-c.h"

enum {
	TITLE_MAX = 2048,
	PARENTS_MAX = 64, /* of a circle of parents there is no end */
	PAGES_PARENT = 1 << 0,
	PAGES_PRESENT = 1 << 2,
};

/* Where in a pages file an address is. */
struct place {
	uint32_t pages_id;
	uint64_t offset;
	bool in_parent, found;
};

static void title_look(struct place *place, const Image__PagemapEntry *entry,
		       uint64_t address)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t n =
		entry->has_nr_pages ? entry->nr_pages : entry->compat_nr_pages;
	unsigned int flags = entry->has_flags ? entry->flags : PAGES_PRESENT;
	bool in_parent = entry->in_parent || flags & PAGES_PARENT;

	if (n > UINT64_MAX / page / 2)
		return;
	if (address >= entry->vaddr && address - entry->vaddr < n * page) {
		place->in_parent = in_parent;
		place->found = in_parent || flags & PAGES_PRESENT;
		place->offset += address - entry->vaddr;
	} else if (!in_parent && flags & PAGES_PRESENT) {
		place->offset += n * page;
	}
}

static struct place title_place(struct reading *in, uint64_t pid,
				uint64_t address)
{
	struct place place = {0};
	Image__PagemapHead *head;
	Image__PagemapEntry *entry;
	struct file file;

	if (image_file_open(&file, in, &image_kinds[KIND_PAGEMAP], pid))
		return place;
	if (image_file_message(&file, &image__pagemap_head__descriptor, &head) >
	    0) {
		place.pages_id = head->pages_id;
		while (!place.found &&
		       image_file_message(&file,
					  &image__pagemap_entry__descriptor,
					  &entry) > 0)
			title_look(&place, entry, address);
	}
	image_file_close(&file);
	return place;
}

static ssize_t title_pread(int dir, const struct place *place, char *buf,
			   size_t len)
{
	char name[32];
	ssize_t got;
	int fd;

	if (place->offset > INT64_MAX)
		return -1;
	snprintf(name, sizeof(name), "pages-%" PRIu32 ".img", place->pages_id);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	got = pread(fd, buf, len, (off_t)place->offset);
	close(fd);
	return got;
}

/* What lies within one page. */
static ssize_t title_page(struct gather *g, uint64_t pid, uint64_t address,
			  char *buf, size_t len)
{
	int top = g->in.dir, depth, dir;
	struct place place;
	ssize_t got = -1;

	for (depth = 0; depth < PARENTS_MAX; depth++) {
		place = title_place(&g->in, pid, address);
		if (!place.found || !place.in_parent)
			break;
		dir = openat(g->in.dir, "parent",
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (g->in.dir != top)
			close(g->in.dir);
		g->in.dir = dir < 0 ? top : dir;
		place.found = false;
		if (dir < 0)
			break;
	}
	if (place.found && !place.in_parent)
		got = title_pread(g->in.dir, &place, buf, len);
	if (g->in.dir != top)
		close(g->in.dir);
	g->in.dir = top;
	return got;
}

const char *image_gather_title(struct gather *g, uint64_t pid, uint64_t start,
			       uint64_t end)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char text[TITLE_MAX];
	size_t len = 0, want;

	if (end <= start)
		return NULL;
	want = end - start < sizeof(text) ? (size_t)(end - start)
					  : sizeof(text);
	while (len < want) {
		uint64_t at = start + len, rest = page - at % page;
		size_t n = rest < want - len ? (size_t)rest : want - len;
		ssize_t got = title_page(g, pid, at, text + len, n);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	/* That it isn't there is no problem of the image's. */
	image_gather_forget(g);
	while (len && !text[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = ' ';
	return len ? image_gather_bytes(g, text, len) : NULL;
}
