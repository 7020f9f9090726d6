/* SPDX-License-Identifier: MIT */
/* The kernel, criu itself, rights. */
#include "explain/rules_parts.h"

static const struct rule rows[] = {
	{
		.id = "criu-too-old-vdso",
		.weight = RULE_CAUSE,
		.pattern = {"Failed to fill self vdso symtable",
			    "kerndat_vdso_fill_symtable failed when "
			    "initializing kerndat",
			    "Unexpected rt vDSO area bounds",
			    "Can't find vDSO/VVAR bounds"},
		.cause = "this criu[[ ({criu})]] is too old for this kernel"
			 "[[ ({kernel})]]: it does not know the vdso's layout",
		.cure = "use criu 4.1 or newer (--criu-binary)",
	},
	{
		.id = "vdso-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Task had vdso, restorer doesn't",
			    "Compatible mode without vdso map support"},
		.cause = "the image's tasks had a vdso, and this kernel gives "
			 "none",
		.cure = "restore it on a kernel that was not started with "
			"vdso=0",
	},
	{
		.id = "proc-self",
		.weight = RULE_CAUSE,
		.pattern = {"Failed reading self/maps",
			    "Could not open /proc/self/maps: {error}",
			    "Unable to read the /proc/self link: {error}"},
		.cause = "the /proc that criu sees is not of its own pid "
			 "namespace, or not mounted",
		.cure = "mount a fresh one",
		.command = "mount -t proc proc /proc",
	},
	{
		.id = "soft-dirty-missing",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Tracking memory is not available",
			    "Can't reset {pid:d}'s dirty memory tracker: "
			    "{error}"},
		.cause = "this kernel can't tell which memory has changed "
			 "(CONFIG_MEM_SOFT_DIRTY)[[: {error}]]",
		.cure = "leave --track-mem out; pre-dump then saves nothing "
			"of the time",
	},
	{
		.id = "kernel-lacks-checkpoint",
		.weight = RULE_CAUSE,
		.pattern = {"System call kcmp is not supported",
			    "prctl: {what} is not supported: {error}",
			    "Can't open map_files: {error}",
			    "is inaccessible: {error}"},
		.cause = "this kernel was built without "
			 "CONFIG_CHECKPOINT_RESTORE, or a right is missing"
			 "[[: {error}]]",
		.cure = "run criu as root, on a kernel with that option",
		.reference = "https://criu.org/Check_the_kernel",
	},
	{
		.id = "not-root",
		.weight = RULE_CAUSE,
		.pattern = {"You need to be root to run this command",
			    "CRIU needs to have the CAP_SYS_ADMIN or the "
			    "CAP_CHECKPOINT_RESTORE capability"},
		.cause = "criu runs without the rights that it needs",
		.cure = "run it as root",
	},
	{
		.id = "capability-missing",
		.weight = RULE_CAUSE,
		.pattern = {"Can't open {path}: Permission denied",
			    "Unable to open {path}: Permission denied",
			    "Can't open {path} on procfs: Permission denied"},
		.cause = "{path} can't be opened: a capability "
			 "(CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, "
			 "CAP_CHECKPOINT_RESTORE) is missing, or a security "
			 "module forbids it",
		.cure = "run it as root, outside of a container",
	},
	{
		.id = "ptrace-denied",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't open {path} on procfs: Operation not "
			    "permitted",
			    "Can't block signals for {pid:d}: Operation not "
			    "permitted"},
		.cause = "a task of the tree can't be looked into: "
			 "CAP_SYS_PTRACE is missing",
		.cure = "run it as root of the task's user namespace",
	},
	{
		.id = "parasite-killed",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"{pid:d} was killed by {signal:d} unexpectedly: "
			    "{name}",
			    "{pid:d} was stopped by {signal:d} unexpectedly",
			    "Unexpected {pid:d} task interruption, aborting"},
		.cause = "process {pid} got a signal[[ ({name})]] while criu's "
			 "code ran in it: from outside, or from a seccomp "
			 "filter or a shadow stack that it did not expect",
		.cure = "try again; if it stays, see what sends it",
		.add = "",
	},
	{
		.id = "parasite-exited",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"{pid:d} exited with {status:d} unexpectedly"},
		.cause = "process {pid} ended while it was dumped",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "fd-limit",
		.weight = RULE_CAUSE,
		.pattern = {"{what}: Too many open files"},
		.cause = "criu may not open more files",
		.cure = "raise ulimit -n (or fs.file-max), and try again",
		.add = "",
	},
	{
		.id = "out-of-memory",
		.weight = RULE_CAUSE,
		.pattern = {"{what}: Cannot allocate memory"},
		.cause = "there is not enough memory ({what})",
		.cure = "free memory, or raise the limit of the cgroup, or "
			"ulimit -v",
	},
	{
		.id = "library-missing",
		.weight = RULE_CAUSE,
		.pattern = {"error while loading shared libraries: {library}: "
			    "cannot open shared object file"},
		.cause = "criu can't start: library {library} is missing",
		.cure = "install it, or another criu (--criu-binary)",
	},
	{
		.id = "option-restore-only",
		.weight = RULE_CAUSE,
		.pattern = {"--inherit-fd is restore-only option",
			    "Option --mntns-compat-mode is only valid on "
			    "restore"},
		.cause = "an option was given that is for restore only",
		.cure = "leave it out",
	},
	{
		.id = "deprecated",
		.weight = RULE_CAUSE,
		.pattern = {"Deprecated functionality ({what}) rejected"},
		.cause = "criu does this in an outdated way only: {what}",
		.cure = "allow it",
		.add = "--deprecated",
	},
	{
		.id = "criu-bug",
		.weight = RULE_GENERAL,
		.pattern = {"BUG at criu/{place}", "BUG at compel/{place}",
			    "FATAL: Peer {what}", "FATAL: Unable {what}"},
		.cause = "criu met what it did not expect[[, at {place}]]"
			 "[[: {what}]] (a thread's id given as -t does that, "
			 "too)",
		.cure = "name the process, not a thread; use the newest criu",
	},
	{
		.id = "sysctl-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't open sysctl {name}: {error}",
			    "Can't write {name}: Read-only file system"},
		.cause = "the kernel's setting {name} can't be restored"
			 "[[: {error}]]",
		.cure = "leave out those that can't be",
		.add = "--weak-sysctls",
	},
};

const struct rule_part rules_system = RULE_PART(rows);
