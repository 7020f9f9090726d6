/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "image/file.h"
#include "image/pages.h"
#include "image/pstree.h"
#include "image/refs.h"
#include "image/records.pb-c.h"
#include "image/sweep.h"
#include "image/task.h"
#include "image/terminal.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

enum {
	VERSION_1 = 1,
	VERSION_1_1 = 2, /* with a common magic in front of each file's own */
};

/*
 * The namespaces that CRIU compares, and what a dump says about each.  Pid
 * namespaces have no contents; those of a network may have stayed outside
 * (--external net), and then there is no image.
 */
static const struct namespace
{
	unsigned int flag;
	size_t id;
	const char *image;
}
namespaces[] = {
	{CLONE_NEWPID, offsetof(Image__Ids, pid_ns_id), NULL},
	{CLONE_NEWNET, offsetof(Image__Ids, net_ns_id), NULL},
	{CLONE_NEWIPC, offsetof(Image__Ids, ipc_ns_id), "ipcns-var"},
	{CLONE_NEWUTS, offsetof(Image__Ids, uts_ns_id), "utsns"},
	{CLONE_NEWTIME, offsetof(Image__Ids, time_ns_id), "timens"},
	{CLONE_NEWNS, offsetof(Image__Ids, mnt_ns_id), "mountpoints"},
	{CLONE_NEWUSER, offsetof(Image__Ids, user_ns_id), "userns"},
};

static uint32_t namespace_id(const Image__Ids *ids, const struct namespace *ns)
{
	uint32_t id;

	memcpy(&id, (const char *)ids + ns->id, sizeof(id));
	return id;
}

/* A namespace was dumped when it isn't the one where CRIU was. */
static int check_namespaces(struct reading *in, const Image__Ids *root,
			    const Image__Ids *criu, unsigned int *ret)
{
	const size_t n = sizeof(namespaces) / sizeof(*namespaces);
	int err = 0;

	*ret = 0;
	for (size_t i = 0; i < n && !err; i++) {
		const struct namespace *ns = &namespaces[i];
		uint32_t id = namespace_id(root, ns);
		uint64_t number;
		char name[64];

		if (id == namespace_id(criu, ns))
			continue;
		*ret |= ns->flag;
		if (!ns->image)
			continue;
		snprintf(name, sizeof(name), "%s-%" PRIu32 ".img", ns->image,
			 id);
		err = image_file_whole(in, image_kind_of(name, &number), name);
	}
	return err;
}

static int check_inventory(struct reading *in, Image__Ids *ret)
{
	static const char name[] = "inventory.img";
	Image__Inventory *inventory;
	int err = image_file_only(in, &image_kinds[KIND_INVENTORY], 0,
				  &image__inventory__descriptor, &inventory);

	if (err == -ENOENT)
		return image_sweep_no_inventory(in);
	if (err)
		return err;
	/* Of all that a dump says here, a pre-dump leaves zeroes. */
	if (inventory->has_pre_dump_mode ||
	    (inventory->has_img_version && !inventory->img_version))
		return image_reading_fail(
			in, EBADMSG, "",
			"holds a pre-dump, which has memory pages "
			"only: restore from the dump after it");
	if (!inventory->has_img_version)
		return image_reading_fail(in, EBADMSG, name, "says no version");
	if (inventory->img_version != VERSION_1 &&
	    inventory->img_version != VERSION_1_1)
		return image_reading_fail(in, ENOTSUP, name,
					  "says version %" PRIu32
					  ", which is not known",
					  inventory->img_version);
	if (!inventory->fdinfo_per_id)
		return image_reading_fail(in, ENOTSUP, name,
					  "is of a CRIU too old for today's");
	if (!inventory->root_ids)
		return image_reading_fail(in, EBADMSG, name,
					  "doesn't name CRIU's own namespaces");
	in->plain = inventory->img_version == VERSION_1;
	*ret = *inventory->root_ids;
	return 0;
}

static int check_all(struct reading *in, struct image_tree *tree,
		     struct pages *pages, struct tasks *tasks)
{
	Image__Ids criu;
	int err = check_inventory(in, &criu);

	if (!err)
		err = image_pstree_read(in, tree);
	if (!err)
		err = image_task_check_all(in, tasks);
	if (!err && tasks->root.files_id == criu.files_id)
		err = image_reading_fail(in, EBADMSG, "inventory.img",
					 "takes CRIU for the root of the tree");
	if (!err)
		err = check_namespaces(in, &tasks->root, &criu,
				       &tree->namespaces);
	if (!err)
		err = image_refs_files(in);
	if (!err)
		err = image_terminal_outside(in, tree);
	if (!err)
		err = image_sweep(in, pages);
	if (!err)
		err = image_pages_check_parents(in, pages);
	tree->lazy = pages->lazy;
	return err;
}

int image_read(int dir, struct image_tree *ret, struct image_problem *problem)
{
	struct image_tree tree = {0};
	struct pages pages = {0};
	struct tasks tasks = {.tree = &tree, .pages = &pages};
	struct reading in;
	int err;

	*problem = (struct image_problem){0};
	err = image_reading_init(&in, dir, problem);
	if (!err)
		err = check_all(&in, &tree, &pages, &tasks);
	/* Only memory runs out without a sentence. */
	if (err && !problem->text[0])
		image_reading_errno(&in, -err, "", "read");
	image_reading_free(&in);
	image_pages_free(&pages);
	image_task_free(&tasks);
	if (err)
		image_free(&tree);
	else
		*ret = tree;
	return err;
}

bool image_complete(int dir)
{
	struct image_problem problem;
	struct image_tree tree = {0};
	int err = image_read(dir, &tree, &problem);

	image_free(&tree);
	return err == 0;
}
