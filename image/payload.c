/* SPDX-License-Identifier: MIT */
#include "image/file.h"
#include "image/payload.h"
#include "image/records.pb-c.h"

static uint64_t payload_round(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static int payload_skip(struct file *file, uint64_t len)
{
	int err = image_file_skip(file, len);

	return err ? err : 1;
}

int image_payload_pipe(struct file *file)
{
	Image__PipeData *data;
	int got =
		image_file_message(file, &image__pipe_data__descriptor, &data);

	return got > 0 ? payload_skip(file, data->bytes) : got;
}

int image_payload_packet(struct file *file)
{
	Image__Packet *packet;
	int got = image_file_message(file, &image__packet__descriptor, &packet);

	return got > 0 ? payload_skip(file, packet->length) : got;
}

int image_payload_stream(struct file *file)
{
	Image__Stream *stream;
	int got = image_file_message(file, &image__stream__descriptor, &stream);

	if (got <= 0)
		return got;
	return payload_skip(file, (uint64_t)stream->inq_len + stream->outq_len);
}

int image_payload_segment(struct file *file)
{
	Image__Segment *segment;
	int got =
		image_file_message(file, &image__segment__descriptor, &segment);

	/* Since CRIU 3.0 the contents have a pagemap of their own. */
	if (got <= 0 || segment->in_pagemaps)
		return got;
	if (segment->size > file->size)
		return payload_skip(file, segment->size);
	return payload_skip(file, payload_round(segment->size, 4));
}

int image_payload_semaphores(struct file *file)
{
	Image__Semaphores *set;
	int got =
		image_file_message(file, &image__semaphores__descriptor, &set);

	if (got <= 0)
		return got;
	return payload_skip(file, payload_round((uint64_t)set->nsems * 2, 8));
}

int image_payload_queue(struct file *file)
{
	Image__Queue *queue;
	Image__Message *message;
	int got = image_file_message(file, &image__queue__descriptor, &queue);
	uint32_t left;

	if (got <= 0)
		return got;
	for (left = queue->qnum; left; left--) {
		got = image_file_message(file, &image__message__descriptor,
					 &message);
		if (!got)
			return image_file_fail(file, "ends %u messages early",
					       left);
		if (got > 0)
			got = payload_skip(file,
					   payload_round(message->msize, 8));
		if (got < 0)
			return got;
	}
	return 1;
}

int image_payload_ghost(struct file *file)
{
	Image__Ghost *ghost;
	Image__Chunk *chunk;
	int got = image_file_message(file, &image__ghost__descriptor, &ghost);

	if (got <= 0)
		return got;
	/* All that follows is the contents, however long. */
	if (!ghost->chunks)
		return payload_skip(file, file->size - file->at);
	do {
		got = image_file_message(file, &image__chunk__descriptor,
					 &chunk);
		if (got > 0)
			got = payload_skip(file, chunk->len);
	} while (got > 0);
	return got;
}

int image_payload_map(struct file *file)
{
	Image__Map *map;
	int got = image_file_message(file, &image__map__descriptor, &map);

	if (got <= 0)
		return got;
	return payload_skip(file,
			    (uint64_t)map->keys_bytes + map->values_bytes);
}
