/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "image/files.h"
#include "image/refs.h"

enum {
	REMAP_GHOST = 1, /* the others are links, or tasks in /proc */
};

static int refs_exists(struct file *file, const char *name)
{
	int err;

	if (!faccessat(file->in->dir, name, F_OK, 0))
		return 1;
	err = errno;
	if (err == ENOENT)
		return image_reading_fail(file->in, err, name,
					  "is missing: %s names it",
					  file->name);
	return image_reading_errno(file->in, err, name, "examined");
}

int image_refs_remap(struct file *file)
{
	Image__Remap *remap;
	char name[32];
	int got = image_file_message(file, &image__remap__descriptor, &remap);

	if (got <= 0 || remap->remap_type != REMAP_GHOST)
		return got;
	snprintf(name, sizeof(name), "ghost-file-%" PRIx32 ".img",
		 remap->remap_id);
	return refs_exists(file, name);
}

/* By the type of an entry in files.img, images/fdinfo.proto of CRIU. */
static const struct need {
	uint32_t type;
	const char *name;
} needs[] = {
	{11, "tty-info.img"},
	{18, "memfd.img"},
	{19, "bpfmap-file.img"},
};

static int refs_need(struct file *file, const Image__File *entry, void *data)
{
	(void)data;
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (needs[i].type == entry->type)
			return refs_exists(file, needs[i].name);
	return 1;
}

int image_refs_files(struct reading *in)
{
	return image_files_walk(in, refs_need, NULL);
}

int image_refs_memfd(struct file *file)
{
	Image__Memfd *memfd;
	char name[32];
	int got = image_file_message(file, &image__memfd__descriptor, &memfd);

	if (got <= 0 || !memfd->size)
		return got;
	snprintf(name, sizeof(name), "pagemap-shmem-%" PRIu32 ".img",
		 memfd->shmid);
	return refs_exists(file, name);
}
