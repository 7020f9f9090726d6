/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_IMAGES_H
#define TESTS_UNIT_IMAGES_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

/*
 * A small tree, as CRIU would have written it.
 *
 *   10  root, threads 10 and 12, a uts namespace of its own, PDEATHSIG 9
 *    +- 11  zombie
 *    +- 13  shares its descriptors with 10; pages-2.img
 *    +- 14  shares its memory with 13, has descriptors of its own
 */

enum {
	COMMON = 0x54564319,
	INVENTORY = 0x58313116,
	PSTREE = 0x50273030,
	CORE = 0x55053847,
	IDS = 0x54432030,
	MM = 0x57492820,
	FS = 0x51403912,
	FDINFO = 0x56213732,
	FILES = 0x56303138,
	PAGEMAP = 0x56084025,
	PIPES_DATA = 0x56453709,
	GHOST = 0x52583605,
	UTSNS = 0x54473203,
	REMAP_FPATH = 0x59133954,
	MEMFD = 0x48453499,
	PARENT = 1,
	LAZY = 2,
	PRESENT = 4,
	ALIVE = 1,
	DEAD = 2,
	FILE_MAPPING = 1 << 6,
	SHARED_MAPPING = 1 << 8,
};

static int dir = -1;
static char root[64]; /* its name */

/* --- writing images ---------------------------------------------------- */

struct bytes {
	unsigned char at[2048];
	size_t n;
};

static inline void put(struct bytes *b, const void *data, size_t n)
{
	ck_assert_uint_le(b->n + n, sizeof(b->at));
	memcpy(b->at + b->n, data, n);
	b->n += n;
}

static inline void put_u32(struct bytes *b, uint32_t n)
{
	put(b, &n, sizeof(n));
}

static inline void put_varint(struct bytes *b, uint64_t n)
{
	do {
		unsigned char c = (n & 127) | (n > 127 ? 128 : 0);

		put(b, &c, 1);
		n >>= 7;
	} while (n);
}

static inline void put_field(struct bytes *b, unsigned int field, uint64_t n)
{
	put_varint(b, field << 3);
	put_varint(b, n);
}

static inline void put_inner(struct bytes *b, unsigned int field,
			     const struct bytes *inner)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, inner->n);
	put(b, inner->at, inner->n);
}

static inline void put_record(struct bytes *b, const struct bytes *record)
{
	put_u32(b, (uint32_t)record->n);
	put(b, record->at, record->n);
}

/* A record of fields 1, 2, 3 … as given; -1 leaves one out. */
static inline void put_fields(struct bytes *b, size_t n, const int64_t *value)
{
	struct bytes record = {.n = 0};

	for (size_t i = 0; i < n; i++)
		if (value[i] >= 0)
			put_field(&record, (unsigned int)i + 1,
				  (uint64_t)value[i]);
	put_record(b, &record);
}
#define FIELDS(b, ...)                                                    \
	put_fields(b, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), \
		   (int64_t[]){__VA_ARGS__})

static inline void start(struct bytes *b, uint32_t magic)
{
	b->n = 0;
	if (magic != INVENTORY)
		put_u32(b, COMMON);
	put_u32(b, magic);
}

static inline void save(const char *name, const void *data, size_t n)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, n), (ssize_t)n);
	close(fd);
}

static inline void save_bytes(const char *name, const struct bytes *b)
{
	save(name, b->at, b->n);
}

static inline size_t load(const char *name, void *data, size_t room)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, data, room);
	ck_assert_int_ge(n, 0);
	close(fd);
	return (size_t)n;
}

static inline void pages(const char *name, int n)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(ftruncate(fd, n * sysconf(_SC_PAGESIZE)), 0);
	close(fd);
}

/* One entry of @n pages with @flags; -1: as an old CRIU wrote it. */
static inline void pagemap(const char *name, int id, int n, int flags)
{
	struct bytes b;

	start(&b, PAGEMAP);
	FIELDS(&b, id);
	if (flags < 0)
		FIELDS(&b, 0x400000, n);
	else
		FIELDS(&b, 0x400000, 0, -1, flags, n);
	save_bytes(name, &b);
}

