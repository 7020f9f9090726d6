/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "explain/entry.h"
#include "explain/picture.h"
#include "explain/report.h"

static void put_string(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	if (text)
		report_string(out, text);
	else
		fputs("null", out);
}

static void put_file(FILE *out, const struct image_contents *c,
		     const struct image_file *f)
{
	char name[4352];

	put_string(out, "type", entry_type(f));
	if (!f->known) {
		put_string(out, "name", NULL);
		return;
	}
	entry_name(c, f, name, sizeof(name));
	put_string(out, "name", name);
	if (f->type == IMAGE_REGULAR) {
		fprintf(out, ",\"flags\":%u,\"position\":%" PRIu64, f->flags,
			f->pos);
		if (f->has_size)
			fprintf(out, ",\"size\":%" PRIu64, f->size);
		if (f->has_mode)
			fprintf(out, ",\"mode\":\"%o\"", (unsigned int)f->mode);
	}
	if (f->type == IMAGE_UNIX)
		fprintf(out, ",\"inode\":%u,\"peer\":%u", f->ino, f->peer);
}

static void put_path(FILE *out, const struct image_contents *c,
		     const char *name, uint32_t id)
{
	const struct image_file *f = image_contents_file(c, IMAGE_REGULAR, id);

	put_string(out, name, f ? f->path : NULL);
}

static void put_fds(FILE *out, const struct image_contents *c,
		    const struct image_process *p)
{
	fputs(",\"files\":[", out);
	for (size_t i = 0; i < p->n_fds; i++) {
		const struct image_descriptor *fd = &p->fd[i];
		const struct image_file *f =
			image_contents_file(c, fd->type, fd->id);
		struct image_file unknown = {.type = fd->type};

		fprintf(out, "%s{\"fd\":%u", i ? "," : "", fd->fd);
		put_file(out, c, f ? f : &unknown);
		fputc('}', out);
	}
	fputs("],\"mapped_files\":[", out);
	for (size_t i = 0, n = 0; i < p->n_maps; i++) {
		const struct image_file *f =
			image_contents_file(c, IMAGE_REGULAR, p->map[i]);

		if (!f || !f->path)
			continue;
		fputs(n++ ? "," : "", out);
		report_string(out, f->path);
	}
	fputc(']', out);
}

static void put_process(FILE *out, const struct image_contents *c, size_t i)
{
	const struct image_process *p = &c->process[i];
	const struct image_task *t = &c->tree.task[i];
	char command[4096];

	fprintf(out,
		"{\"pid\":%d,\"ppid\":%d,\"pgid\":%d,\"sid\":%d,\"threads\":[",
		t->pid, t->ppid, t->pgid, t->sid);
	for (size_t j = 0; j < t->n_threads; j++)
		fprintf(out, "%s%d", j ? "," : "", t->thread[j]);
	fputc(']', out);
	put_string(out, "state",
		   !p->known	? NULL
		   : t->zombie	? "zombie"
		   : p->stopped ? "stopped"
				: "alive");
	put_string(out, "name", p->name);
	picture_command(p, command, sizeof(command));
	put_string(out, "command", command);
	if (t->zombie)
		fprintf(out, ",\"wait_status\":%u", p->exit_code);
	if (p->has_owner)
		fprintf(out, ",\"uid\":%u,\"gid\":%u", p->uid, p->gid);
	fprintf(out,
		",\"memory\":%" PRIu64 ",\"memory_in_parents\":%" PRIu64
		",\"mapped\":%" PRIu64,
		p->memory, p->parent_memory, p->mapped);
	fprintf(out, ",\"memory_of\":%d,\"files_of\":%d",
		c->tree.task[p->shares_memory].pid,
		c->tree.task[p->shares_files].pid);
	put_path(out, c, "executable", p->executable);
	put_path(out, c, "cwd", p->cwd);
	put_path(out, c, "root", p->root);
	put_fds(out, c, p);
	fputc('}', out);
}

static void put_mounts(FILE *out, const struct image_contents *c)
{
	fputs(",\"mounts\":[", out);
	for (size_t i = 0; i < c->n_mounts; i++) {
		const struct image_mount *m = &c->mount[i];

		fprintf(out, "%s{\"id\":%d", i ? "," : "", m->id);
		put_string(out, "path", m->path);
		put_string(out, "filesystem", m->filesystem);
		put_string(out, "source", m->source);
		put_string(out, "root", m->root);
		fprintf(out, ",\"external\":%s",
			m->external ? "true" : "false");
		put_string(out, "key", m->key);
		fputc('}', out);
	}
	fputc(']', out);
}

static void put_problems(FILE *out, const struct picture *p)
{
	const struct image_contents *c = p->image;

	fprintf(out, ",\"complete\":%s",
		p->damage || c->n_problems ? "false" : "true");
	put_string(out, "damage", p->damage);
	fputs(",\"problems\":[", out);
	for (size_t i = 0; i < c->n_problems; i++) {
		fprintf(out, "%s{\"file\":", i ? "," : "");
		report_string(out, c->problem[i].file);
		put_string(out, "text", c->problem[i].text);
		fputc('}', out);
	}
	fputc(']', out);
}

static void put_record(FILE *out, const struct picture *p)
{
	if (!p->record) {
		fputs(",\"record\":null", out);
		return;
	}
	fputs(",\"record\":[", out);
	for (size_t i = 0; p->record[i]; i++) {
		fputs(i ? "," : "", out);
		report_string(out, p->record[i]);
	}
	fputc(']', out);
}

void picture_json(FILE *out, const struct picture *p)
{
	const struct image_contents *c = p->image;

	fputs("{\"directory\":", out);
	report_string(out, p->dir);
	put_problems(out, p);
	fprintf(out, ",\"disk\":%" PRIu64 ",\"frozen_us\":%u", p->disk,
		c->frozen);
	if (p->dumped)
		fprintf(out, ",\"dumped\":%" PRId64 ",\"age\":%" PRId64,
			(int64_t)p->dumped, (int64_t)(p->now - p->dumped));
	put_record(out, p);
	fputs(",\"processes\":[", out);
	for (size_t i = 0; i < c->tree.n_tasks; i++) {
		fputs(i ? "," : "", out);
		put_process(out, c, i);
	}
	fputc(']', out);
	put_mounts(out, c);
	fputs(",\"taken\":", out);
	obstacle_json(out, p->taken);
	fputs("}\n", out);
}
