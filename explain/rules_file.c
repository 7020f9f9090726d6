/* SPDX-License-Identifier: MIT */
/* Files, locks, pipes, and descriptors that can't be dumped. */
#include "explain/rules_parts.h"

static const struct rule rows[] = {
	{
		.id = "file-changed-size",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"File {path} has bad size {size:d} (expect "
			    "{expected:d})"},
		.cause = "file /{path} has changed: it has {size} bytes now, "
			 "and {expected} when the tree was dumped",
		.cure = "bring the file of that time back (one that the tree "
			"itself has written on: criu-ns restore "
			"--rewind-files), or give it that size again, if the "
			"tree can live with what is in it",
		.command = "truncate -s {expected} /{path}",
	},
	{
		.id = "file-changed-build",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"File {path} has bad build-ID"},
		.cause = "program or library /{path} is another build than "
			 "when the tree was dumped",
		.cure = "bring the file of that time back",
	},
	{
		.id = "file-changed-mode",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"File {path} has bad mode 0{mode:d} (expect "
			    "0{expected:d})"},
		.cause = "file /{path} has mode 0{mode} now, and 0{expected} "
			 "when the tree was dumped",
		.cure = "give it that mode again, or (criu 3.18) use "
			"--skip-file-rwx-check",
		.command = "chmod 0{expected} /{path}",
	},
	{
		.id = "file-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't open file {path} on restore: No such file "
			    "or directory",
			    "Can't open file {path}: No such file or "
			    "directory"},
		.cause = "file /{path}, which the tree had open or mapped, is "
			 "not there",
		.cure = "bring it back, with the size that it had",
	},
	{
		.id = "file-not-opened",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't open file {path} on restore: {error}",
			    "Can't open file {path}: {error}"},
		.cause = "file /{path}, which the tree had open or mapped, "
			 "can't be opened: {error}",
	},
	{
		.id = "link-remap-gone",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't link {path} -> {to}: No such file or "
			    "directory",
			    "Can't get owner of link remap {path}: {error}"},
		.cause = "/{path}, the link that dump made for a deleted file, "
			 "is not there: an image with such links can be "
			 "restored once",
		.cure = "dump again; for more restores, without --link-remap "
			"and with a higher --ghost-limit",
		.reference = "https://criu.org/Invisible_files",
	},
	{
		.id = "link-remap-in-the-way",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't link {path} -> {to}: File exists"},
		.cause = "the deleted file /{to} can't be brought back: "
			 "there is a new one",
		.cure = "move the new one away while the tree is restored",
		.command = "mv /{to} /{to}.away",
		.reference = "https://criu.org/Invisible_files",
	},
	{
		.id = "ghost-too-large",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump ghost file {path} of {size:d} size, "
			    "increase limit"},
		.cause = "the tree has a deleted file open, {path}, whose "
			 "{size} bytes are more than what goes into the image",
		.cure = "raise the limit",
		.add = "--ghost-limit {size}",
		.drop = "ghost-limit",
		.reference = "https://criu.org/Invisible_files",
	},
	{
		.id = "link-remap",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't create link remap for {path}. Use "},
		.cause = "the tree has a file open, {path}, that was deleted "
			 "or replaced, and has another name still",
		.cure = "let criu give it a name beside it (the image can be "
			"restored once then)",
		.add = "--link-remap",
		.reference = "https://criu.org/Invisible_files",
	},
	{
		.id = "link-remap-refused",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't link remap to {path}: {error}"},
		.cause = "the deleted file {path} can't be given a name: "
			 "{error}",
		.cure = "its directory must be there and writable, and the "
			"file system must have hard links",
	},
	{
		.id = "file-replaced",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unaccessible path opened {device}:{inode}, need"},
		.cause = "a file that the tree has open can't be reached by "
			 "its name any more: another one, or a mount, is "
			 "there",
		.cure = "unmount what hides it, or close it",
	},
	{
		.id = "file-locks",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Some file locks are hold by dumping tasks!"},
		.cause = "the tree holds file locks",
		.cure = "dump them, too (criu restore needs the same option)",
		.add = "--file-locks",
		.reference = "criu(8), --file-locks",
	},
	{
		.id = "file-lock-foreign",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unresolved lock found pid {pid:d} ino {inode:d}"},
		.cause = "a lock on inode {inode} belongs to process {pid}, "
			 "and no descriptor of the tree fits it",
		.cure = "end who holds it (lslocks shows it)",
	},
	{
		.id = "file-lock-taken",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can not set flock!", "Can not set posix lock!",
			    "Can not set ofd lock!"},
		.cause = "a file lock that the tree had is held by somebody "
			 "else now",
		.cure = "end who holds it (lslocks shows it)",
	},
	{
		.id = "file-lock-unknown",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unknown file lock"},
		.cause = "the tree holds a file lock of a kind that criu does "
			 "not know",
	},
	{
		.id = "file-mandatory-lease",
		.weight = RULE_CAUSE,
		.pattern = {"Lease doesn't conflicts but breaks",
			    "Can't set lease (fd {fd:d}): {error}"},
		.cause = "a file lease can't be dumped or restored as it was"
			 "[[ (fd {fd}: {error})]]",
		.cure = "try again when nobody else opens the file",
	},
	{
		.id = "io-uring",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"anon_inode:[io_uring]"},
		.cause = "a task of the tree[[, {comm} ({task}),]] uses "
			 "io_uring, which criu can't dump",
		.cure = "switch it off in the program (node: "
			"UV_USE_IO_URING=0), or for all programs that start "
			"from now on",
		.command = "sysctl -w kernel.io_uring_disabled=2",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "descriptors-refused",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"send_fds failed (-22)"},
		.cause = "a task of the tree[[, {comm} ({task}),]] has a "
			 "descriptor open that can't be passed on: io_uring "
			 "is what can't be",
		.cure = "switch io_uring off in the program (node: "
			"UV_USE_IO_URING=0), or for all programs that start "
			"from now on",
		.command = "sysctl -w kernel.io_uring_disabled=2",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "perf-event",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump file {fd:d} of that type [{mode:d}] "
			    "({}[perf_event])"},
		.cause = "descriptor {fd}[[ of {comm} ({task})]] is a "
			 "performance counter, which criu can't dump",
		.cure = "end the profiler, or close it",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "file-type",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump file {fd:d} of that type [{mode:d}] "
			    "({what})$",
			    "Can't dump file {fd:d} of that type [{mode:d}]"},
		.cause = "descriptor {fd}[[ of {comm} ({task})]] is of a kind "
			 "that criu can't dump[[: {what}]]",
		.cure = "close it, or use a criu plugin for that device",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "mapping-type",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unknown shit {mode:d} ({what})$",
			    "Can't handle non-regular mapping on {pid:d}'s map "
			    "{address:x}"},
		.cause = "a task[[, {comm} ({task}),]] has a device or the "
			 "like in its memory[[ ({what})]], which criu can't "
			 "dump",
		.cure = "unmap it, or use a criu plugin for that device",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "mapping-odd",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unsupported mapping found {address:x}",
			    "Strange file mapped at {address:x} [{path}]"},
		.cause = "a task[[, {comm} ({task}),]] has something in its "
			 "memory at {address} that criu does not know"
			 "[[: {path}]]",
	},
	{
		.id = "uprobes",
		.weight = RULE_CAUSE,
		.pattern = {"PID {pid:d} has uprobes vma. Consider using",
			    "Dumped with --allow-uprobes. Need to set it on "
			    "restore as well"},
		.cause = "a tracing program (eBPF) has set uprobes in "
			 "[[process {pid} of ]]the tree",
		.cure = "end the tracing, or say that they may be there",
		.add = "--allow-uprobes",
	},
	{
		.id = "pipe-packets",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"The packetized mode for pipes is not supported "
			    "yet"},
		.cause = "a pipe of the tree is in packet mode (O_DIRECT), "
			 "which this criu can't dump",
		.cure = "use criu 3.18 or newer",
	},
	{
		.id = "epoll-target",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Escaped/closed fd descriptor {fd:d} on pid "
			    "{pid:d}"},
		.cause = "an epoll of process {pid} watches a file that was "
			 "descriptor {fd} and is closed, or open elsewhere",
		.cure = "the program must remove it from the epoll before it "
			"closes it",
	},
	{
		.id = "inotify-target",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't find suitable path for handle (dev "
			    "{device:x} ino {inode:x})",
			    "Can't dump that handle"},
		.cause = "the tree watches a file (inotify, fanotify) whose "
			 "path criu can't find",
		.cure = "let criu look for it by force",
		.add = "--force-irmap",
	},
	{
		.id = "inherited-fd-invalid",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Invalid inherit fd argument: {value}",
			    "Can't fstat inherit fd {fd:d}: {error}"},
		.cause = "--inherit-fd[[ {value}]] names[[ descriptor "
			 "{fd},]] what is not open",
		.cure = "open it in the shell, as in --inherit-fd "
			"'fd[5]:KEY' 5<FILE",
		.reference = "https://criu.org/Inheriting_FDs_on_restore",
	},
	{
		.id = "external-file",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to restore {id:x}$"},
		.cause = "a file that the image leaves out, or that a plugin "
			 "has dumped, can't be restored (id {id})",
		.cure = "give it with --inherit-fd, or name the plugins with "
			"--libdir",
		.reference = "https://criu.org/Inheriting_FDs_on_restore",
	},
};

const struct rule_part rules_file = RULE_PART(rows);
