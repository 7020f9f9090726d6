/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "exec/option.h"

#define VALUE(what) .arg = ARG_REQUIRED, .metavar = what
#define OPTIONAL(what) .arg = ARG_OPTIONAL, .metavar = what
#define NEGATABLE .negatable = true
#define OURS(text) .ours = true, .help = text

const struct option_row option_table[] = {
	{"action-script", 0, VALUE("FILE")},
	{"address", 0, VALUE("ADDRESS")},
	{"all", 0, .id = OPT_PASS},
	{"allow-uprobes", 0, NEGATABLE},
	{"auto-dedup", 0, NEGATABLE},
	{"cgroup-dump-controller", 0, VALUE("NAME")},
	{"cgroup-props", 0, VALUE("RULES")},
	{"cgroup-props-file", 0, VALUE("FILE")},
	{"cgroup-root", 0, VALUE("[CONTROLLER:]PATH")},
	{"cgroup-yard", 0, VALUE("DIR")},
	{"close", 0, VALUE("FD")},
	{"config", 0, VALUE("FILE"), .id = OPT_CONFIG},
	{"cpu-cap", 0, OPTIONAL("CAPS")},
	{"daemon", 0, NEGATABLE, .id = OPT_DETACH},
	{"deprecated", 0, NEGATABLE},
	{"display-stats", 0, NEGATABLE},
	{"empty-ns", 0, VALUE("NAMESPACE")},
	{"enable-external-masters", 0, .id = OPT_PASS},
	{"enable-external-sharing", 0, .id = OPT_PASS},
	{"enable-fs", 0, VALUE("TYPES")},
	{"evasive-devices", 0, NEGATABLE},
	{"exec-cmd", 0, .id = OPT_EXEC_CMD},
	{"experimental", 0, NEGATABLE},
	{"ext-mount-map", 'M', VALUE("KEY:VALUE")},
	{"ext-unix-sk", 'x', OPTIONAL("INODES")},
	{"external", 0, VALUE("RESOURCE"), .id = OPT_EXTERNAL},
	{"extra", 0, NEGATABLE},
	{"feature", 0, VALUE("NAME")},
	{"file-locks", 'l', NEGATABLE},
	{"file-validation", 0, VALUE("METHOD")},
	{"force-irmap", 0, NEGATABLE},
	{"freeze-cgroup", 0, VALUE("DIR")},
	{"ghost-fiemap", 0, NEGATABLE},
	{"ghost-limit", 0, VALUE("SIZE")},
	{"help", 'h', .id = OPT_HELP},
	{"images-dir", 'D', VALUE("DIR"), .id = OPT_IMAGES_DIR},
	{"inherit-fd", 0, VALUE("FD:RESOURCE"), .id = OPT_INHERIT_FD},
	{"irmap-scan-path", 0, VALUE("DIR")},
	{"join-ns", 'J', VALUE("NS:PID|FILE"), .id = OPT_JOIN_NS},
	{"lazy-pages", 0, .id = OPT_LAZY_PAGES},
	{"leave-running", 'R', .id = OPT_LEAVE_RUNNING},
	{"leave-stopped", 's', .id = OPT_LEAVE_STOPPED},
	{"libdir", 'L', VALUE("DIR")},
	{"link-remap", 0, NEGATABLE},
	{"log-file", 'o', VALUE("FILE"), .id = OPT_LOG_FILE},
	{"log-pid", 0, NEGATABLE},
	{"lsm-mount-context", 0, VALUE("CONTEXT")},
	{"lsm-profile", 0, VALUE("TYPE:NAME")},
	{"manage-cgroups", 0, OPTIONAL("MODE")},
	{"mntns-compat-mode", 0, NEGATABLE},
	{"ms", 0, .id = OPT_PASS},
	{"network-lock", 0, VALUE("METHOD")},
	{"no-default-config", 0, .id = OPT_NO_DEFAULT_CONFIG},
	{"page-server", 0, NEGATABLE},
	{"pidfile", 0, VALUE("FILE"), .id = OPT_PIDFILE},
	{"port", 0, VALUE("PORT")},
	{"pre-dump-mode", 0, VALUE("MODE")},
	{"prev-images-dir", 0, VALUE("DIR"), .id = OPT_PREV_IMAGES_DIR},
	{"ps-socket", 0, VALUE("FD")},
	{"restore-detached", 'd', NEGATABLE, .id = OPT_DETACH},
	{"restore-sibling", 'S', NEGATABLE, .id = OPT_SIBLING},
	{"root", 'r', VALUE("DIR"), .id = OPT_ROOT},
	{"shell-job", 'j', NEGATABLE, .id = OPT_SHELL_JOB},
	{"skip-file-rwx-check", 0, NEGATABLE},
	{"skip-in-flight", 0, NEGATABLE},
	{"skip-mnt", 0, VALUE("PATH")},
	{"status-fd", 0, VALUE("FD")},
	{"stream", 0, NEGATABLE, .id = OPT_STREAM},
	{"tcp-close", 0, NEGATABLE},
	{"tcp-established", 0, NEGATABLE},
	{"timeout", 0, VALUE("SECONDS"), .id = OPT_TIMEOUT},
	{"tls", 0, NEGATABLE},
	{"tls-cacert", 0, VALUE("FILE")},
	{"tls-cacrl", 0, VALUE("FILE")},
	{"tls-cert", 0, VALUE("FILE")},
	{"tls-key", 0, VALUE("FILE")},
	{"tls-no-cn-verify", 0, .id = OPT_PASS},
	{"track-mem", 0, NEGATABLE},
	{"tree", 't', VALUE("PID"), .id = OPT_TREE},
	{"unprivileged", 0, NEGATABLE},
	{"verbosity", 'v', OPTIONAL("LEVEL")},
	{"version", 'V', .id = OPT_VERSION},
	{"veth-pair", 0, VALUE("IN=OUT")},
	{"weak-sysctls", 0, NEGATABLE},
	{"work-dir", 'W', VALUE("DIR"), .id = OPT_WORK_DIR},

	{"criu-binary", 0, VALUE("PATH"), OURS("use this criu"),
	 .id = OPT_CRIU_BINARY},
	{"json", 0, OURS("check, show, obstacles: print JSON"), .id = OPT_JSON},
	{"kill", 0, OPTIONAL("[=SIGNAL]"),
	 OURS("obstacles: end these processes, TERM if no SIGNAL is given"),
	 .id = OPT_KILL},
	{"mounts", 0, VALUE("MODE"),
	 OURS("leave: dump without the mounts that only the tree has"),
	 .id = OPT_MOUNTS},
	{"no-image-check", 0, OURS("do not look into the images first"),
	 .id = OPT_IMAGE_CHECK},
	{"quiet", 'q', OURS("obstacles: print PIDs only"), .id = OPT_QUIET},
	{"yes", 0, OURS("obstacles --kill: do not ask"), .id = OPT_YES},
	{.name = NULL},
};

