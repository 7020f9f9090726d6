/* SPDX-License-Identifier: MIT */
#include "exec/external.h"

#include "exec/message.h"
#include "exec/preview.h"

static int append(struct argv *a, char **words)
{
	int err = 0;

	for (; words && *words && !err; words += 2)
		err = argv_append(a, words[0], false,
				  words[1][0] ? words[1] : NULL);
	return err;
}

int external_add(struct argv *a, const struct target *t,
		 const struct criu *criu)
{
	struct findings losses = {0};
	struct preview p;
	char **words = NULL;
	size_t i;
	int err;

	err = preview_open(a, t, criu, &p);
	if (!err)
		err = live_externals(&p.live, &words, &losses);
	if (!err)
		err = append(a, words);
	for (i = 0; !err && i < losses.n; i++)
		message("%s", losses.list[i].cause ? losses.list[i].cause
						   : losses.list[i].id);
	live_free_words(words);
	finding_free(&losses);
	preview_close(&p);
	return err;
}
