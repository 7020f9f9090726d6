/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_ARENA_H
#define IMAGE_ARENA_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

/*
 * The memory of one unpacked record.  A record costs many small pieces, which
 * are all dropped together; and a hostile one may ask for a hundred times its
 * own length, so that there has to be an end.
 */

struct arena_block;

struct arena {
	ProtobufCAllocator allocator; /* hand this to libprotobuf-c */
	struct arena_block *block;    /* newest first */
	size_t total;
};

void image_arena_init(struct arena *arena);

/**
 * image_arena_reset - drop all pieces; a block is kept for the next record.
 */
void image_arena_reset(struct arena *arena);
void image_arena_free(struct arena *arena);

#endif
