/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/file.h"

enum {
	RECORD_MAX = 64 << 20, /* a million mappings, in mm-PID.img */
	COMMON_MAGIC = 0x54564319,
};

static int file_ends(struct file *file, uint64_t wanted)
{
	return image_file_fail(file,
			       "ends after %" PRIu64 " of %" PRIu64 " bytes",
			       file->size, wanted);
}

/* Point @ret at the next @len bytes; they are in the file. */
static int file_take(struct file *file, size_t len, unsigned char **ret)
{
	struct reading *in = file->in;
	size_t want = len > READING_WINDOW ? len : READING_WINDOW;
	ssize_t got;

	if (file->at < file->window ||
	    file->at + len > file->window + file->in_window) {
		if (want > in->buffer_size) {
			unsigned char *grown = realloc(in->buffer, want);

			if (!grown)
				return -ENOMEM;
			in->buffer = grown;
			in->buffer_size = want;
		}
		got = pread(file->fd, in->buffer, want, (off_t)file->at);
		if (got < 0)
			return image_reading_errno(in, errno, file->name,
						   "read");
		file->window = file->at;
		file->in_window = (uint64_t)got;
		/* It shrinks while we look at it. */
		if ((size_t)got < len) {
			file->size = file->at + (uint64_t)got;
			return file_ends(file, file->at + len);
		}
	}
	*ret = in->buffer + (file->at - file->window);
	file->at += len;
	return 0;
}

/* Images are written in the byte order of the machine that reads them. */
static int file_number(struct file *file, uint32_t *ret)
{
	unsigned char *bytes;
	int err;

	if (file->size - file->at < sizeof(*ret))
		return file_ends(file, file->at + sizeof(*ret));
	err = file_take(file, sizeof(*ret), &bytes);
	if (err)
		return err;
	memcpy(ret, bytes, sizeof(*ret));
	return 0;
}

static int file_magic(struct file *file)
{
	bool plain =
		file->in->plain || file->kind == &image_kinds[KIND_INVENTORY];
	const struct kind *other;
	uint32_t magic = COMMON_MAGIC;
	int err = 0;

	if (!file->size)
		return image_file_fail(file, "is empty");
	if (file->size < (plain ? 4 : 8))
		return file_ends(file, plain ? 4 : 8);
	if (!plain)
		err = file_number(file, &magic);
	if (!err && magic == COMMON_MAGIC)
		err = file_number(file, &magic);
	if (err || magic == file->kind->magic)
		return err;
	other = image_kind_by_magic(magic);
	if (other)
		return image_file_fail(file, "is no %s image but a %s image",
				       file->kind->name, other->name);
	return image_file_fail(file, "is no %s image", file->kind->name);
}

static int file_regular(struct file *file)
{
	struct stat st;

	if (fstat(file->fd, &st) < 0)
		return image_reading_errno(file->in, errno, file->name,
					   "examined");
	if (!S_ISREG(st.st_mode))
		return image_file_fail(file, "is not a regular file");
	file->size = (uint64_t)st.st_size;
	return image_reading_note(file->in, file->kind, st.st_ino);
}

int image_file_open_name(struct file *file, struct reading *in,
			 const struct kind *kind, const char *name)
{
	int err;

	*file = (struct file){.in = in, .kind = kind};
	snprintf(file->name, sizeof(file->name), "%s", name);
	/* O_NONBLOCK: what is called like an image may be a FIFO. */
	file->fd = openat(in->dir, name,
			  O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0) {
		err = errno;
		if (err == ENOENT)
			return image_reading_fail(in, err, name, "is missing");
		if (err == ENXIO || err == ENODEV)
			return image_file_fail(file, "is not a regular file");
		return image_reading_errno(in, err, name, "opened");
	}
	err = file_regular(file);
	if (!err)
		err = file_magic(file);
	if (err)
		image_file_close(file);
	return err;
}

int image_file_open(struct file *file, struct reading *in,
		    const struct kind *kind, uint64_t number)
{
	char name[64];

	if (kind->numbered)
		snprintf(name, sizeof(name), "%s-%" PRIu64 ".img", kind->name,
			 number);
	else
		snprintf(name, sizeof(name), "%s.img", kind->name);
	return image_file_open_name(file, in, kind, name);
}

void image_file_close(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

int image_file_next(struct file *file, uint32_t *ret_len)
{
	uint32_t len = 0;
	int err;

	if (file->at == file->size)
		return 0;
	err = file_number(file, &len);
	if (err)
		return err;
	if (len > file->size - file->at)
		return file_ends(file, file->at + len);
	*ret_len = len;
	return 1;
}

int image_file_skip(struct file *file, uint64_t len)
{
	if (len > file->size - file->at)
		return image_file_fail(
			file, "ends after %" PRIu64 " bytes: data cut short",
			file->size);
	file->at += len;
	return 0;
}

int image_file_message(struct file *file,
		       const ProtobufCMessageDescriptor *type, void *ret)
{
	struct arena *arena = &file->in->arena;
	uint64_t start = file->at;
	ProtobufCMessage *message;
	unsigned char *bytes;
	uint32_t len;
	int got = image_file_next(file, &len), err;

	if (got <= 0)
		return got;
	if (len > RECORD_MAX)
		return image_file_fail(file, "has a record of %u bytes", len);
	err = file_take(file, len, &bytes);
	if (err)
		return err;
	image_arena_reset(arena);
	message =
		protobuf_c_message_unpack(type, &arena->allocator, len, bytes);
	if (!message)
		return image_file_fail(
			file, "has a damaged record at byte %" PRIu64, start);
	*(void **)ret = message;
	return 1;
}

int image_file_only(struct reading *in, const struct kind *kind,
		    uint64_t number, const ProtobufCMessageDescriptor *type,
		    void *ret)
{
	struct file file;
	int err = image_file_open(&file, in, kind, number);

	if (err)
		return err;
	err = image_file_message(&file, type, ret);
	if (!err)
		err = image_file_fail(&file, "holds no record");
	else if (err > 0)
		err = image_file_rest(&file);
	image_file_close(&file);
	return err;
}

static int file_step(struct file *file)
{
	uint32_t len;
	int got = image_file_next(file, &len);

	if (got > 0)
		file->at += len;
	return got;
}

int image_file_rest(struct file *file)
{
	int got;

	do {
		got = file->kind->next ? file->kind->next(file)
				       : file_step(file);
	} while (got > 0);
	return got;
}

int image_file_whole(struct reading *in, const struct kind *kind,
		     const char *name)
{
	struct file file;
	int err = image_file_open_name(&file, in, kind, name);

	if (err)
		return err;
	err = file.at == file.size ? image_file_fail(&file, "holds no record")
				   : image_file_rest(&file);
	image_file_close(&file);
	return err;
}
