/* SPDX-License-Identifier: MIT */
/* Processes: numbers, sessions, seizing, credentials, the CPU. */
#include "explain/rules_parts.h"

static const struct rule rows[] = {
	{
		.id = "pid-taken",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't fork for {pid:d}: File exists"},
		.cause = "PID {pid}, which a task of the image had, is taken "
			 "here",
		.cure = "restore in a pid namespace of its own, where every "
			"PID is free",
		.add = "",
		.reference = "https://criu.org/When_C/R_fails",
	},
	{
		.id = "pid-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't fork for {pid:d}: Operation not permitted"},
		.cause = "the kernel refuses to make a process with PID {pid}: "
			 "CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE is missing "
			 "in the user namespace that owns the pid namespace, "
			 "or a seccomp filter or SELinux forbids it",
		.cure = "run it as root of that user namespace, outside of a "
			"container that filters clone3(2)",
	},
	{
		.id = "no-more-processes",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't fork for {pid:d}: Resource temporarily "
			    "unavailable",
			    "Can't fork for {pid:d}: Cannot allocate memory"},
		.cause = "no process can be made for PID {pid}: a limit is "
			 "reached (ulimit -u, pids.max of the cgroup, "
			 "kernel.pid_max), or there is no memory",
		.cure = "raise the limit, or free memory",
	},
	{
		.id = "pid-too-large",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't fork for {pid:d}: Invalid argument"},
		.cause = "PID {pid} can't be had in this pid namespace: it is "
			 "beyond kernel.pid_max, or PID 1 is wanted where "
			 "there is one",
		.cure = "raise kernel.pid_max above {pid}",
		.command = "sysctl -w kernel.pid_max=4194304",
	},
	{
		.id = "pid-race",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Pid {got:d} do not match expected {pid:d}"},
		.cause = "PID {pid} went to somebody else at the moment when "
			 "criu wanted it, and it got {got}: this kernel has no "
			 "clone3(2) with set_tid (Linux 5.5)",
		.cure = "restore in a pid namespace of its own, where nobody "
			"else starts processes",
		.add = "",
	},
	{
		.id = "thread-id-taken",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Thread pid mismatch {got:d}/{tid:d}"},
		.cause = "thread id {tid}, which a thread of the image had, is "
			 "taken here",
		.cure = "restore in a pid namespace of its own, where every id "
			"is free",
		.add = "",
	},
	{
		.id = "thread-id-taken",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to create a thread: -17"},
		.cause = "the id of a thread[[ of process {task}]] is taken "
			 "here",
		.cure = "restore in a pid namespace of its own, where every id "
			"is free",
		.add = "",
	},
	{
		.id = "thread-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to create a thread: {error:d}"},
		.cause = "a thread[[ of process {task}]] can't be made (errno "
			 "{error}): -1 is a missing right, -11 a limit on "
			 "processes, -12 no memory",
	},
	{
		.id = "last-pid-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Failed to write {pid} to "
			    "/proc/sys/kernel/ns_last_pid: {error}",
			    "Failed to write {pid} to "
			    "/proc/sys/kernel/ns_last_pid",
			    "Can't set last_pid {error:d}/{pid:d}"},
		.cause = "/proc/sys/kernel/ns_last_pid can't be written"
			 "[[: {error}]]: /proc/sys is read-only, or "
			 "CAP_SYS_ADMIN is missing",
		.cure = "restore in a pid namespace of its own with a fresh "
			"/proc",
		.add = "",
	},
	{
		.id = "session-id-collides",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Current sid {id:d} intersects with {}in images",
			    "Current gid {id:d} intersects with {}in images"},
		.cause = "{id}, the session or process group of criu itself, "
			 "is an id of the image",
		.cure = "restore in a pid namespace of its own, where criu has "
			"ids that the image does not name",
		.add = "",
	},
	{
		.id = "session-leader-outside",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"A session leader of zombie process "
			    "{pid:d}({inner:d}) is outside of its pid "
			    "namespace",
			    "A session leader of {pid:d}({inner:d}) is outside "
			    "of its pid namespace"},
		.cause = "process {pid} (in its pid namespace {inner}) belongs "
			 "to a session that was started outside of its pid "
			 "namespace",
		.cure = "start the tree with setsid(1) inside the namespace: "
			"it can't be cured while it runs",
	},
	{
		.id = "not-a-session-leader",
		.weight = RULE_CAUSE,
		.pattern = {"The root process {pid:d} is not a session leader"},
		.cause = "process {pid} is part of a shell's session",
		.cure = "treat it as a shell job",
		.add = "--shell-job",
		.reference = "criu(8), --shell-job",
	},
	{
		.id = "sid-not-inherited",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Requested sid {sid:d} doesn't match inherited "
			    "{inherited:d}"},
		.cause = "a task belongs to session {sid}, whose leader is not "
			 "part of the image",
		.cure = "restore it as a shell job, in our session",
		.add = "--shell-job",
	},
	{
		.id = "root-is-dead",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"A root task is dead"},
		.cause = "the process is a zombie: it has ended, and its "
			 "parent has not asked for its status yet",
		.cure = "there is nothing left to be dumped",
	},
	{
		.id = "ptrace-refused",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to interrupt task: {pid:d} (Operation not "
			    "permitted)"},
		.cause = "process {pid} can't be seized: a debugger such as "
			 "strace or gdb has it, it is a kernel thread or a "
			 "zombie, or CAP_SYS_PTRACE is missing (TracerPid, "
			 "State and VmSize in /proc/{pid}/status tell which)",
		.cure = "end the debugger; without root, "
			"kernel.yama.ptrace_scope must be 0",
	},
	{
		.id = "task-gone",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to interrupt task: {pid:d} (No such "
			    "process)"},
		.cause = "process {pid} is not there, or ended while it was "
			 "dumped",
		.cure = "name a process that runs (-t)",
	},
	{
		.id = "not-freezable",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unseizable non-zombie {pid:d} found, state "
			    "{state}, err {error:d}/{errno:d}"},
		.cause = "process {pid} can't be seized (state {state}): "
			 "another tracer has it, or it hangs in the kernel",
		.cure = "end the tracer (TracerPid in /proc/{pid}/status), or "
			"wait for what it hangs in, and try again",
	},
	{
		.id = "freeze-timeout",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Timeout reached. Try to interrupt: {attempt:d}",
			    "Unable to freeze cgroup {cgroup} ("},
		.cause = "the tree could not be stopped within the time limit",
		.cure = "give it more time than 10 seconds",
		.add = "--timeout 60",
		.drop = "timeout",
	},
	{
		.id = "criu-in-tree",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"The criu itself is within dumped tree"},
		.cause = "the tree to be dumped has criu itself in it",
		.cure = "start the dump from outside of the tree, from another "
			"login for example",
	},
	{
		.id = "pid-reused",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Task pid reused while suspending ({pid:d}:"},
		.cause = "PID {pid} went to a new process while the tree was "
			 "being stopped",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "stopped-thread",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Individually stopped threads not supported",
			    "Can't dump the {pid:d} thread with a pending "
			    "SIGTRAP"},
		.cause = "one thread is stopped by itself, by a debugger most "
			 "likely: criu can't dump that",
		.cure = "end the debugger, and try again",
	},
	{
		.id = "zombie-with-threads",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Zombies with threads are not supported",
			    "Zombie thread not supported",
			    "Zombie with children?!"},
		.cause = "the main thread of a process has ended while others "
			 "run: criu can't dump that",
	},
	{
		.id = "task-changed",
		.phase = PHASE_DUMP,
		.weight = RULE_GENERAL,
		.pattern = {"SEIZE {pid:d}: task not stopped after seize",
			    "SEIZE {pid:d}: unsupported stop signal "
			    "{signal:d}"},
		.cause = "process {pid} did not stop as it should",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "seccomp-suspend",
		.weight = RULE_CAUSE,
		.pattern = {"couldn't suspend seccomp: {error}",
			    "suspending seccomp failed: {error}",
			    "failed to suspend seccomp, restore will probably "
			    "fail"},
		.cause = "a task's seccomp filter can't be suspended"
			 "[[: {error}]]: this needs CAP_SYS_ADMIN in the "
			 "initial user namespace, and a criu without a filter "
			 "of its own",
		.cure = "run it as the host's root, outside of a container",
	},
	{
		.id = "seccomp-restore",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"seccomp: PR_SET_SECCOMP returned {error:d} on tid "
			    "{tid:d}",
			    "seccomp: SECCOMP_SET_MODE_FILTER returned "
			    "{error:d} on tid {tid:d}",
			    "seccomp: SECCOMP_MODE_STRICT returned {error:d} "
			    "on tid {tid:d}"},
		.cause = "the seccomp filter of thread {tid} can't be set "
			 "(errno {error})",
		.cure = "run it as the host's root, on a kernel with "
			"CONFIG_SECCOMP_FILTER",
	},
	{
		.id = "ids-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to set real, effective and saved {what} "
			    "ID: {error:d}",
			    "Can't setgroups({}): {error:d}"},
		.cause = "a task can't get back the[[ {what}]] ids that it had "
			 "(errno {error}): they are not mapped here, or the "
			 "right to set them is missing",
		.cure = "restore it as root, in a user namespace that has "
			"these ids",
	},
	{
		.id = "capabilities-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to drop capability {capability:d}: "
			    "{error:d}",
			    "Unable to restore capabilities: {error:d}",
			    "Unable to raise ambient capability "
			    "{capability:d}: {error:d}"},
		.cause = "a task can't get the capabilities that it had "
			 "(errno {error}): criu has fewer",
		.cure = "restore it with all capabilities, as root outside of "
			"a container",
	},
	{
		.id = "rseq-config",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"{pid:d} has rseq but kernel lacks get_rseq_conf "
			    "feature"},
		.cause = "process {pid} uses restartable sequences (glibc from "
			 "2.35 on does), and this kernel, older than 5.13, "
			 "can't say where",
		.cure = "start the program with GLIBC_TUNABLES="
			"glibc.pthread.rseq=0, or use a newer kernel",
	},
	{
		.id = "rseq-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"rseq: can't restore as kernel doesn't support it"},
		.cause = "the image has restartable sequences, and this kernel "
			 "has none",
		.cure = "restore it on a kernel with CONFIG_RSEQ",
	},
	{
		.id = "cpu-fpu",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"FPU feature required by image is not supported on "
			    "host ({features})",
			    "FPU xsave area present, but host cpu doesn't "
			    "support it"},
		.cause = "the image was made on a CPU with FPU features that "
			 "this one has not[[ ({features})]]",
		.cure = "restore it on the same or a newer CPU; at your own "
			"risk without the check",
		.add = "--cpu-cap=none",
		.drop = "cpu-cap",
	},
	{
		.id = "cpu-features",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"CPU instruction capabilities do not match run "
			    "time",
			    "CPU capabilities do not match run time",
			    "CPU xsave max size mismatch ({image:d}/{here:d})",
			    "CPU xsave size mismatch ({image:d}/{here:d})"},
		.cause = "the image was made on a CPU with instructions that "
			 "this one has not",
		.cure = "restore it on the same or a newer CPU; if the "
			"programs don't use them, check the FPU only",
		.add = "--cpu-cap=fpu",
		.drop = "cpu-cap",
	},
	{
		.id = "other-architecture",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Core march mismatch {machine:d}",
			    "Image carries unknown vendor"},
		.cause = "the image was made on another kind of CPU",
		.cure = "restore it on the kind of machine where it was "
			"dumped",
	},
	{
		.id = "no-memory",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't restore {address:x} mapping with "
			    "fffffffffffffff4",
			    "Unable to reserve memory ({size:d} bytes): Cannot "
			    "allocate memory"},
		.cause = "there is not enough memory for the tree: RAM, "
			 "overcommit, a cgroup's or ulimit -v's limit",
		.cure = "free memory, or raise the limit",
	},
	{
		.id = "mapping-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_GENERAL,
		.pattern = {"Can't restore {address:x} mapping with {error:x}"},
		.cause = "the memory at {address} of process {task} can't be "
			 "mapped",
	},
	{
		.id = "loginuid",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Setting loginuid for {pid:d} task failed",
			    "Setting loginuid for CT init task failed"},
		.cause = "a task's login uid can't be set: CAP_AUDIT_CONTROL "
			 "is missing",
		.cure = "restore it with that capability, as root outside of a "
			"container",
	},
	{
		.id = "prctl-mm",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"sys_prctl(PR_SET_MM, PR_SET_MM_MAP) failed with "
			    "{error:d}"},
		.cause = "the kernel refuses a task's memory layout (errno "
			 "{error}): CAP_SYS_RESOURCE or "
			 "CONFIG_CHECKPOINT_RESTORE is missing, or the stack "
			 "limit is too small",
		.cure = "run it as root; look at ulimit -s",
	},
	{
		.id = "group-elsewhere",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't restore pgid ({pid:d}/{from:d}->{group:d}): "
			    "{error}"},
		.cause = "process {pid} can't join process group {group}: "
			 "{error}; the group belongs to another session",
		.cure = "restore it as a shell job, or in a pid namespace of "
			"its own",
		.add = "--shell-job",
	},
};

const struct rule_part rules_process = RULE_PART(rows);
