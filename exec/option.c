/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "exec/option.h"

#define VALUE(what) .arg = ARG_REQUIRED, .metavar = what
#define OPTIONAL(what) .arg = ARG_OPTIONAL, .metavar = what
#define NEGATABLE .negatable = true
#define OURS(text) .ours = true, .help = text
#define FOR(words) .actions = words
#define RECORDED(text) .record = text

const struct option_row option_table[] = {
	{"action-script", 0, VALUE("FILE"), .id = OPT_ACTION_SCRIPT},
	{"address", 0, VALUE("ADDRESS")},
	{"all", 0, .id = OPT_ALL},
	{"allow-uprobes", 0, NEGATABLE,
	 RECORDED("tasks had uprobes set on them")},
	{"auto-dedup", 0, NEGATABLE, .id = OPT_AUTO_DEDUP},
	{"cgroup-dump-controller", 0, VALUE("NAME")},
	{"cgroup-props", 0, VALUE("RULES")},
	{"cgroup-props-file", 0, VALUE("FILE")},
	{"cgroup-root", 0, VALUE("[CONTROLLER:]PATH")},
	{"cgroup-yard", 0, VALUE("DIR")},
	{"close", 0, VALUE("FD")},
	{"config", 0, VALUE("FILE"), .id = OPT_CONFIG},
	{"cpu-cap", 0, OPTIONAL("CAPS"),
	 RECORDED("which CPU features were looked at")},
	{"daemon", 0, NEGATABLE, .id = OPT_DETACH},
	{"deprecated", 0, NEGATABLE},
	{"display-stats", 0, NEGATABLE},
	{"empty-ns", 0, VALUE("NAMESPACE"),
	 RECORDED("namespaces that were dumped without their contents")},
	{"enable-external-masters", 0, RECORDED("mounts have masters outside")},
	{"enable-external-sharing", 0,
	 RECORDED("mounts are shared with some outside")},
	{"enable-fs", 0, VALUE("TYPES"), .id = OPT_ENABLE_FS,
	 RECORDED("file systems that were dumped on demand")},
	{"evasive-devices", 0, NEGATABLE,
	 RECORDED("devices were dumped by another path than theirs")},
	{"exec-cmd", 0, .id = OPT_EXEC_CMD},
	{"experimental", 0, NEGATABLE},
	{"ext-mount-map", 'M', VALUE("KEY:VALUE"), .id = OPT_EXT_MOUNT_MAP,
	 RECORDED("a mount that was not dumped")},
	{"ext-unix-sk", 'x', OPTIONAL("INODES"),
	 RECORDED("unix sockets that are connected to the outside")},
	{"external", 0, VALUE("RESOURCE"), .id = OPT_EXTERNAL,
	 RECORDED("something that was not dumped")},
	{"extra", 0, NEGATABLE},
	{"feature", 0, VALUE("NAME")},
	{"file-locks", 'l', NEGATABLE, RECORDED("file locks were dumped")},
	{"file-validation", 0, VALUE("METHOD"),
	 RECORDED("how files are compared with those of the dump")},
	{"force-irmap", 0, NEGATABLE},
	{"freeze-cgroup", 0, VALUE("DIR")},
	{"ghost-fiemap", 0, NEGATABLE},
	{"ghost-limit", 0, VALUE("SIZE"),
	 RECORDED("how large a deleted file may be")},
	{"help", 'h', .id = OPT_HELP},
	{"images-dir", 'D', VALUE("DIR"), .id = OPT_IMAGES_DIR},
	{"inherit-fd", 0, VALUE("FD:RESOURCE"), .id = OPT_INHERIT_FD},
	{"irmap-scan-path", 0, VALUE("DIR")},
	{"join-ns", 'J', VALUE("NS:PID|FILE"), .id = OPT_JOIN_NS},
	{"lazy-pages", 0, .id = OPT_LAZY_PAGES,
	 RECORDED("memory was left to be fetched later")},
	{"leave-running", 'R', .id = OPT_LEAVE_RUNNING},
	{"leave-stopped", 's', .id = OPT_LEAVE_STOPPED},
	{"libdir", 'L', VALUE("DIR")},
	{"link-remap", 0, NEGATABLE,
	 RECORDED("deleted files were given names for the dump")},
	{"log-file", 'o', VALUE("FILE"), .id = OPT_LOG_FILE},
	{"log-pid", 0, NEGATABLE, .id = OPT_LOG_PID},
	{"lsm-mount-context", 0, VALUE("CONTEXT")},
	{"lsm-profile", 0, VALUE("TYPE:NAME")},
	{"manage-cgroups", 0, OPTIONAL("MODE"),
	 RECORDED("control groups were dumped")},
	{"mntns-compat-mode", 0, NEGATABLE,
	 RECORDED("how mounts are put in place")},
	{"ms", 0, .id = OPT_PASS},
	{"network-lock", 0, VALUE("METHOD"),
	 RECORDED("how connections are kept quiet meanwhile")},
	{"no-default-config", 0, .id = OPT_NO_DEFAULT_CONFIG},
	{"page-server", 0, NEGATABLE, .id = OPT_PAGE_SERVER},
	{"pidfile", 0, VALUE("FILE"), .id = OPT_PIDFILE},
	{"port", 0, VALUE("PORT")},
	{"pre-dump-mode", 0, VALUE("MODE")},
	{"prev-images-dir", 0, VALUE("DIR"), .id = OPT_PREV_IMAGES_DIR},
	{"ps-socket", 0, VALUE("FD")},
	{"restore-detached", 'd', NEGATABLE, .id = OPT_DETACH},
	{"restore-sibling", 'S', NEGATABLE, .id = OPT_SIBLING},
	{"root", 'r', VALUE("DIR"), .id = OPT_ROOT},
	{"shell-job", 'j', NEGATABLE, .id = OPT_SHELL_JOB,
	 RECORDED("the job of a shell, whose terminal was not dumped")},
	{"skip-file-rwx-check", 0, NEGATABLE,
	 RECORDED("the modes of files are not compared")},
	{"skip-in-flight", 0, NEGATABLE,
	 RECORDED("connections that were not yet accepted were left out")},
	{"skip-mnt", 0, VALUE("PATH")},
	{"status-fd", 0, VALUE("FD")},
	{"stream", 0, NEGATABLE, .id = OPT_STREAM},
	{"tcp-close", 0, NEGATABLE, .id = OPT_TCP_CLOSE,
	 RECORDED("TCP connections are closed")},
	{"tcp-established", 0, NEGATABLE, .id = OPT_TCP_ESTABLISHED,
	 RECORDED("TCP connections were dumped with their state")},
	{"timeout", 0, VALUE("SECONDS"), .id = OPT_TIMEOUT},
	{"tls", 0, NEGATABLE},
	{"tls-cacert", 0, VALUE("FILE")},
	{"tls-cacrl", 0, VALUE("FILE")},
	{"tls-cert", 0, VALUE("FILE")},
	{"tls-key", 0, VALUE("FILE")},
	{"tls-no-cn-verify", 0, .id = OPT_PASS},
	{"track-mem", 0, NEGATABLE, .id = OPT_TRACK_MEM},
	{"tree", 't', VALUE("PID"), .id = OPT_TREE},
	{"unprivileged", 0, NEGATABLE, RECORDED("criu had few capabilities")},
	{"verbosity", 'v', OPTIONAL("LEVEL"), .id = OPT_VERBOSITY},
	{"version", 'V', .id = OPT_VERSION},
	{"veth-pair", 0, VALUE("IN=OUT")},
	{"weak-sysctls", 0, NEGATABLE,
	 RECORDED("sysctls that are missing are left out")},
	{"work-dir", 'W', VALUE("DIR"), .id = OPT_WORK_DIR},

	{"auto-external", 0,
	 OURS("dump without the mounts and sockets that lead outside"),
	 FOR("dump pre-dump check cycle run"), .id = OPT_AUTO_EXTERNAL},
	{"check", 0, VALUE("COMMAND"),
	 OURS("run this after each generation; it must succeed"), FOR("cycle"),
	 .id = OPT_CHECK},
	{"checkpoint-on", 0, VALUE("SIGNAL"),
	 OURS("checkpoint and go on when criu-ns gets it (default: USR1)"),
	 FOR("run"), .id = OPT_CHECKPOINT_ON},
	{"copies", 0, VALUE("N"), OURS("restore N copies, %i is their number"),
	 FOR("restore"), .id = OPT_COPIES},
	{"copy-index", 0, VALUE("I"), OURS("restore one, whose number is I"),
	 FOR("restore"), .id = OPT_COPY_INDEX},
	{"criu-binary", 0, VALUE("PATH"), OURS("use this criu"),
	 .id = OPT_CRIU_BINARY},
	{"end-on", 0, VALUE("SIGNAL"),
	 OURS("checkpoint and end with status 75 (default: TERM)"), FOR("run"),
	 .id = OPT_END_ON},
	{"every", 0, VALUE("TIME"),
	 OURS("from one checkpoint or generation to the next: 90, 10m"),
	 FOR("run cycle"), .id = OPT_EVERY},
	{"fallback", 0, VALUE("start"),
	 OURS("start anew if the image can't be restored"), FOR("run"),
	 .id = OPT_FALLBACK},
	{"fresh", 0, OURS("start anew; the image is kept as DIR.old.N"),
	 FOR("run"), .id = OPT_FRESH},
	{"generations", 'n', VALUE("N"), OURS("how many (default: 3)"),
	 FOR("cycle"), .id = OPT_GENERATIONS},
	{"hook-must-succeed", 0,
	 OURS("one that fails counts as a failed checkpoint"), FOR("run"),
	 .id = OPT_HOOK_MUST_SUCCEED},
	{"hostname", 0, VALUE("NAME"),
	 OURS("host name in the namespace of --unshare uts"),
	 FOR("restore run"), .id = OPT_HOSTNAME},
	{"jobs", 0, VALUE("J"),
	 OURS("--copies: so many at a time (default: one for each CPU)"),
	 FOR("restore"), .id = OPT_JOBS},
	{"json", 0, OURS("findings as one JSON object"),
	 FOR("restore dump pre-dump check explain show obstacles cycle run ps"),
	 .id = OPT_JSON},
	{"keep", 0, VALUE("K"),
	 OURS("remove all but the newest K images of -D 'DIR/%n'"),
	 FOR("dump run"), .id = OPT_KEEP},
	{"keep-fd", 0, VALUE("N"), OURS("let the command have descriptor N"),
	 FOR("run"), .id = OPT_KEEP_FD},
	{"kill", 0, OPTIONAL("[=SIGNAL]"),
	 OURS("end these processes, TERM if no SIGNAL is given"),
	 FOR("obstacles"), .id = OPT_KILL},
	{"max-time", 0, VALUE("TIME"),
	 OURS("checkpoint and end with status 75 after this: 3h50m"),
	 FOR("run"), .id = OPT_MAX_TIME},
	{"merge-memory", 0,
	 OURS("let the kernel keep equal pages of memory once"),
	 FOR("restore run"), .id = OPT_MERGE},
	{"mounts", 0, VALUE("MODE"),
	 OURS("leave: dump without the mounts that only the tree has"),
	 FOR("dump pre-dump restore check cycle run"), .id = OPT_MOUNTS},
	{"no-explain", 0, OURS("do not say why it failed"),
	 FOR("restore dump pre-dump check cycle run"), .id = OPT_NO_EXPLAIN},
	{"no-image-check", 0, OURS("do not look into the images first"),
	 FOR("restore run"), .id = OPT_IMAGE_CHECK},
	{"no-kerndat-cache", 0, OURS("let criu look at the kernel anew"),
	 FOR("restore run"), .id = OPT_KERNDAT},
	{"no-record", 0,
	 OURS("leave the record of the dump unread or unwritten"),
	 FOR("dump restore check run"), .id = OPT_RECORD},
	{"no-sync", 0,
	 OURS("do not wait until the images are safe on the disk"),
	 FOR("dump pre-dump restore cycle run"), .id = OPT_SYNC},
	{"on-checkpoint", 0, VALUE("COMMAND"),
	 OURS("run this after each checkpoint"), FOR("run"),
	 .id = OPT_ON_CHECKPOINT},
	{"on-restore", 0, VALUE("COMMAND"),
	 OURS("run this when the image is restored"), FOR("run"),
	 .id = OPT_ON_RESTORE},
	{"quiet", 'q', OURS("print PIDs only"), FOR("obstacles"),
	 .id = OPT_QUIET},
	{"redump", 0, VALUE("DIR"),
	 OURS("dump what was restored into DIR again"), FOR("restore"),
	 .id = OPT_REDUMP},
	{"redump-after", 0, VALUE("SECONDS"),
	 OURS("... so long after it runs: 90, 10m (default: at once)"),
	 FOR("restore"), .id = OPT_REDUMP_AFTER},
	{"redump-on-signal", 0, OURS("... when criu-ns gets SIGUSR2"),
	 FOR("restore"), .id = OPT_REDUMP_ON_SIGNAL},
	{"rewind-files", 0,
	 OURS("put files back that were written on after the dump"),
	 FOR("restore run check"), .id = OPT_REWIND},
	{"stderr", 0, VALUE("FILE"), OURS("append stderr of the command to it"),
	 FOR("run"), .id = OPT_STDERR},
	{"stdin", 0, VALUE("FILE"), OURS("the command reads from it"),
	 FOR("run"), .id = OPT_STDIN},
	{"stdout", 0, VALUE("FILE"), OURS("append stdout of the command to it"),
	 FOR("run"), .id = OPT_STDOUT},
	{"shared-files", 0, VALUE("MODE"),
	 OURS("allow: copies may write to the same files"), FOR("restore"),
	 .id = OPT_SHARED_FILES},
	{"unshare", 0, VALUE("LIST"),
	 OURS("net,ipc,uts: these namespaces are new as well"),
	 FOR("restore run"), .id = OPT_UNSHARE},
	{"yes", 0, OURS("--kill: do not ask"), FOR("obstacles"), .id = OPT_YES},
	{.name = NULL},
};

bool option_is_for(const struct option_row *row, const char *action)
{
	size_t len = strlen(action);
	const char *at = row->actions;

	while (at) {
		if (!strncmp(at, action, len) && (!at[len] || at[len] == ' '))
			return true;
		at = strchr(at, ' ');
		at += at != NULL;
	}
	return !row->actions;
}

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
