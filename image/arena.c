/* SPDX-License-Identifier: MIT */
#include <stdalign.h>
#include <stdlib.h>

#include "image/arena.h"

enum {
	ARENA_BLOCK = 64 << 10,
	ARENA_MAX = 512 << 20, /* a million mappings fit ten times */
};

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) char data[];
};

static struct arena_block *arena_grow(struct arena *arena, size_t need)
{
	size_t size = need > ARENA_BLOCK ? need : ARENA_BLOCK;
	struct arena_block *block;

	if (size > ARENA_MAX - arena->total)
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	block->used = 0;
	block->next = arena->block;
	arena->block = block;
	arena->total += size;
	return block;
}

static void *arena_alloc(void *data, size_t size)
{
	struct arena *arena = data;
	struct arena_block *block = arena->block;
	void *piece;

	if (size > ARENA_MAX)
		return NULL;
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!block || size > block->size - block->used)
		block = arena_grow(arena, size);
	if (!block)
		return NULL;
	piece = block->data + block->used;
	block->used += size;
	return piece;
}

static void arena_drop(void *data, void *piece)
{
	(void)data;
	(void)piece;
}

void image_arena_init(struct arena *arena)
{
	*arena = (struct arena){
		.allocator = {arena_alloc, arena_drop, arena},
	};
}

static void arena_shrink(struct arena *arena, struct arena_block *keep)
{
	while (arena->block != keep) {
		struct arena_block *block = arena->block;

		arena->block = block->next;
		arena->total -= block->size;
		free(block);
	}
}

void image_arena_reset(struct arena *arena)
{
	struct arena_block *oldest = arena->block;

	if (!oldest)
		return;
	while (oldest->next)
		oldest = oldest->next;
	arena_shrink(arena, oldest);
	oldest->used = 0;
}

void image_arena_free(struct arena *arena)
{
	arena_shrink(arena, NULL);
}
