/* SPDX-License-Identifier: MIT */
/* Images, and writing them. */
#include "explain/rules_parts.h"

static const struct rule rows[] = {
	{
		.id = "disk-full",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"{what}: No space left on device"},
		.cause = "the disk for the image is full",
		.cure = "make room, or name an image directory elsewhere "
			"(-D DIR)",
	},
	{
		.id = "quota",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"{what}: Disk quota exceeded",
			    "{what}: File too large"},
		.cause = "the image may not grow any more: a disk quota or a "
			 "limit on file sizes is reached",
		.cure = "raise it (quota, ulimit -f), or name an image "
			"directory elsewhere (-D DIR)",
	},
	{
		.id = "io-error",
		.weight = RULE_CAUSE,
		.pattern = {"{what}: Input/output error"},
		.cause = "a device or a remote file system fails ({what})",
		.cure = "look at dmesg(1)",
	},
	{
		.id = "disk-read-only",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to open {file}.img: Read-only file system",
			    "Can't link parent snapshot: {error}"},
		.cause = "the image directory can't be written[[: {error}]]",
		.cure = "name an image directory elsewhere (-D DIR)",
	},
	{
		/* An empty image is as good as none. */
		.id = "seccomp-image",
		.weight = RULE_NOISE,
		.pattern = {"Read 3 bytes while 4 expected on {}seccomp.img"},
	},
	{
		.id = "image-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unexpected EOF on (empty-image)"},
		.cause = "a file of the image is missing",
		.cure = "copy the whole directory, or dump again",
	},
	{
		.id = "image-truncated",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Unexpected EOF on {file}",
			    "Read {size:d} bytes while {expected:d} expected "
			    "from {file}: {}",
			    "Read {size:d} bytes while {expected:d} expected "
			    "on {file}: {}",
			    "Can't read {expected:d} bytes from file {file}"},
		.cause = "image file {file} is too short[[: it ends after "
			 "{size} of {expected} bytes of a record]]",
		.cure = "copy it again, or dump again",
	},
	{
		.id = "image-pages",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Reached EOF unexpectedly while reading page from "
			    "image",
			    "Can't read async pr bytes (",
			    "Can't read mapping page"},
		.cause = "a file with the memory of the tree (pages-*.img) is "
			 "too short",
		.cure = "copy it again, or dump again",
	},
	{
		.id = "image-foreign",
		.weight = RULE_CAUSE,
		.pattern = {"Head magic doesn't match for {file}",
			    "Magic doesn't match for {file}"},
		.cause = "{file} is no image file of criu, or damaged",
		.cure = "copy it again, or dump again",
	},
	{
		.id = "image-damaged",
		.weight = RULE_CAUSE,
		.pattern = {"Failed unpacking object {address} from {file}",
			    "Wrong object requested {type:d} on {file}",
			    "Corrupted ghost image",
			    "Img trimmed {size:d}/{expected:d}"},
		.cause = "the image is damaged[[: {file}]]",
		.cure = "copy it again, or dump again",
	},
	{
		.id = "image-version",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Not supported images version {version:d}",
			    "Too old image, no longer supported"},
		.cause = "the image is of a version[[ ({version})]] that this "
			 "criu does not know",
		.cure = "restore it with the criu that made it "
			"(--criu-binary), or a newer one",
	},
	{
		.id = "image-tree",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"No IDS for root task",
			    "Images corrupted or too old criu was used",
			    "No kIDs provided, image corruption",
			    "Parent missed on non-root task with pid {pid:d}"},
		.cause = "the image does not fit together: a file of it is "
			 "missing, damaged, or of another dump",
		.cure = "copy the whole directory again, or dump again",
	},
	{
		.id = "image-lacks-record",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"No file for fd {fd:d} id {id:x}",
			    "Empty list on file desc id {id:x}",
			    "Can't find regfile for {id:x}",
			    "Can't find a parent for {pid:d}"},
		.cause = "the image lacks a record[[ of file {id}]]"
			 "[[ of process {pid}]]: a file of it is missing, "
			 "damaged, or of another dump",
		.cure = "copy the whole directory again, or dump again",
	},
	{
		.id = "image-core",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't open core data for {pid:d}",
			    "Can't read core data for thread {pid:d}",
			    "Core task state data missed",
			    "Core IDS data missed for non-zombie"},
		.cause = "the image has no state[[ of process {pid}]] "
			 "(core-*.img)",
		.cure = "copy the whole directory again, or dump again",
	},
	{
		.id = "image-parent",
		.weight = RULE_CAUSE,
		.pattern = {"No parent for snapshot pagemap",
			    "Missing {address:x} in parent pagemap",
			    "found in parent$",
			    "Can't open parent path: {error}"},
		.cause = "the image builds on an earlier one (pre-dump), "
			 "which is missing or another one",
		.cure = "put the directory back that --prev-images-dir named: "
			"the link 'parent' in the image leads there",
	},
	{
		.id = "parent-directory",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Invalid parent image directory provided: "
			    "{error}"},
		.cause = "the directory that --prev-images-dir names can't be "
			 "used: {error}",
		.cure = "name one, relative to the image directory",
	},
	{
		.id = "image-directory",
		.weight = RULE_CAUSE,
		.pattern = {"Couldn't open image dir {path}",
			    "Can't open dir {path}: {error}"},
		.cause = "the image directory {path} can't be opened"
			 "[[: {error}]]",
		.cure = "name one that is there (-D DIR)",
	},
	{
		.id = "plugin-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Missing required plugin: {plugin}"},
		.cause = "the image needs criu's plugin {plugin}",
		.cure = "install it, or name its directory with --libdir",
	},
	{
		.id = "plugin-broken",
		.weight = RULE_CAUSE,
		.pattern = {"Unable to load {plugin}.so: {error}",
			    "Failed in init({stage:d}) of \"{plugin}\"",
			    "Corrupted plugin {plugin}"},
		.cause = "criu's plugin {plugin} can't be used[[: {error}]]",
		.cure = "keep criu from loading it",
		.add = "--libdir /nonexistent",
		.drop = "libdir",
	},
	{
		.id = "page-server",
		.weight = RULE_CAUSE,
		.pattern = {"The page server doesn't answer: {error}",
			    "Can't write pages to socket: {error}",
			    "Remote side closed connection"},
		.cause = "the page server has ended, or can't be reached"
			 "[[: {error}]]",
		.cure = "start it again (criu page-server), and look at its "
			"log",
	},
	{
		.id = "lazy-pages",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"connect to lazy-pages.socket failed: {error}",
			    "Failed to get uffd API: {error}",
			    "Unable to open an userfaultfd descriptor: "
			    "{error}",
			    "Lazy pages are not available"},
		.cause = "memory can't be fetched later[[: {error}]]: the "
			 "lazy-pages server is not there, or userfaultfd is "
			 "not allowed",
		.cure = "start criu lazy-pages with the same work directory "
			"first; see vm.unprivileged_userfaultfd",
	},
	{
		.id = "pidfile-there",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't open {path}: File exists",
			    "Can't write pidfile: File exists"},
		.cause = "the pidfile[[ {path}]] is there already",
		.cure = "remove it",
	},
	{
		.id = "script-failed",
		.weight = RULE_CAUSE,
		.pattern = {"Script {path} exited with {status:d}",
			    "Pre dump script failed with {status:d}",
			    "Aborting restore due to {stage} script ret code "
			    "{status:d}",
			    "P{stage} script ret code {status:d}"},
		.cause = "the action script[[ {path}]] failed with status "
			 "{status}",
		.cure = "look at what it prints",
	},
};

const struct rule_part rules_image = RULE_PART(rows);
