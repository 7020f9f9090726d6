/* SPDX-License-Identifier: MIT */
#include "exec/before.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "exec/message.h"
#include "exec/note.h"
#include "exec/record.h"
#include "image/parts.h"
#include "ns/caps.h"

int before_privileges(void)
{
	int admin = ns_caps_admin();

	if (admin < 0)
		return message_fail("cannot read the capabilities of this "
				    "process: %s",
				    strerror(-admin));
	if (!admin)
		return message_fail("cannot make or join namespaces: %s "
				    "(needs CAP_SYS_ADMIN; run as root)",
				    strerror(EPERM));
	return 0;
}

int before_criu(struct criu *ret, const struct argv *a)
{
	const char *what;
	int err;

	err = criu_find(ret, argv_last(a, OPT_CRIU_BINARY), &what);
	if (!err)
		return 0;
	message("cannot run criu, '%s' %s: %s (%s)", ret->path, what,
		strerror(-err),
		err == -ENOENT ? "install the package criu, or name it by "
				 "--criu-binary PATH or $CRIU"
			       : "it must be a program that may be executed");
	return err == -ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

int before_word(const struct argv *a, enum option_id id, const char *word)
{
	const struct argv_option *o = argv_find(a, id);

	if (!o || !strcmp(o->value, word))
		return 0;
	return message_fail("'%s' is no value of --%s (it takes '%s')",
			    o->value, o->row->name, word);
}

int before_directory(const char *path, const char *what, int *ret_fd)
{
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 0;
	return message_fail("cannot open %s directory '%s': %s", what, path,
			    strerror(errno));
}

static const char *image_advice(int err)
{
	switch (err) {
	case -ENOENT:
		return " (was the dump completed, and copied completely? is "
		       "the directory the right one? --no-image-check takes "
		       "it as it is)";
	case -EBADMSG:
	case -ELOOP:
		return " (was it copied completely? --no-image-check takes it "
		       "as it is)";
	case -ENOTSUP:
		return " (made by another version of criu? --no-image-check "
		       "takes it as it is)";
	default:
		return "";
	}
}

static int refuse(const char *path, const char *why)
{
	return message_fail("cannot restore '%s': %s", path, why);
}

static int check_tree(const char *path, const struct argv *a,
		      const struct image_tree *tree)
{
	if (tree->task[0].pid == 1 && !(tree->namespaces & CLONE_NEWPID))
		return refuse(path, "its root was PID 1 of a pid namespace "
				    "that was not dumped with it, and PID 1 is "
				    "the one PID that is never free (dump it "
				    "from outside of that namespace: criu-ns "
				    "dump -t PID with the PID as seen there)");
	if (tree->namespaces & CLONE_NEWNS && !argv_last(a, OPT_ROOT))
		return refuse(path, "it holds a mount namespace, which needs "
				    "a root to be built on (mkdir DIR; mount "
				    "--rbind / DIR; then restore with --root "
				    "DIR and the --external 'mnt[...]' of the "
				    "dump)");
	if (tree->terminal && !argv_flag(a, OPT_SHELL_JOB) &&
	    !argv_last(a, OPT_INHERIT_FD))
		return refuse(path, "it has a terminal that was not dumped "
				    "with it, as a job started from a shell "
				    "(restore it with --shell-job, -j: it gets "
				    "a terminal of its own)");
	if (tree->lazy && !argv_flag(a, OPT_LAZY_PAGES))
		return refuse(path, "some of its memory is in no file, as "
				    "after dump --lazy-pages (restore with "
				    "--lazy-pages, too)");
	return 0;
}

/* proc(5): clear_refs forgets it for each page, bit 55 of pagemap shows it. */
static bool kernel_tracks_memory(void)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t entry = 0;
	int refs, pages;
	char *page;

	page = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return false;
	*page = 1;
	refs = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	pages = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (refs >= 0 && pages >= 0 && write(refs, "4", 1) == 1) {
		*(volatile char *)page = 2;
		if (pread(pages, &entry, sizeof(entry),
			  (off_t)((uintptr_t)page / size * sizeof(entry))) !=
		    sizeof(entry))
			entry = 0;
	}
	if (refs >= 0)
		close(refs);
	if (pages >= 0)
		close(pages);
	munmap(page, size);
	return entry >> 55 & 1;
}