static inline void inventory(int version)
{
	struct bytes b, record = {.n = 0}, ids = {.n = 0};

	for (unsigned int i = 1; i <= 12; i++)
		put_field(&ids, i, i < 5 ? 100 : i);
	put_field(&record, 1, (uint64_t)version);
	put_field(&record, 2, 1);
	put_inner(&record, 3, &ids);
	start(&b, INVENTORY);
	put_record(&b, &record);
	save_bytes("inventory.img", &b);
}

static inline void core(const char *name, int state, int pdeath_sig)
{
	struct bytes b, record = {.n = 0}, tc = {.n = 0}, thread = {.n = 0};

	put_field(&tc, 1, (uint64_t)state);
	put_field(&thread, 8, (uint64_t)pdeath_sig);
	put_field(&record, 1, 1);
	if (state)
		put_inner(&record, 3, &tc);
	if (state != DEAD)
		put_inner(&record, 5, &thread);
	start(&b, CORE);
	put_record(&b, &record);
	save_bytes(name, &b);
}

static inline void ids(const char *name, int vm, int files, int uts)
{
	struct bytes b;

	start(&b, IDS);
	FIELDS(&b, vm, files, 9, 9, 5, 6, 7, uts, 9, 10, 11, 12);
	save_bytes(name, &b);
}

static inline void mm(const char *name, int64_t shmid)
{
	struct bytes b, record = {.n = 0}, file = {.n = 0}, shared = {.n = 0};

	put_field(&file, 4, 1);
	put_field(&file, 7, FILE_MAPPING);
	put_field(&shared, 4, (uint64_t)shmid);
	put_field(&shared, 7, SHARED_MAPPING);
	put_field(&record, 12, 1);
	put_inner(&record, 14, &file);
	if (shmid >= 0)
		put_inner(&record, 14, &shared);
	start(&b, MM);
	put_record(&b, &record);
	save_bytes(name, &b);
}

static inline void fs(const char *name)
{
	struct bytes b;

	start(&b, FS);
	FIELDS(&b, 2, 2);
	save_bytes(name, &b);
}

static inline void fdinfo(const char *name, int n)
{
	struct bytes b;

	start(&b, FDINFO);
	for (int fd = 0; fd < n; fd++)
		FIELDS(&b, 3, 0, 1, fd);
	save_bytes(name, &b);
}

/* Files 1 and 2 are the program and its directory. */
static inline void files(int n)
{
	struct bytes b;

	start(&b, FILES);
	for (int id = 1; id <= n; id++)
		FIELDS(&b, 1, id);
	save_bytes("files.img", &b);
}

static inline void put_task(struct bytes *b, const int *task, size_t n_threads,
			    const uint32_t *thread)
{
	struct bytes record = {.n = 0};

	for (unsigned int i = 0; i < 4; i++)
		put_field(&record, i + 1, (uint64_t)task[i]);
	for (size_t i = 0; i < n_threads; i++)
		put_field(&record, 5, thread[i]);
	put_record(b, &record);
}
#define TASK(b, pid, ppid, pgid, sid, ...)                             \
	put_task(b, (int[]){pid, ppid, pgid, sid},                     \
		 sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), \
		 (uint32_t[]){__VA_ARGS__})

static inline void pstree(void)
{
	struct bytes b;

	start(&b, PSTREE);
	TASK(&b, 10, 0, 10, 9, 10, 12);
	/* A zombie's thread is what CRIU found in its memory. */
	TASK(&b, 11, 10, 10, 9, 3774624160);
	TASK(&b, 13, 10, 20, 9, 13);
	TASK(&b, 14, 10, 10, 9, 14);
	save_bytes("pstree.img", &b);
}

