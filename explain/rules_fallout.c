/* SPDX-License-Identifier: MIT */
/* What follows from a cause, what means nothing, and what tells about others */
#include "explain/rules_parts.h"

#define HINT(of, text)                                             \
	{                                                          \
		.id = of, .weight = RULE_HINT, .pattern = { text } \
	}
#define NOISE(of, ...)                                                     \
	{                                                                  \
		.id = of, .weight = RULE_NOISE, .pattern = { __VA_ARGS__ } \
	}

static const struct rule rows[] = {
	/* Hints: '^' and a first letter, see rules_hint_start(). */
	HINT("hint-criu", "^Version: {criu} (gitid"),
	HINT("hint-kernel", "^Running on {host} Linux {kernel} "),
	HINT("hint-root",
	     "^Dumping processes (pid: {root:d} comm: {root-comm})"),
	HINT("hint-task", "^Dumping task (pid: {task:d} comm: {comm})$"),
	HINT("hint-task-old", "^Dumping task (pid: {task:d})$"),
	HINT("hint-pre-dump-task",
	     "^Pre-dumping task (pid: {task:d} comm: {comm})$"),
	HINT("hint-unix-stream", "^unix: \tExt stream not supported: ino "
				 "{peer:d} peer_ino {ino:d} "),
	HINT("hint-unix-runaway-stream",
	     "^unix: \tRunaway socket: ino {peer:d} peer_ino {ino:d} family   "
	     " 1 type    1 "),
	HINT("hint-unix-runaway-packet",
	     "^unix: \tRunaway socket: ino {peer:d} peer_ino {ino:d} family   "
	     " 1 type    5 "),
	HINT("hint-unix-runaway-nameless",
	     "^unix: \tRunaway socket: ino {peer:d} peer_ino {ino:d} family   "
	     " 1 type    2 state {} name null"),
	HINT("hint-unix-runaway-datagram",
	     "^unix: \tRunaway socket: ino {peer:d} peer_ino {} family   "
	     " 1 type    2 state {} name {peer-name}$"),
	HINT("hint-unix-datagram",
	     "^unix: \tExt dgram w/o name: ino {peer:d} peer_ino {ino:d} "),
	{
		.id = "succeeded-dump",
		.phase = PHASE_DUMP,
		.weight = RULE_HINT,
		.pattern = {"^Dumping finished successfully",
			    "^Pre-dumping finished successfully"},
	},
	{
		.id = "succeeded-restore",
		.phase = PHASE_RESTORE,
		.weight = RULE_HINT,
		.pattern = {"^Restore finished successfully"},
	},

	/* The verdicts. */
	{
		.id = "dump-failed",
		.phase = PHASE_DUMP,
		.weight = RULE_FALLOUT,
		.pattern = {"Dumping FAILED.", "Pre-dumping FAILED.",
			    "Lazy pages transfer FAILED."},
		.cause = "so the dump failed",
	},
	{
		.id = "restore-failed",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"Restoring FAILED."},
		.cause = "so the restore failed",
	},
	{
		.id = "restore-undone",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"Killing processes because of failure on restore"},
		.cause = "so the tree, which ran already, was ended",
	},

	/* What follows. */
	{
		.id = "file-fallout",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"Unable to open fd={fd:d} id={id:x}"},
		.cause = "so descriptor {fd} was not opened",
		.refines = "file-missing",
	},
	{
		.id = "mapping-fallout",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"`- Can't open vma", "Can't fixup VMA's fd"},
		.cause = "so a mapping was not made",
	},
	{
		.id = "process-ended",
		.weight = RULE_FALLOUT,
		.pattern = {"{pid:d} exited, status={status:d}",
			    "{pid:d} killed by signal {signal:d}: {name}",
			    "{pid:d} stopped by signal {signal:d}: {name}",
			    "wait for {pid:d} resulted in {status:x} status"},
		.cause = "so process {pid} of the new tree ended",
	},
	{
		.id = "process-ended-quietly",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"{pid:d} exited with non-zero code ({code})",
			    "Child {pid:d} died too early"},
		.cause = "so process {pid} of the new tree ended",
	},
	{
		.id = "dump-step",
		.phase = PHASE_DUMP,
		.weight = RULE_FALLOUT,
		.pattern = {"(pid: {pid:d}) failed with {error:d}",
			    "files failed (pid: {pid:d})",
			    "Can't infect (pid: {pid:d}) with parasite",
			    "Can't cure (pid: {pid:d}) from parasite"},
		.cause = "so a step of dumping process {pid} failed",
	},
	{
		.id = "dump-step-thread",
		.phase = PHASE_DUMP,
		.weight = RULE_FALLOUT,
		.pattern = {"Can't dump misc (pid: {pid:d})",
			    "Can't dump thread for pid {pid:d}",
			    "Can't switch parasite {pid:d} to daemon mode",
			    "Can't stop daemon in parasite (pid: {pid:d})"},
		.cause = "so a step of dumping process {pid} failed",
	},
	{
		.id = "dump-step-other",
		.phase = PHASE_DUMP,
		.weight = RULE_FALLOUT,
		.pattern = {"Namespaces dumping finished with error {error:d}",
			    "Can't dump threads", "Dump file lock failed!",
			    "Can't make VM id for {pid:d}"},
		.cause = "so a step of the dump failed",
	},
	{
		.id = "dump-step-memory",
		.phase = PHASE_DUMP,
		.weight = RULE_FALLOUT,
		.pattern = {"Can't dump page with parasite",
			    "Dump {pid:d} signals failed {error:d}",
			    "Parasite failed to drain descriptors",
			    "Can't retrieve FDs from socket"},
		.cause = "so a step of the dump failed",
	},
	{
		.id = "restorer-failed",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"Restorer fail {pid:d}",
			    "Restorer abnormal termination for {pid:d}"},
		.cause = "so process {pid} gave up",
	},
	{
		.id = "restore-step",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"Can't restore ext mount ({error:d})",
			    "Unable to mount {path}$", "Setting PID failed",
			    "Can't open cwd"},
		.cause = "so a step of the restore failed",
	},
	{
		.id = "restore-step-file",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"Can't get root fd",
			    "Failed to wait on helpers and zombies",
			    "A few mount points can't be mounted",
			    "Can't restore shmem content"},
		.cause = "so a step of the restore failed",
	},
	{
		.id = "cgroupd-fallout",
		.weight = RULE_FALLOUT,
		.pattern = {"cgroupd: recv req error",
			    "cgroupd: send req error", "uns: recv req error",
			    "uns: daemon exited abnormally"},
		.cause = "so a helper of criu ended",
	},
	{
		.id = "kernel-detection",
		.weight = RULE_FALLOUT,
		.pattern = {"Could not initialize kernel features detection",
			    "failed when initializing kerndat"},
		.cause = "so criu could not find out about the kernel",
	},
	{
		.id = "seize-fallout",
		.phase = PHASE_DUMP,
		.weight = RULE_FALLOUT,
		.pattern = {"Unable to detach from {pid:d}",
			    "Can't restore regs for {pid:d}",
			    "Unable to thaw tasks"},
		.cause = "so a task was not let go in order",
	},
	{
		.id = "scripts-failed",
		.weight = RULE_FALLOUT,
		.pattern = {"One of more action scripts failed"},
		.cause = "so criu gave up",
	},
	{
		.id = "mode-hint",
		.phase = PHASE_RESTORE,
		.weight = RULE_FALLOUT,
		.pattern = {"File r/w/x checks can be skipped with the "},
		.cause = "criu's own advice",
	},
	{
		.id = "mptcp-hint",
		.phase = PHASE_DUMP,
		.weight = RULE_FALLOUT,
		.pattern = {"For Go programs, consider using"},
		.cause = "criu's own advice",
	},

	/* Losses: in runs that succeed, too. */
	{
		.id = "events-lost",
		.phase = PHASE_DUMP,
		.weight = RULE_LOSS,
		.pattern = {"inotify events will be dropped",
			    "fanotify events will be dropped"},
		.cause = "file events that nobody has read yet",
	},
	{
		.id = "queue-lost",
		.phase = PHASE_DUMP,
		.weight = RULE_LOSS,
		.pattern = {"Read queue is dropped for socket {socket:x}",
			    "Write queue of the {socket:x} socket isn't "
			    "empty"},
		.cause = "data on its way through socket {socket}",
	},

	/* Noise. */
	NOISE("kernel-cache", "Can't keep kdat cache on non-tempfs",
	      "Can't load /run/criu.kdat", "Stale /run/criu.kdat file",
	      "Can't load {path}criu.kdat"),
	NOISE("no-nftables", "CRIU was built without libnftables support",
	      "CRIU was built without nftables support"),
	NOISE("own-cgroups", "All tasks in criu's cgroups. Nothing to dump"),
	NOISE("own-file-limit", "Can't setup RLIMIT_NOFILE for self"),
	NOISE("iptables-probe", "^exited, status={status:d}",
	      "execvp(\"iptables", "execvp(\"ip6tables",
	      "iptables version which is using iptables legacy API"),
	NOISE("iptables-probe-ip6",
	      "ip6tables version which is using iptables legacy API"),
	NOISE("binfmt-misc", "Can't mount binfmt_misc"),
	NOISE("interrupted-call", "with interrupted system call"),
	NOISE("no-stats", "Unable to open stats-restore: Read-only file system",
	      "Unable to open stats-dump: Read-only file system"),
	NOISE("build-id", "Couldn't mmap file with fd {fd:d}",
	      "Couldn't find any program headers for file with fd",
	      "Build-ID (For validation) could not be set for file",
	      "Invalid description size for build-id note"),
	NOISE("obsolete-option", "Using -t with criu restore is obsoleted",
	      "--network-lock will be ignored in restore command",
	      "status_fd is obsoleted"),
	NOISE("early-log", "The early log buffer is full"),
	NOISE("huge-pages", "Disabling transparent huge pages",
	      "prctl PR_SET_THP_DISABLE sets MADV_NOHUGEPAGE"),
	NOISE("dumpable", "Dumpable flag [{}] does not match current",
	      "Dumpable flag not present in criu dump"),
	NOISE("rseq-section", "task is in rseq critical section"),
	NOISE("pid-reuse", "Pid reuse detected for pid",
	      "Pid reuse* detected for pid"),
	NOISE("vvar", "Can't restore vvar - continuing regardless"),
	NOISE("nsid", "NSID isn't supported", "NSID is not supported",
	      "NSID isn't reported for network links",
	      "Unable to get {device} network namespace"),
	NOISE("ip-rules", "Check if \"ip rule save\" is supported!"),
	NOISE("unix-scm", "Unix SCM files are not verified"),
	NOISE("link-retry", "Can't link {from} -> {to}$"),
};

const struct rule_part rules_fallout = RULE_PART(rows);
