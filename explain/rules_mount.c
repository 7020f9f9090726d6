/* SPDX-License-Identifier: MIT */
/* Mounts. */
#include "explain/rules_parts.h"

static const struct rule rows[] = {
	{
		.id = "external-mount",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"{mount:d}:.{path} doesn't have a proper root "
			    "mount",
			    "{mount:d}:{path} doesn't have a proper root "
			    "mount"},
		.cause = "what is mounted on {path} comes from outside of the "
			 "tree's mount namespace (a bind mount)",
		.cure = "leave it out, under a name of your choice (restore "
			"then needs --external 'mnt[KEY]:{path}')",
		.add = "--external mnt[{path}]:KEY",
		.reference = "https://criu.org/External_bind_mounts",
	},
	{
		.id = "autodetected-mount",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Mount {mount:d}:.{path} is autodetected external "
			    "mount",
			    "Mount {mount:d}:{path} is autodetected external "
			    "mount"},
		.cause = "what is mounted on {path} comes from outside of the "
			 "tree's mount namespace",
		.cure = "let criu find such mounts by itself, on dump and on "
			"restore",
		.add = "--external mnt[]",
		.reference = "https://criu.org/External_bind_mounts",
	},
	{
		.id = "unreachable-sharing",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Mount {mount:d} .{path} (master_id: {master:d} "
			    "shared_id: {shared:d}) has unreachable sharing",
			    "Mount {mount:d} {path} (master_id: {master:d} "
			    "shared_id: {shared:d}) has unreachable sharing",
			    "Sharing group ({shared:d}, {master:d}) has "
			    "unreachable sharing"},
		.cause = "the mount[[ on {path}]] follows one outside of the "
			 "tree's mount namespace (master {master})",
		.cure = "say that its master is outside",
		.add = "--external mnt[]:m",
		.reference = "criu(8), --external",
	},
	{
		.id = "file-system-unsupported",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"FS mnt .{path} dev {dev:x} root {root} "
			    "unsupported id {mount:d}",
			    "FS mnt {path} dev {dev:x} root {root} unsupported "
			    "id {mount:d}"},
		.cause = "the file system that is mounted on {path} is of a "
			 "type that criu can't dump (fuse, nfs ...)",
		.cure = "leave the mount out",
		.add = "--skip-mnt {path}",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "mount-not-mapped",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"No mapping for {mount:d}:.{path} mountpoint",
			    "No mapping for {mount:d}:{path} mountpoint",
			    "No mapping for .{path} mountpoint",
			    "No mapping for {path} mountpoint"},
		.cause = "the image leaves out what was mounted on {path}, and "
			 "restore was not told what to mount there",
		.cure = "name it, by the KEY that dump was given: --external "
			"'mnt[KEY]:PATH'",
		.reference = "https://criu.org/External_bind_mounts",
	},
	{
		.id = "mount-point-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't stat mountpoint {path}: No such file or "
			    "directory"},
		.cause = "the mount point {path} is not there",
		.cure = "make it, below the directory that --root names",
	},
	{
		.id = "mount-point-bad",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't stat mountpoint {path}: {error}",
			    "Unable to mkdir mountpoint {path}: {error}",
			    "Unable to create mountpoint {path}: {error}"},
		.cause = "the mount point {path} can't be used: {error}",
	},
	{
		.id = "mount-sharing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Failed to make mount {mount:d} slave: {error}",
			    "Failed to make mount {mount:d} shared: {error}",
			    "Failed to copy sharing from {from}: {error}",
			    "Failed to copy sharing from {from}"},
		.cause = "this kernel does not let criu restore who shares "
			 "mounts with whom[[ ({error})]]",
		.cure = "use criu 4.1.1 or newer, or its older way",
		.add = "--mntns-compat-mode",
	},
	{
		.id = "root-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"The --root option is required to restore a mount "
			    "namespace",
			    "BUG at criu/mount.c:48"},
		.cause = "the image has a mount namespace, and restore was not "
			 "told where the tree's root file system is",
		.cure = "make it a mount (mount --rbind / /mnt; mount "
			"--make-rprivate /mnt), and name it",
		.add = "--root /mnt",
	},
	{
		.id = "mount-lookup",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't lookup mount={mount:d} for fd=-3 "
			    "path={path}"},
		.cause = "the program, or a library, that a task runs, "
			 "'{path}', is on a mount that its mount namespace has "
			 "not",
		.cure = "dump the mount namespace in which it was started, or "
			"start it inside of its own",
	},
	{
		.id = "mount-lookup-fd",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't lookup mount={mount:d} for fd={fd:d} "
			    "path={path}"},
		.cause = "file descriptor {fd}[[ of {comm}]], '{path}', was "
			 "opened in another mount namespace",
		.cure = "let the task open it again in its own, or leave it "
			"out with --external 'file[MOUNT:INODE]', both in "
			"hexadecimal (a terminal: --shell-job, criu 3.18)",
	},
	{
		.id = "overmounted-file",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Open files on overmounted mounts are not "
			    "supported yet; mount={mount:d} fd={fd:d} "
			    "path={path}",
			    "Open files on overmounted mounts are not "
			    "supported yet"},
		.cause = "a task has a file open[[ (fd {fd}, '{path}')]] on a "
			 "mount that another mount hides",
		.cure = "unmount what hides it, or close it",
	},
	{
		.id = "overmounted-mount",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"The mount {mount:d} is overmounted so paths are "
			    "invisible"},
		.cause = "mount {mount} is hidden by another one, and a task "
			 "has a deleted file open there",
		.cure = "unmount what hides it",
	},
	{
		.id = "task-root",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"The root task has another root than mntns: "
			    "{path}"},
		.cause = "the root of the tree was moved by chroot(2) to "
			 "{path}: criu dumps a mount namespace from its own "
			 "root only",
		.cure = "start the tree with pivot_root(2), or give the new "
			"root to unshare --root",
	},
	{
		.id = "mount-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_GENERAL,
		.pattern = {"Can't mount at {path}: {error}",
			    "Unable to mount {type} {path} (id={mount:d}): "
			    "{error}",
			    "Can't bind-mount at {path}: {error}"},
		.cause = "{path} can't be mounted: {error}",
	},
	{
		.id = "mount-options",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Failed to parse FS specific data on {path}",
			    "Failed to parse mountinfo line {line}"},
		.cause = "criu does not understand a mount[[ on {path}]]",
		.cure = "unmount it, or use a newer criu",
	},
	{
		.id = "autofs",
		.weight = RULE_CAUSE,
		.pattern = {"Autofs {mount:d} is alive, but unreachable",
			    "Non-catatonic mount without master?",
			    "autofs pipe fd {fd:d} is not empty"},
		.cause = "an automount point is in the way: the program that "
			 "serves it is not part of the tree, or busy",
		.cure = "unmount it in the tree's mount namespace",
	},
};

const struct rule_part rules_mount = RULE_PART(rows);