const struct option_row *option_by_letter(char letter)
{
	const struct option_row *row;

	if (!letter)
		return NULL;
	for (row = option_table; row->name; row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

enum fit { FIT_NOT, FIT_BEGINNING, FIT_EXACT };

static enum fit fit(const struct option_row *row, bool negated,
		    const char *name, size_t len)
{
	size_t skip = negated ? strlen("no-") : 0;

	if (negated && !row->negatable)
		return FIT_NOT;
	/* The beginning of "no-" itself: what it negates is still open. */
	if (len < skip)
		return strncmp("no-", name, len) ? FIT_NOT : FIT_BEGINNING;
	if (strncmp("no-", name, skip) ||
	    strncmp(row->name, name + skip, len - skip))
		return FIT_NOT;
	if (strlen(row->name) == len - skip)
		return FIT_EXACT;
	return row->ours ? FIT_NOT : FIT_BEGINNING;
}

bool option_fits(const struct option_row *row, bool negated, const char *name,
		 size_t len)
{
	return fit(row, negated, name, len) != FIT_NOT;
}

/*
 * glibc lets several candidates pass when they mean the same.  CRIU has two
 * such pairs, restore-detached and daemon with their --no- forms; no beginning
 * fits such a pair and nothing else, so that counting is enough.
 */
const struct option_row *option_by_name(const char *name, size_t len,
					bool *ret_negated)
{
	const struct option_row *row, *found = NULL;
	int n_found = 0;

	for (row = option_table; row->name; row++) {
		for (int negated = 0; negated <= 1; negated++) {
			enum fit f = fit(row, negated, name, len);

			if (f == FIT_NOT)
				continue;
			found = row;
			*ret_negated = negated;
			if (f == FIT_EXACT)
				return row;
			n_found++;
		}
	}
	if (n_found != 1) {
		errno = n_found ? EEXIST : ENOENT;
		return NULL;
	}
	return found;
}
