/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_CONTENTS_H
#define IMAGE_CONTENTS_H

#include <sys/stat.h>

#include "image/image.h"

/*
 * What an image directory holds, for somebody who looks at it: as much of it as
 * can be read, also of a damaged one.  image_read() judges whether it can be
 * restored.
 */

/* The types of open files, by CRIU's numbers (images/fdinfo.proto). */
enum image_type {
	IMAGE_REGULAR = 1, /* files, directories, devices: what has a path */
	IMAGE_PIPE = 2,
	IMAGE_FIFO = 3,
	IMAGE_INET = 4,
	IMAGE_UNIX = 5,
	IMAGE_TERMINAL = 11,
	IMAGE_EXTERNAL = 16,
	IMAGE_MEMFD = 18,
};

enum image_remap {
	REMAP_NONE,
	REMAP_LINK,  /* a hard link in its file system keeps what was deleted */
	REMAP_GHOST, /* deleted, its contents are in the image */
	REMAP_PROC,  /* a file of a process that was gone */
};

/* What a socket's state says, as in <netinet/tcp.h>. */
enum {
	IMAGE_ESTABLISHED = 1,
	IMAGE_CLOSED = 7,
	IMAGE_LISTENING = 10,
};

/* An entry of files.img; other types than those it names fill in less. */
struct image_file {
	uint32_t id;
	uint32_t type; /* enum image_type, or another number of CRIU's */
	bool known;    /* it was in files.img: false in those made up */

	/* regular; also the file of a named pipe, of a terminal, of a memfd */
	const char *path; /* or NULL */
	uint32_t flags;	  /* O_* */
	uint64_t pos, size;
	bool has_size, has_mode;
	bool mapped_to_write; /* a shared mapping that may be written to */
	mode_t mode;
	int mount;     /* number of the mount, -1 without mounts in the image */
	bool external; /* --external file[...]: path is what is in there */
	enum image_remap remap;
	uint32_t remap_id; /* link: its file; ghost: its contents */
	uint32_t path_of;  /* of the entry that has the path, 0: none */

	/* pipes: the two ends have the same number */
	uint32_t pipe;

	/* sockets */
	uint32_t ino, peer; /* unix: peer's ino, or 0 */
	uint32_t family, socket_type, protocol, state;
	uint32_t address[4], peer_address[4]; /* inet, network byte order */
	uint16_t port, peer_port;	      /* host byte order */
	bool v6only;
	bool shares_port;      /* inet: others may have it, too */
	const char *interface; /* that the address belongs to, or NULL */
	size_t path_len;       /* unix: path may be abstract: \0... */
	const char *path_dir;  /* unix: where a relative path starts */
	bool deleted;	       /* unix: its path was deleted */
	bool outside;	       /* unix: is a server outside of the tree */

	/* terminals */
	uint32_t terminal;
};

struct image_descriptor {
	uint32_t fd, type, id;
};

/* A task of the tree: task[i] and process[i] are the same. */
struct image_process {
	char name[16];	   /* comm, or "" */
	const char *title; /* its command line, or NULL when that isn't here */
	bool known;	   /* the following could be read */
	bool stopped;
	uint32_t exit_code; /* of a zombie: a wait status */
	bool has_owner;
	uid_t uid;
	gid_t gid;
	const char *lsm; /* security profile, or NULL */
	uint64_t memory; /* bytes in pages files, those of parents left out */
	uint64_t parent_memory; /* bytes in pages files of parents */
	uint64_t mapped;	/* bytes of all mappings */
	size_t shares_memory, shares_files; /* index of the one with which it
					       shares them, or its own */
	uint32_t executable, cwd, root;	    /* ids of files, 0: unknown */
	uint32_t *map; /* ids of files that are mapped, each once */
	size_t n_maps;
	struct image_descriptor *fd;
	size_t n_fds;
};

struct image_mount {
	const char *path, *source, *root;
	const char *filesystem; /* "-" if CRIU doesn't say */
	const char *key;	/* of --external mnt[...], or NULL */
	bool external;
	int id;
};

struct image_terminal {
	uint32_t id, type, rdev, dev, number;
};

struct image_contents {
	struct image_tree tree; /* as far as it could be read */
	struct image_process *process;
	struct image_file *file; /* ordered by type and id */
	size_t n_files;
	struct image_mount *mount;
	size_t n_mounts;
	struct image_terminal *terminal;
	size_t n_terminals;
	uint32_t lsm;	 /* 0 none, 1 SELinux, 2 AppArmor */
	bool tcp_close;	 /* dumped with --tcp-close */
	uint64_t uptime; /* of the machine at the dump, in us; 0 unknown */
	uint32_t frozen; /* for how many us the tree stood still; 0 unknown */
	bool cpuinfo;	 /* there is a cpuinfo.img */
	struct image_problem *problem; /* what could not be read */
	size_t n_problems;
	void *memory;
};

/**
 * image_contents_read - read what is there.
 * @dir: as in image_read()
 * @ret: filled also when it fails; image_contents_free() it
 * @titles: whether to look for command lines in the pages
 * Returns 0, -EBADMSG when there are problems, or -ENOMEM.
 */
int image_contents_read(int dir, struct image_contents *ret, bool titles);
void image_contents_free(struct image_contents *c);

/**
 * image_contents_file - the entry with this type and id, or NULL.
 */
const struct image_file *image_contents_file(const struct image_contents *c,
					     uint32_t type, uint32_t id);

/**
 * image_contents_path - the path of an entry, be it in another one, or NULL.
 */
const char *image_contents_path(const struct image_contents *c,
				const struct image_file *file);

/* Where a restore finds the file that a path of the image names. */
enum image_place {
	IMAGE_HERE,    /* on this host, by that path, from the tree's root */
	IMAGE_INSIDE,  /* on a mount that the image brings along */
	IMAGE_NOWHERE, /* not by its path: deleted, external, of a /proc/PID */
};

/**
 * image_contents_place - where a regular file is.
 * @c: with .tree.namespaces filled in, as image_read() does it
 */
enum image_place image_contents_place(const struct image_contents *c,
				      const struct image_file *f);

#endif
