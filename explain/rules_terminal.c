/* SPDX-License-Identifier: MIT */
/* Terminals. */
#include "explain/rules_parts.h"

static const struct rule rows[] = {
	{
		.id = "terminal-outside",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Found dangling tty with sid {sid:d} pgid "
			    "{group:d} ({kind}) on peer fd {fd:d}"},
		.cause = "the tree uses a terminal whose other side is not "
			 "part of it (session {sid}, fd {fd})",
		.cure = "treat it as a shell job; restore needs the same "
			"option, and a terminal",
		.add = "--shell-job",
		.reference = "criu(8), --shell-job",
	},
	{
		.id = "terminal-slave-alone",
		.weight = RULE_CAUSE,
		.pattern = {"Found slave peer index {index:d} without "
			    "correspond master peer",
			    "Only one slave external peer is allowed (index "
			    "{index:d})"},
		.cause = "the tree uses terminal /dev/pts/{index}, whose other "
			 "side is not part of it",
		.cure = "treat it as a shell job, on dump and on restore",
		.add = "--shell-job",
		.reference = "criu(8), --shell-job",
	},
	{
		.id = "terminal-none-to-inherit",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Don't have tty to inherit session from"},
		.cause = "the image is of a shell job, and there is no "
			 "terminal for it on stdin",
		.cure = "restore it from a terminal, or give it one with "
			"script(1)",
		.add = "--shell-job",
	},
	{
		.id = "terminal-not-ours",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Failed to set group {group:d} on {fd:d}: "
			    "Inappropriate ioctl for device"},
		.cause = "what is on stdin is not the controlling terminal of "
			 "criu's session",
		.cure = "let criu-ns give the job a terminal of its own",
		.add = "--shell-job",
	},
	{
		.id = "terminal-leader-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"No task found with sid {sid:d}"},
		.cause = "the leader of the terminal's session {sid} was not "
			 "dumped with the tree",
		.cure = "restore it as a shell job",
		.add = "--shell-job",
		.reference = "criu(8), --shell-job",
	},
	{
		.id = "terminal-number-taken",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to open {path} with specified index "
			    "{index:d}"},
		.cause = "terminal {index}, which the tree had made, is in use "
			 "here",
		.cure = "close it, or restore with a mount namespace that has "
			"a devpts of its own",
	},
	{
		.id = "terminal-in-flight",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"No CTL for TTY dump, likely SCM case"},
		.cause = "a terminal is on its way through a unix socket of "
			 "the tree",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "terminal-data",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"queued data overflow {size:d} bytes limit"},
		.cause = "a terminal of the tree holds more unread input than "
			 "criu can save ({size} bytes)",
		.cure = "let the program read it, and try again",
	},
	{
		.id = "terminal-driver",
		.weight = RULE_CAUSE,
		.pattern = {"Unable to find a tty driver (rdev 0x{rdev:x} dev "
			    "0x{dev:x})"},
		.cause = "the tree uses a terminal of a kind that criu does "
			 "not know (device {rdev})",
		.cure = "leave it out; restore then needs --inherit-fd "
			"'fd[N]:tty[{rdev}:{dev}]'",
		.add = "--external tty[{rdev}:{dev}]",
	},
	{
		.id = "terminal-data-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"No PTY data found (id {id:x})",
			    "Not all TTYs got its infos",
			    "Unable to find a master for {path}"},
		.cause = "the image lacks data of a terminal: it is damaged",
		.cure = "dump again",
	},
};

const struct rule_part rules_terminal = RULE_PART(rows);