static inline void others(void)
{
	struct bytes b;

	start(&b, PIPES_DATA);
	FIELDS(&b, 1, 5);
	put(&b, "hello", 5);
	FIELDS(&b, 2, 3);
	put(&b, "abc", 3);
	save_bytes("pipes-data.img", &b);

	start(&b, UTSNS);
	FIELDS(&b, -1, -1, -1);
	save_bytes("utsns-30.img", &b);

	start(&b, GHOST);
	FIELDS(&b, 0, 0, 0, -1, -1, -1, -1, -1, 1, 4);
	FIELDS(&b, 4, 0);
	put(&b, "gone", 4);
	save_bytes("ghost-file-1a.img", &b);
	start(&b, REMAP_FPATH);
	FIELDS(&b, 3, 0x1a, 1);
	FIELDS(&b, 4, 0x1b, 0);
	save_bytes("remap-fpath.img", &b);

	start(&b, MEMFD);
	FIELDS(&b, -1, 0, 0, 9000, 78);
	FIELDS(&b, -1, 0, 0, 0, 79);
	save_bytes("memfd.img", &b);
	pagemap("pagemap-shmem-78.img", 4, 1, PRESENT);
	pages("pages-4.img", 1);

	save("dump.log", "noise", 5);
	save("iptables-9.img", "", 0);
}

static inline void write_all(void)
{
	inventory(2);
	pstree();
	core("core-10.img", ALIVE, 9);
	core("core-12.img", 0, 0);
	core("core-11.img", DEAD, 0);
	core("core-13.img", ALIVE, 0);
	core("core-14.img", ALIVE, 0);
	ids("ids-10.img", 1, 2, 30);
	ids("ids-13.img", 2, 2, 30);
	ids("ids-14.img", 2, 3, 30);
	mm("mm-10.img", 77);
	mm("mm-13.img", -1);
	fs("fs-10.img");
	fs("fs-13.img");
	fs("fs-14.img");
	fdinfo("fdinfo-2.img", 3);
	fdinfo("fdinfo-3.img", 1);
	files(3);
	pagemap("pagemap-10.img", 1, 3, PRESENT);
	pagemap("pagemap-13.img", 2, 1, PRESENT | LAZY);
	pagemap("pagemap-shmem-77.img", 3, 2, -1);
	pages("pages-1.img", 3);
	pages("pages-2.img", 1);
	pages("pages-3.img", 2);
	others();
}

/* All that a directory of this kind has, and what is said when it hasn't. */
static const struct {
	const char *name;
	bool needed;
} every[] = {
	{"inventory.img", true},
	{"pstree.img", true},
	{"core-10.img", true},
	{"core-12.img", true},
	{"core-11.img", true},
	{"core-13.img", true},
	{"core-14.img", true},
	{"ids-10.img", true},
	{"ids-13.img", true},
	{"ids-14.img", true},
	{"mm-10.img", true},
	{"mm-13.img", true},
	{"fs-10.img", true},
	{"fs-13.img", true},
	{"fs-14.img", true},
	{"fdinfo-2.img", true},
	{"fdinfo-3.img", true},
	{"files.img", true},
	{"pagemap-10.img", true},
	{"pagemap-13.img", true},
	{"pagemap-shmem-77.img", true},
	{"pages-1.img", true},
	{"pages-2.img", true},
	{"pages-3.img", true},
	{"utsns-30.img", true},
	{"pipes-data.img", false},
	{"ghost-file-1a.img", true},
	{"pagemap-shmem-78.img", true},
	{"pages-4.img", true},
	{"remap-fpath.img", false},
	{"memfd.img", false},
};
enum { N_EVERY = sizeof(every) / sizeof(*every) };

/* --- the directory ------------------------------------------------------ */

static inline int remove_one(const char *path, const struct stat *st, int type,
			     struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void images_open(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(root, sizeof(root), "%.40s/criu-ns-image.XXXXXX",
		 tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(root));
	dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
	write_all();
}

static inline void images_close(void)
{
	close(dir);
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