#define NO_TRACKING                                              \
	"this kernel does not track which memory is written to " \
	"(CONFIG_MEM_SOFT_DIRTY)"

int before_tracking(const struct argv *a)
{
	bool pre = !strcmp(a->action, "pre-dump");
	bool track = pre || argv_flag(a, OPT_TRACK_MEM);

	if ((!track && !argv_last(a, OPT_PREV_IMAGES_DIR)) ||
	    kernel_tracks_memory())
		return 0;
	if (track)
		return message_fail("%s can't be had: " NO_TRACKING
				    "; a whole dump needs no tracking",
				    pre ? "pre-dump" : "--track-mem");
	/* A criu may come that finds out by itself. */
	message("--prev-images-dir: " NO_TRACKING
		", so criu will hardly be able to make use of the images "
		"before");
	return 0;
}

int before_record(const char *path, struct argv *a)
{
	char why[ARGV_WHY];
	int dir, err, status;

	if (argv_flag(a, OPT_RECORD))
		return 0;
	status = before_directory(path, "image", &dir);
	if (status)
		return status;
	err = record_read(a, dir, path, why);
	close(dir);
	if (err > 0)
		message("%s", why);
	return err < 0 ? message_fail("cannot restore '%s': %s", path, why) : 0;
}

static int check_note(const char *path, int dir)
{
	char text[512];
	bool old;

	if (faccessat(dir, IMAGE_OLD_PART, F_OK, 0) == 0)
		return message_fail(
			"cannot restore '%s': a dump was killed "
			"when it moved the image to '%s/" IMAGE_OLD_PART
			"' or back (move its files "
			"back to '%s' and remove it, or dump into "
			"'%s' again)",
			path, path, path, path);
	if (!note_read(dir, text, sizeof(text)))
		return 0;
	old = faccessat(dir, IMAGE_OLD, F_OK, 0) == 0;
	return message_fail("cannot restore '%s': the dump into it is not "
			    "complete (%s)%s%s%s (--no-image-check takes it as "
			    "it is)",
			    path, text,
			    old ? "; the image before it is in '" : "",
			    old ? path : "", old ? "/" IMAGE_OLD "'" : "");
}

int before_image(const char *path, const struct argv *a, struct image_tree *ret)
{
	struct image_problem problem;
	int dir, err, status;

	*ret = (struct image_tree){0};
	status = before_directory(path, "image", &dir);
	if (status)
		return status;
	if (!argv_flag(a, OPT_IMAGE_CHECK))
		status = check_note(path, dir);
	if (status) {
		close(dir);
		return status;
	}
	/* With --stream the images come through a socket in there. */
	err = argv_flag(a, OPT_STREAM) ? 0 : image_read(dir, ret, &problem);
	close(dir);
	if (err && !argv_flag(a, OPT_IMAGE_CHECK))
		return message_fail("cannot restore '%s': %s%s%s%s", path,
				    problem.file, *problem.file ? " " : "",
				    problem.text, image_advice(err));
	if (err) {
		image_free(ret);
		*ret = (struct image_tree){0};
	}
	return ret->n_tasks ? check_tree(path, a, ret) : 0;
}

int before_criu_too_old(const struct criu *criu)
{
	int major = 0, minor = 0, version;
	struct utsname host;

	/* Linux 6.13 moved the vvar pages; CRIU 4.1 was the first to know. */
	if (uname(&host) < 0 ||
	    sscanf(host.release, "%d.%d", &major, &minor) != 2 ||
	    major * 100 + minor < 613)
		return 0;
	version = criu_version(criu);
	if (version < 0 || version >= 40100 || criu_check(criu) <= 0)
		return 0;
	return version;
}

int before_blame_criu(const struct criu *criu)
{
	int version = before_criu_too_old(criu);
	struct utsname host;

	if (!version || uname(&host) < 0)
		return 0;
	message("cannot run criu, '%s': version %d.%d.%d can't start on Linux "
		"%s "
		"(Linux 6.13 and later need criu 4.1 or newer: name one by "
		"--criu-binary PATH or $CRIU)",
		criu->path, version / 10000, version / 100 % 100, version % 100,
		host.release);
	return STATUS_CANNOT_RUN;
}
