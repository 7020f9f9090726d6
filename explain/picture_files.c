/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "explain/entry.h"
#include "explain/picture.h"

enum {
	NAME_ROOM = 4352,
};

static void draw_file(const struct screen *to, const struct picture *p,
		      pid_t pid, const char *fd, const struct image_file *f)
{
	static const char *const access[] = {"r", "w", "rw", ""};
	char name[NAME_ROOM];
	const char *how = "";

	if (f->known && f->type == IMAGE_REGULAR && *fd >= '0' && *fd <= '9')
		how = access[f->flags & 3];
	entry_name(p->image, f, name, sizeof(name));
	screen_line(to, false, "%7d %5s %-2s %-9s %s", pid, fd, how,
		    entry_type(f), name);
}

static void draw_by_id(const struct screen *to, const struct picture *p,
		       pid_t pid, const char *what, uint32_t id)
{
	const struct image_file *f =
		image_contents_file(p->image, IMAGE_REGULAR, id);

	if (id && f)
		draw_file(to, p, pid, what, f);
}

static void draw_fds(const struct screen *to, const struct picture *p, size_t i,
		     bool sockets)
{
	const struct image_process *process = &p->image->process[i];
	pid_t pid = p->image->tree.task[i].pid;
	char number[16];

	for (size_t j = 0; j < process->n_fds; j++) {
		const struct image_descriptor *fd = &process->fd[j];
		const struct image_file *f =
			image_contents_file(p->image, fd->type, fd->id);
		struct image_file unknown = {.type = fd->type, .id = fd->id};

		f = f ? f : &unknown;
		snprintf(number, sizeof(number), "%u", fd->fd);
		if (entry_is_socket(f) == sockets)
			draw_file(to, p, pid, number, f);
	}
}

static void draw_files_of(const struct screen *to, const struct picture *p,
			  size_t i)
{
	const struct image_contents *c = p->image;
	const struct image_process *process = &c->process[i];
	pid_t pid = c->tree.task[i].pid;
	const struct image_file *root =
		image_contents_file(c, IMAGE_REGULAR, process->root);

	draw_by_id(to, p, pid, "exe", process->executable);
	draw_by_id(to, p, pid, "cwd", process->cwd);
	if (root && root->path && root->path[0] && root->path[1])
		draw_by_id(to, p, pid, "root", process->root);
	if (process->shares_files == i)
		draw_fds(to, p, i, false);
	else
		screen_line(to, false, "%7d %5s has the descriptors of %d", pid,
			    "all", c->tree.task[process->shares_files].pid);
}

static bool has_sockets(const struct image_contents *c)
{
	for (size_t i = 0; i < c->n_files; i++)
		if (entry_is_socket(&c->file[i]))
			return true;
	return false;
}

void picture_files(const struct screen *to, const struct picture *p)
{
	const struct image_contents *c = p->image;

	screen_line(to, false, "%s", "");
	screen_line(to, true, "%7s %5s %-2s %-9s %s", "PID", "FD", "", "TYPE",
		    "FILE");
	for (size_t i = 0; i < c->tree.n_tasks; i++)
		if (!c->tree.task[i].zombie)
			draw_files_of(to, p, i);
	if (!has_sockets(c))
		return;
	screen_line(to, false, "%s", "");
	screen_line(to, true, "%7s %5s %-2s %-9s %s", "PID", "FD", "", "TYPE",
		    "SOCKET");
	for (size_t i = 0; i < c->tree.n_tasks; i++)
		draw_fds(to, p, i, true);
}
