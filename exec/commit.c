/* SPDX-License-Identifier: MIT */
#include "exec/commit.h"

#include <errno.h>
#include <string.h>

#include "exec/command.h"
#include "exec/message.h"
#include "exec/record.h"
#include "image/image.h"

static int write_record(struct dump *d)
{
	struct record facts = {
		.criu = d->version,
		.inner = image_root(d->store.dir),
		.outer = d->target.pid,
		.command = d->command,
		.program = COMMAND_VERSION,
		.generation = d->target.generation,
	};

	return record_write(d->store.dir, d->argv, &facts);
}

/* With -R nobody waits for the disk, unless an older image shall go for it. */
static bool wants_sync(const struct dump *d)
{
	return !argv_flag(d->argv, OPT_SYNC) &&
	       (dumper_ends_tree(d->argv) || d->store.way != STORE_PLAIN ||
		argv_last(d->argv, OPT_KEEP));
}

static int fail(const struct dump *d, const char *what, const char *file,
		int err)
{
	return message_fail("cannot %s '%s%s%s': %s", what, d->store.name,
			    *file ? "/" : "", file, strerror(-err));
}

int commit_image(struct dump *d)
{
	bool sync = wants_sync(d);
	struct image_problem problem;
	int err = 0;

	if (d->committed)
		return 0;
	if (d->record)
		err = write_record(d);
	d->store.recorded = d->record && !err;
	if (err)
		return fail(d, "write the record", RECORD_NAME, err);
	if (sync)
		err = image_sync(d->store.dir, &problem);
	if (err)
		return fail(d, "make the image safe on the disk,", problem.file,
			    err);
	err = store_commit(&d->store, sync);
	if (err)
		return fail(d, "put the new image into its place,", "", err);
	d->committed = true;
	return 0;
}
