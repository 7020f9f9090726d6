/* SPDX-License-Identifier: MIT */
#include "exec/unshare.h"

#include <sched.h>
#include <string.h>

#include "exec/message.h"

/* As sethostname(2) has it. */
#define HOSTNAME_MAX 64

static const struct {
	const char *name;
	unsigned long flag;
} kinds[UNSHARE_KINDS] = {
	{"net", CLONE_NEWNET},
	{"ipc", CLONE_NEWIPC},
	{"uts", CLONE_NEWUTS},
};

const char *unshare_kind(unsigned int i, unsigned long *ret_flag)
{
	if (i >= UNSHARE_KINDS)
		return NULL;
	*ret_flag = kinds[i].flag;
	return kinds[i].name;
}

static unsigned long flag_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < UNSHARE_KINDS; i++)
		if (strlen(kinds[i].name) == len &&
		    !strncmp(kinds[i].name, name, len))
			return kinds[i].flag;
	return 0;
}

/* Of "net,ipc"; the option may be there more than once. */
static int read_list(const char *list, unsigned long *flags)
{
	size_t len;

	for (;;) {
		unsigned long flag;

		len = strcspn(list, ",");
		flag = flag_of(list, len);
		if (!flag)
			return message_fail(
				"'%.*s' is no namespace of --unshare (it takes "
				"net, ipc and uts; those for PIDs and mounts "
				"are new anyway)",
				(int)len, list);
		*flags |= flag;
		if (!list[len])
			return 0;
		list += len + 1;
	}
}

/* criu would leave the new one at once. */
static int check_join(const struct argv *a, unsigned long flags)
{
	const struct argv_option *o;

	for (o = a->option; o < a->option + a->n_options; o++) {
		size_t len;

		if (o->row->id != OPT_JOIN_NS)
			continue;
		len = strcspn(o->value, ":");
		if (flag_of(o->value, len) & flags)
			return message_fail("--unshare %.*s and --join-ns "
					    "%.*s can't be used together",
					    (int)len, o->value, (int)len,
					    o->value);
	}
	return 0;
}

int unshare_read(const struct argv *a, struct unshare *ret)
{
	size_t i;
	int status;

	*ret = (struct unshare){.hostname = argv_last(a, OPT_HOSTNAME)};
	for (i = 0; i < a->n_options; i++) {
		if (a->option[i].row->id != OPT_UNSHARE)
			continue;
		status = read_list(a->option[i].value, &ret->flags);
		if (status)
			return status;
	}
	if (ret->hostname && !(ret->flags & CLONE_NEWUTS))
		return message_fail("--hostname needs --unshare uts: the name "
				    "of this host shall stay as it is");
	if (ret->hostname &&
	    (!*ret->hostname || strlen(ret->hostname) > HOSTNAME_MAX))
		return message_fail("'%s' is no host name: it has no or more "
				    "than %d characters",
				    ret->hostname, HOSTNAME_MAX);
	return check_join(a, ret->flags);
}
