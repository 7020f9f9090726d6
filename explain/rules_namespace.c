/* SPDX-License-Identifier: MIT */
/* Namespaces, cgroups, security modules. */
#include "explain/rules_parts.h"

static const struct rule rows[] = {
	{
		.id = "time-namespace",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump nested time namespace for {pid:d}"},
		.cause = "process {pid} lives in another time namespace than "
			 "its children, or than the root of the tree",
		.cure = "a tree that was restored by an old criu has that: use "
			"a newer one for both; else start the tree in one "
			"time namespace",
	},
	{
		.id = "nested-namespace",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump nested {kind} namespace for {pid:d}"},
		.cause = "process {pid} lives in a {kind} namespace of its "
			 "own, which differs from that of the tree's root",
		.cure = "dump the process that is the root of that namespace; "
			"for a service, switch off what makes it (systemd: "
			"PrivateTmp=, ProtectHostname=, PrivateUsers=)",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "namespace-without-init",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump a pid namespace without the process "
			    "init"},
		.cause = "the tree lives in another pid namespace than criu, "
			 "and its root is not PID 1 there",
		.cure = "criu-ns dump enters the namespace by itself",
		.add = "",
	},
	{
		.id = "restore-namespace-without-init",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't restore pid namespace without the process "
			    "init",
			    "This process tree can only be restored in a new "
			    "pid namespace"},
		.cause = "the image's root is not PID 1 of the pid namespace "
			 "that it wants",
		.cure = "restore in a pid namespace of its own",
		.add = "",
	},
	{
		.id = "first-pid",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"First PID in a PID namespace needs to be {pid:d} "
			    "and not {other:d}",
			    "Unable to restore into an empty PID namespace"},
		.cause = "the first process of a pid namespace must be PID 1, "
			 "and the image's is not",
		.cure = "let criu-ns make the namespace",
		.add = "",
	},
	{
		.id = "task-namespace",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't restore sub-task in NS (cflags {flags:x})",
			    "Can't restore sub-task in NS"},
		.cause = "a child of the tree lived in other namespaces than "
			 "its parent[[ (flags {flags})]]: criu can't restore "
			 "that",
		.cure = "dump the tree again with the child in the parent's "
			"namespaces (nsenter -T for a time namespace)",
	},
	{
		.id = "foreign-user-namespace",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"One or more namespaces doesn't belong to the "
			    "target user namespace"},
		.cause = "a namespace of the tree belongs to another user "
			 "namespace than the tree's own",
		.cure = "make all of the tree's namespaces in one go "
			"(unshare -U -r together with -p, -m, -n)",
	},
	{
		.id = "id-not-mapped",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to convert uid or gid"},
		.cause = "the tree has a user or group id that its user "
			 "namespace does not map",
		.cure = "map all ids in that user namespace (uid_map, "
			"gid_map)",
	},
	{
		.id = "setns-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't setns {fd:d}/{kind}: Operation not "
			    "permitted",
			    "Failed to setns when join-ns {kind}:{file}: "
			    "{error}"},
		.cause = "the {kind} namespace[[ {file}]] can't be joined"
			 "[[: {error}]]: it belongs to another user namespace, "
			 "or CAP_SYS_ADMIN is missing",
		.cure = "run it as root of the user namespace that owns it",
	},
	{
		.id = "join-ns-pid",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"join-ns pid namespace not supported",
			    "Invalid join_ns pid: /proc/{pid} not found",
			    "Can't access join-ns file {file}: {error}"},
		.cause = "--join-ns names[[ {file}]][[ process {pid}]], which "
			 "can't be joined",
		.cure = "name a process that runs, or a file in /proc/PID/ns "
			"or /run/netns (pid is no kind that criu joins)",
	},
	{
		.id = "external-namespace",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to find an external pidns: {key}",
			    "Unable to find an external netns: {key}"},
		.cause = "the image leaves out a namespace under the name "
			 "{key}, and restore was not given one for it",
		.cure = "open it and name the descriptor, for example "
			"--inherit-fd 'fd[5]:{key}' 5</run/netns/NAME",
		.reference = "https://criu.org/Inheriting_FDs_on_restore",
	},
	{
		.id = "sysv-shm",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Task {pid:d} with SysVIPC shmem map @{address:x} "
			    "doesn't live in IPC ns"},
		.cause = "process {pid} uses System V shared memory of the "
			 "host's IPC namespace",
		.cure = "start the tree in an IPC namespace of its own "
			"(unshare -i)",
	},
	{
		.id = "cgroup-move",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"cgroupd: Can't move thread {pid:d} into {cgroup}",
			    "Can't move {pid:d} into {cgroup} ({error:d}/"},
		.cause = "process {pid} can't be moved into cgroup {cgroup}",
		.cure = "leave it in the cgroup that criu runs in",
		.add = "--manage-cgroups=ignore",
		.drop = "manage-cgroups",
		.reference = "https://criu.org/CGroups",
	},
	{
		.id = "cgroup-exists",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Abort restore of existing cgroups",
			    "Cgroup dir {cgroup} doesn't exist"},
		.cause = "the cgroups of the image don't fit those that are "
			 "there[[: {cgroup}]]",
		.cure = "take those that are there as they are",
		.add = "--manage-cgroups=ignore",
		.drop = "manage-cgroups",
		.reference = "https://criu.org/CGroups",
	},
	{
		.id = "cgroup-make",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't make cgroup dir {cgroup}: {error}",
			    "Can't mount controller dir {cgroup}: {error}",
			    "couldn't unshare cgns: {error}"},
		.cause = "the cgroup[[ {cgroup}]] of the image can't be made "
			 "here: {error}",
		.cure = "leave the tree in the cgroup that criu runs in",
		.add = "--manage-cgroups=ignore",
		.drop = "manage-cgroups",
		.reference = "https://criu.org/CGroups",
	},
	{
		.id = "cgroup-property",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Restoring special cpuset props failed",
			    "Restoring {property} special property failed"},
		.cause = "a property of the tree's cgroup[[ ({property})]] "
			 "can't be set here",
		.cure = "leave cgroups as they are here",
		.add = "--manage-cgroups=ignore",
		.drop = "manage-cgroups",
		.reference = "https://criu.org/CGroups",
	},
	{
		.id = "cgroup-freezer",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Neither a cgroupv1 (freezer.state) or cgroupv2 "
			    "(cgroup.freeze) control file found"},
		.cause = "the directory that --freeze-cgroup names is no "
			 "cgroup that can be frozen",
		.cure = "name the tree's cgroup below /sys/fs/cgroup, or leave "
			"--freeze-cgroup out",
	},
	{
		.id = "apparmor-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"apparmor LSM specified but apparmor not supported "
			    "by kernel"},
		.cause = "the image has AppArmor profiles, and this kernel has "
			 "no AppArmor",
		.cure = "restore it on a kernel with AppArmor; the profile "
			"can be changed, not left out, with --lsm-profile",
	},
	{
		.id = "selinux-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"selinux LSM specified but selinux not supported "
			    "by kernel"},
		.cause = "the image has SELinux labels, and this kernel has no "
			 "SELinux",
		.cure = "restore it on a kernel with SELinux; the label can be "
			"changed, not left out, with --lsm-profile",
	},
	{
		.id = "lsm-profile",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"can't write lsm profile {error:d}",
			    "mismatched lsm types and lsm profile specified",
			    "invalid argument {profile} for --lsm-profile"},
		.cause = "the security profile of a task can't be set"
			 "[[ (errno {error})]]",
		.cure = "load the profile that it had, or name another one "
			"with --lsm-profile apparmor:NAME",
	},
	{
		.id = "apparmor-policy",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"apparmor parsing failed {error:d}",
			    "write AA policy {profile} in {namespace} failed",
			    "failed to write policy in AA namespace "
			    "{namespace}"},
		.cause = "the AppArmor policy of the image can't be loaded",
		.cure = "install apparmor_parser, and run it as the host's "
			"root",
	},
	{
		.id = "timens-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern =
			{"Unable to open /proc/self/timens_offsets: {error}"},
		.cause = "the time namespace can't be set up: {error}",
		.cure = "restore it on a kernel with CONFIG_TIME_NS (5.6)",
	},
	{
		.id = "foreign-proc",
		.weight = RULE_CAUSE,
		.pattern = {"Can't open {path} on procfs: No such file or "
			    "directory",
			    "No suitable VM found",
			    "Can't resolve fs root for pid {pid:d}",
			    "can't dump unprivileged task whose /proc doesn't "
			    "belong to it"},
		.cause = "the /proc that criu reads is not of the tree's pid "
			 "namespace, or the process has ended",
		.cure = "mount a fresh /proc in the tree's mount namespace "
			"(nsenter -t PID -p -m mount -t proc proc /proc), "
			"then try again",
		.add = "",
	},
};

const struct rule_part rules_namespace = RULE_PART(rows);
