/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/match.h"
#include "explain/rules.h"
#include "explain/story.h"

/* A line of a log for each row of the table, and the values in it. */
static const struct sample {
	const char *id, *line, *values;
} samples[] = {
	{"pid-taken",
	 "Error (criu/cr-restore.c:1480): Can't fork for 42: File exists",
	 "pid=42"},
	{"pid-refused",
	 "Error (criu/cr-restore.c:1480): Can't fork for 42: Operation not "
	 "permitted",
	 "pid=42"},
	{"no-more-processes",
	 "Error (criu/cr-restore.c:1480): Can't fork for 42: Resource "
	 "temporarily unavailable",
	 "pid=42"},
	{"no-more-processes",
	 "Error (criu/cr-restore.c:1480): Can't fork for 43: Cannot allocate "
	 "memory",
	 "pid=43"},
	{"pid-too-large",
	 "Error (criu/cr-restore.c:1480): Can't fork for 5000000: Invalid "
	 "argument",
	 "pid=5000000"},
	{"pid-race",
	 "Error (criu/cr-restore.c:1888): Pid 1700 do not match expected 42",
	 "got=1700,pid=42"},
	{"thread-id-taken",
	 "pie: 42: Error (criu/pie/restorer.c:640): Thread pid mismatch 77/43",
	 "got=77,tid=43"},
	{"thread-id-taken",
	 "pie: 42: Error (criu/pie/restorer.c:1990): Unable to create a "
	 "thread: -17",
	 ""},
	{"thread-refused",
	 "pie: 42: Error (criu/pie/restorer.c:1990): Unable to create a "
	 "thread: -11",
	 "error=-11"},
	{"last-pid-refused",
	 "Error (criu/cr-restore.c:1450): Failed to write 41 to "
	 "/proc/sys/kernel/ns_last_pid: Read-only file system",
	 "pid=41,error=Read-only file system"},
	{"last-pid-refused",
	 "pie: 42: Error (criu/pie/restorer.c:1980): Can't set last_pid -22/41",
	 "error=-22,pid=41"},
	{"session-id-collides",
	 "Error (criu/pstree.c:386): Current sid 300 intersects with pid (255) "
	 "in images",
	 "id=300"},
	{"session-id-collides",
	 "Error (criu/pstree.c:418): Current gid 301 intersects with pgid of "
	 "(12) in images",
	 "id=301"},
	{"session-leader-outside",
	 "Error (criu/cr-dump.c:1610): A session leader of 4242(7) is outside "
	 "of its pid namespace",
	 "pid=4242,inner=7"},
	{"session-leader-outside",
	 "Error (criu/cr-dump.c:1410): A session leader of zombie process "
	 "4243(8) is outside of its pid namespace",
	 "pid=4243,inner=8"},
	{"not-a-session-leader",
	 "Error (criu/pstree.c:304): The root process 4242 is not a session "
	 "leader. Consider using --shell-job option",
	 "pid=4242"},
	{"sid-not-inherited",
	 "Error (criu/cr-restore.c:1700): Requested sid 40 doesn't match "
	 "inherited 30",
	 "sid=40,inherited=30"},
	{"root-is-dead", "Error (criu/cr-dump.c:1400): A root task is dead",
	 ""},
	{"ptrace-refused",
	 "Warn  (compel/src/lib/infect.c:116): Unable to interrupt task: 4242 "
	 "(Operation not permitted)",
	 "pid=4242"},
	{"task-gone",
	 "Warn  (compel/src/lib/infect.c:116): Unable to interrupt task: 4242 "
	 "(No such process)",
	 "pid=4242"},
	{"not-freezable",
	 "Error (compel/src/lib/infect.c:260): Unseizable non-zombie 4242 "
	 "found, state D, err -1/10",
	 "pid=4242,state=D"},
	{"freeze-timeout",
	 "Error (criu/cr-dump.c:1790): Timeout reached. Try to interrupt: 0",
	 "attempt=0"},
	{"freeze-timeout",
	 "Error (criu/seize.c:700): Unable to freeze cgroup /sys/fs/cgroup/x "
	 "(50 x 100ms attempts, timeout: 10s)",
	 "cgroup=/sys/fs/cgroup/x"},
	{"criu-in-tree",
	 "Error (compel/src/lib/infect.c:230): The criu itself is within "
	 "dumped tree.",
	 ""},
	{"pid-reused",
	 "Error (compel/src/lib/infect.c:267): Task pid reused while "
	 "suspending (4242: 1 -> 7)",
	 "pid=4242"},
	{"stopped-thread",
	 "Error (criu/seize.c:780): Individually stopped threads not supported",
	 ""},
	{"stopped-thread",
	 "Error (compel/src/lib/infect.c:300): Can't dump the 4243 thread with "
	 "a pending SIGTRAP.",
	 "pid=4243"},
	{"zombie-with-threads",
	 "Error (criu/seize.c:560): Zombies with threads are not supported",
	 ""},
	{"task-changed",
	 "Error (compel/src/lib/infect.c:240): SEIZE 4242: task not stopped "
	 "after seize",
	 "pid=4242"},
	{"seccomp-suspend",
	 "Error (compel/src/lib/ptrace.c:20): suspending seccomp failed: "
	 "Operation not permitted",
	 "error=Operation not permitted"},
	{"seccomp-restore",
	 "pie: 42: Error (criu/pie/restorer.c:400): seccomp: "
	 "SECCOMP_SET_MODE_FILTER returned -13 on tid 42",
	 "error=-13,tid=42"},
	{"ids-refused",
	 "pie: 42: Error (criu/pie/restorer.c:210): Unable to set real, "
	 "effective and saved group ID: -1",
	 "what=group,error=-1"},
	{"ids-refused",
	 "pie: 42: Error (criu/pie/restorer.c:190): Can't setgroups([2 gids]): "
	 "-1",
	 "error=-1"},
	{"capabilities-refused",
	 "pie: 42: Error (criu/pie/restorer.c:260): Unable to drop capability "
	 "21: -1",
	 "capability=21,error=-1"},
	{"rseq-config",
	 "Error (criu/cr-dump.c:1030): 4242 has rseq but kernel lacks "
	 "get_rseq_conf feature",
	 "pid=4242"},
	{"rseq-missing",
	 "Error (criu/cr-restore.c:3400): rseq: can't restore as kernel "
	 "doesn't support it",
	 ""},
	{"cpu-fpu",
	 "Error (criu/arch/x86/cpu.c:220): cpu: FPU feature required by image "
	 "is not supported on host (fpu:1 fxsr:1 osxsave:1 xsaves:2)",
	 "features=fpu:1 fxsr:1 osxsave:1 xsaves:2"},
	{"cpu-features",
	 "Error (criu/arch/x86/cpu.c:200): cpu: CPU instruction capabilities "
	 "do not match run time",
	 ""},
	{"cpu-features",
	 "Error (criu/arch/x86/cpu.c:330): cpu: CPU xsave max size mismatch "
	 "(2696/832)",
	 "image=2696,here=832"},
	{"other-architecture",
	 "Error (criu/cr-restore.c:500): Core march mismatch 2", "machine=2"},
	{"no-memory",
	 "pie: 42: Error (criu/pie/restorer.c:1800): Can't restore "
	 "7f1200000000 mapping with fffffffffffffff4",
	 "address=7f1200000000"},
	{"no-memory",
	 "Error (criu/mem.c:1200): Unable to reserve memory (123456 bytes): "
	 "Cannot allocate memory",
	 "size=123456"},
	{"mapping-refused",
	 "pie: 42: Error (criu/pie/restorer.c:1800): Can't restore "
	 "7f1200000000 mapping with fffffffffffffff3",
	 "address=7f1200000000"},
	{"loginuid",
	 "Error (criu/cr-restore.c:700): Setting loginuid for 42 task failed",
	 "pid=42"},
	{"prctl-mm",
	 "pie: 42: Error (criu/pie/restorer.c:1900): sys_prctl(PR_SET_MM, "
	 "PR_SET_MM_MAP) failed with -22",
	 "error=-22"},
	{"group-elsewhere",
	 "Error (criu/cr-restore.c:1740): Can't restore pgid (43/42->40): "
	 "Operation not permitted",
	 "pid=43,group=40"},
	{"time-namespace",
	 "Error (criu/namespaces.c:700): Can't dump nested time namespace for "
	 "4243",
	 "pid=4243"},
	{"nested-namespace",
	 "Error (criu/namespaces.c:400): Can't dump nested uts namespace for "
	 "4243",
	 "kind=uts,pid=4243"},
	{"namespace-without-init",
	 "Error (criu/namespaces.c:1600): Can't dump a pid namespace without "
	 "the process init",
	 ""},
	{"restore-namespace-without-init",
	 "Error (criu/cr-restore.c:2100): Can't restore pid namespace without "
	 "the process init",
	 ""},
	{"first-pid",
	 "Error (criu/cr-restore.c:1400): First PID in a PID namespace needs "
	 "to be 7 and not 1",
	 "pid=7,other=1"},
	{"task-namespace",
	 "Error (criu/pstree.c:969): Can't restore sub-task in NS (cflags 80)",
	 "flags=80"},
	{"task-namespace",
	 "Error (criu/pstree.c:940): Can't restore sub-task in NS", ""},
	{"foreign-user-namespace",
	 "Error (criu/namespaces.c:1500): One or more namespaces doesn't "
	 "belong to the target user namespace",
	 ""},
	{"id-not-mapped",
	 "Error (criu/namespaces.c:900): Unable to convert uid or gid", ""},
	{"setns-refused",
	 "Error (criu/namespaces.c:300): Can't setns 5/net: Operation not "
	 "permitted",
	 "fd=5,kind=net"},
	{"join-ns-pid",
	 "Error (criu/namespaces.c:100): Invalid join_ns pid: /proc/99999 not "
	 "found",
	 "pid=99999"},
	{"external-namespace",
	 "Error (criu/net.c:2700): Unable to find an external netns: extNet",
	 "key=extNet"},
	{"sysv-shm",
	 "Error (criu/cr-dump.c:300): Task 4242 with SysVIPC shmem map @7f0000 "
	 "doesn't live in IPC ns",
	 "pid=4242,address=7f0000"},
	{"cgroup-move",
	 "Error (criu/cgroup.c:1800): cg: cgroupd: Can't move thread 42 into "
	 "freezer//x",
	 "pid=42"},
	{"cgroup-exists",
	 "Error (criu/cgroup.c:1600): cg: Abort restore of existing cgroups",
	 ""},
	{"cgroup-make",
	 "Error (criu/cgroup.c:1500): cg: Can't make cgroup dir unified/x: "
	 "Permission denied",
	 "cgroup=unified/x,error=Permission denied"},
	{"cgroup-property",
	 "Error (criu/cgroup.c:1400): cg: Restoring special cpuset props "
	 "failed!",
	 ""},
	{"cgroup-freezer",
	 "Error (criu/seize.c:900): Neither a cgroupv1 (freezer.state) or "
	 "cgroupv2 (cgroup.freeze) control file found.",
	 ""},
	{"apparmor-missing",
	 "Error (criu/lsm.c:300): apparmor LSM specified but apparmor not "
	 "supported by kernel",
	 ""},
	{"selinux-missing",
	 "Error (criu/lsm.c:310): selinux LSM specified but selinux not "
	 "supported by kernel",
	 ""},
	{"lsm-profile",
	 "pie: 42: Error (criu/pie/restorer.c:150): can't write lsm profile -2",
	 "error=-2"},
	{"apparmor-policy",
	 "Error (criu/apparmor.c:500): apparmor parsing failed 1", ""},
	{"timens-missing",
	 "Error (criu/proc_parse.c:1500): Unable to open "
	 "/proc/self/timens_offsets: No such file or directory",
	 ""},
	{"foreign-proc",
	 "Error (criu/util.c:400): Can't open 6/clear_refs on procfs: No such "
	 "file or directory",
	 "path=6/clear_refs"},
	{"foreign-proc",
	 "Error (criu/parasite-syscall.c:500): No suitable VM found", ""},
	{"external-mount",
	 "Error (criu/mount.c:690): mnt: 345:./data doesn't have a proper root "
	 "mount",
	 "mount=345,path=/data"},
	{"autodetected-mount",
	 "Error (criu/mount.c:2500): mnt: Mount 345:/data is autodetected "
	 "external mount. Try \"--ext-mount-map auto\" to allow them.",
	 "path=/data"},
	{"unreachable-sharing",
	 "Error (criu/mount.c:900): mnt: Mount 12 /data (master_id: 3 "
	 "shared_id: 0) has unreachable sharing. Try "
	 "--enable-external-masters.",
	 "path=/data,master=3"},
	{"file-system-unsupported",
	 "Error (criu/mount.c:600): mnt: FS mnt /mnt/x dev 0x37 root / "
	 "unsupported id 99",
	 "path=/mnt/x"},
	{"mount-not-mapped",
	 "Error (criu/mount.c:2600): mnt: No mapping for 345:data mountpoint",
	 "path=data"},
	{"mount-not-mapped",
	 "Error (criu/mount.c:2400): mnt: No mapping for data mountpoint",
	 "path=data"},
	{"mount-point-missing",
	 "Error (criu/mount-v2.c:400): mnt-v2: Can't stat mountpoint /data: No "
	 "such file or directory",
	 "path=/data"},
	{"mount-point-bad",
	 "Error (criu/mount-v2.c:400): mnt-v2: Can't stat mountpoint /data: "
	 "Permission denied",
	 "path=/data,error=Permission denied"},
	{"mount-sharing",
	 "Error (criu/mount-v2.c:800): mnt-v2: Failed to make mount 12 slave: "
	 "Invalid argument",
	 "mount=12,error=Invalid argument"},
	{"root-missing",
	 "Error (criu/mount.c:3000): mnt: The --root option is required to "
	 "restore a mount namespace",
	 ""},
	{"root-missing", "Error (criu/mount.c:48): mnt: BUG at criu/mount.c:48",
	 ""},
	{"mount-lookup",
	 "Error (criu/files-reg.c:1800): Can't lookup mount=45 for fd=-3 "
	 "path=/bin/x",
	 "path=/bin/x"},
	{"mount-lookup-fd",
	 "Error (criu/files-reg.c:1800): Can't lookup mount=45 for fd=3 "
	 "path=/var/log/x",
	 "fd=3,path=/var/log/x"},
	{"overmounted-file",
	 "Error (criu/files-reg.c:1805): Open files on overmounted mounts are "
	 "not supported yet; mount=4 fd=5 path=/x/y",
	 "fd=5,path=/x/y"},
	{"overmounted-mount",
	 "Error (criu/mount.c:3900): mnt: The mount 45 is overmounted so paths "
	 "are invisible",
	 "mount=45"},
	{"task-root",
	 "Error (criu/mount.c:3700): mnt: The root task has another root than "
	 "mntns: /srv",
	 "path=/srv"},
	{"mount-refused",
	 "Error (criu/mount.c:2000): mnt: Can't mount at ./x: Operation not "
	 "permitted",
	 "path=./x"},
	{"mount-options",
	 "Error (criu/proc_parse.c:1700): Failed to parse FS specific data on "
	 "./x",
	 "path=./x"},
	{"autofs",
	 "Error (criu/autofs.c:507): Autofs 45 is alive, but unreachable.",
	 "mount=45"},
	{"file-changed-size",
	 "Error (criu/files-reg.c:2175): File var/count has bad size 0 (expect "
	 "21)",
	 "path=var/count,size=0,expected=21"},
	{"file-changed-build",
	 "Error (criu/files-reg.c:2100): File usr/bin/x has bad build-ID",
	 "path=usr/bin/x"},
	{"file-changed-mode",
	 "Error (criu/files-reg.c:2200): File var/count has bad mode 0100600 "
	 "(expect 0100644)",
	 "path=var/count,mode=100600,expected=100644"},
	{"file-missing",
	 "Error (criu/files-reg.c:2300): Can't open file var/count on restore: "
	 "No such file or directory",
	 "path=var/count"},
	{"file-not-opened",
	 "Error (criu/files-reg.c:2300): Can't open file var/count on restore: "
	 "Permission denied",
	 "path=var/count,error=Permission denied"},
	{"link-remap-gone",
	 "Error (criu/files-reg.c:1900): Can't link tmp/link_remap.1 -> tmp/x: "
	 "No such file or directory",
	 "path=tmp/link_remap.1"},
	{"link-remap-in-the-way",
	 "Error (criu/files-reg.c:1900): Can't link tmp/link_remap.1 -> tmp/x: "
	 "File exists",
	 "to=tmp/x"},
	{"ghost-too-large",
	 "Error (criu/files-reg.c:1100): Can't dump ghost file /tmp/big of "
	 "2097152 size, increase limit",
	 "path=/tmp/big,size=2097152"},
	{"link-remap",
	 "Error (criu/files-reg.c:1250): Can't create link remap for /tmp/x. "
	 "Use --link-remap option.",
	 "path=/tmp/x"},
	{"link-remap-refused",
	 "Error (criu/files-reg.c:1270): Can't link remap to /tmp/x: Read-only "
	 "file system",
	 "path=/tmp/x"},
	{"file-replaced",
	 "Error (criu/files-reg.c:1500): Unaccessible path opened 23:5, need "
	 "23:7",
	 "device=23,inode=5"},
	{"file-locks",
	 "Error (criu/file-lock.c:150): Some file locks are hold by dumping "
	 "tasks! You can try --file-locks to dump them.",
	 ""},
	{"file-locks",
	 "Error (criu/file-lock.c:150): Some file locks are hold by dumping "
	 "tasks!You can try --file-locks to dump them.",
	 ""},
	{"file-lock-foreign",
	 "Error (criu/file-lock.c:130): Unresolved lock found pid 77 ino 1234",
	 "pid=77,inode=1234"},
	{"file-lock-taken",
	 "Error (criu/file-lock.c:640): Can not set posix lock!", ""},
	{"file-lock-unknown",
	 "Error (criu/proc_parse.c:2000): Unknown file lock!", ""},
	{"file-mandatory-lease",
	 "Error (criu/file-lock.c:400): Can't set lease (fd 4): Resource "
	 "temporarily unavailable",
	 "fd=4"},
	{"io-uring",
	 "Error (criu/proc_parse.c:430): Unknown shit 600 "
	 "(anon_inode:[io_uring])",
	 ""},
	{"descriptors-refused",
	 "pie: 42: Error (criu/pie/parasite.c:700): send_fds failed (-22)", ""},
	{"perf-event",
	 "Error (criu/files-ext.c:95): Can't dump file 3 of that type [600] "
	 "(anon anon_inode:[perf_event])",
	 "fd=3,mode=600"},
	{"file-type",
	 "Error (criu/files-ext.c:95): Can't dump file 3 of that type [20666] "
	 "(chr 195:255 /dev/nvidiactl)",
	 "fd=3,what=chr 195:255 /dev/nvidiactl"},
	{"mapping-type",
	 "Error (criu/proc_parse.c:430): Unknown shit 20666 (/dev/nvidia0)",
	 "what=/dev/nvidia0"},
	{"mapping-odd",
	 "Error (criu/proc_parse.c:700): Unsupported mapping found "
	 "00007f0000000000-00007f0000001000",
	 "address=00007f0000000000"},
	{"uprobes",
	 "Error (criu/proc_parse.c:520): PID 4242 has uprobes vma. Consider "
	 "using --allow-uprobes.",
	 "pid=4242"},
	{"pipe-packets",
	 "Error (criu/pipes.c:600): The packetized mode for pipes is not "
	 "supported yet",
	 ""},
	{"epoll-target",
	 "Error (criu/eventpoll.c:200): epoll: Escaped/closed fd descriptor 9 "
	 "on pid 4242",
	 "fd=9,pid=4242"},
	{"inotify-target",
	 "Error (criu/fsnotify.c:263): fsnotify: Can't find suitable path for "
	 "handle (dev 0x1c ino 0x4d2): -2",
	 "device=0x1c,inode=0x4d2"},
	{"inherited-fd-invalid",
	 "Error (criu/files.c:1700): Invalid inherit fd argument: fd[9]:x",
	 "value=fd[9]:x"},
	{"external-file", "Error (criu/files-ext.c:40): Unable to restore 0x7",
	 "id=0x7"},
	{"unix-stream-external",
	 "Error (criu/sk-unix.c:885): unix: Can't dump half of stream unix "
	 "connection. name: /run/x; peer name: (null)",
	 "name=/run/x"},
	{"unix-stream-external",
	 "Error (criu/sk-unix.c:871): unix: Can't dump half of stream unix "
	 "connection.",
	 ""},
	{"unix-external",
	 "Error (criu/sk-unix.c:900): unix: External socket is used. Consider "
	 "using --ext-unix-sk option.",
	 ""},
	{"unix-stream-external",
	 "(00.01) x\n(00.012345) unix: \tRunaway socket: ino 5 peer_ino 31337 "
	 "family    1 type    1 state  1 name null\n(00.012346) Error "
	 "(criu/sk-unix.c:874): unix: External socket is used. Consider using "
	 "--ext-unix-sk option.",
	 "ino=31337,peer=5"},
	{"unix-stream-external",
	 "(00.01) x\n(00.012345) unix: \tRunaway socket: ino 5 peer_ino 31338 "
	 "family    1 type    5 state  1 name null\n(00.012346) Error "
	 "(criu/sk-unix.c:874): unix: External socket is used. Consider using "
	 "--ext-unix-sk option.",
	 "ino=31338"},
	{"unix-nameless-external",
	 "(00.01) x\n(00.012345) unix: \tRunaway socket: ino 5 peer_ino 31337 "
	 "family    1 type    2 state  1 name null\n(00.012346) Error "
	 "(criu/sk-unix.c:874): unix: External socket is used. Consider using "
	 "--ext-unix-sk option.",
	 "ino=31337"},
	{"unix-datagram-external",
	 "(00.01) x\n(00.012345) unix: \tRunaway socket: ino 5 peer_ino 0 "
	 "family    1 type    2 state  1 name "
	 "/run/systemd/journal/dev-log\n(00.012346) Error "
	 "(criu/sk-unix.c:874): unix: External socket is used. Consider using "
	 "--ext-unix-sk option.",
	 "peer-name=/run/systemd/journal/dev-log"},
	{"unix-nameless-external",
	 "Error (criu/sk-unix.c:877): unix: Can't dump name-less external "
	 "socket.",
	 ""},
	{"unix-external-in-image",
	 "Error (criu/sk-unix.c:1700): unix: External socket found in image. "
	 "Consider using the --ext-unix-sk option to allow restoring it.",
	 ""},
	{"unix-bind",
	 "Error (criu/sk-unix.c:1600): unix: Can't bind id 0x5 ino 777 addr "
	 "/run/x: Address already in use",
	 "id=0x5,ino=777,path=/run/x"},
	{"unix-bind-refused",
	 "Error (criu/sk-unix.c:1600): unix: Can't bind id 0x5 ino 777 addr "
	 "/run/d/x: No such file or directory",
	 "path=/run/d/x"},
	{"unix-connect",
	 "Error (criu/sk-unix.c:1300): unix: Can't connect 777 socket: "
	 "Connection refused",
	 "ino=777,error=Connection refused"},
	{"unix-in-flight",
	 "Error (criu/sk-unix.c:600): unix: In-flight connection on "
	 "non-listening socket 777",
	 "ino=777"},
	{"transport-bind",
	 "Error (criu/files.c:1850): Can't bind transport socket "
	 "/crtools-fd-42-7: Address already in use",
	 ""},
	{"parasite-bind",
	 "Error (compel/src/lib/infect.c:400): Can't bind socket: Address "
	 "already in use",
	 ""},
	{"port-taken",
	 "Error (criu/sk-inet.c:1000): inet: Can't bind inet socket (id 5): "
	 "Address already in use",
	 "id=5"},
	{"address-missing",
	 "Error (criu/sk-inet.c:1000): inet: Can't bind inet socket (id 5): "
	 "Cannot assign requested address",
	 ""},
	{"port-refused",
	 "Error (criu/sk-inet.c:1000): inet: Can't bind inet socket (id 5): "
	 "Permission denied",
	 "error=Permission denied"},
	{"tcp-connect",
	 "Error (criu/sk-inet.c:1030): inet: Can't connect inet socket back: "
	 "Invalid argument",
	 "error=Invalid argument"},
	{"tcp-established",
	 "Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider "
	 "using --tcp-established option.",
	 ""},
	{"tcp-in-image",
	 "Error (criu/sk-inet.c:800): inet: Connected TCP socket in image", ""},
	{"tcp-close-in-image",
	 "Error (criu/image.c:80): Need to set the --tcp-close options.", ""},
	{"tcp-in-flight",
	 "Error (criu/sk-inet.c:180): inet: In-flight connection (l) for 1a2b",
	 "socket=1a2b"},
	{"tcp-repair",
	 "Error (soccr/soccr.c:94): Can't turn TCP repair mode ON: Operation "
	 "not permitted",
	 "error=Operation not permitted"},
	{"socket-mptcp",
	 "Error (criu/sk-inet.c:120): inet: Unsupported proto 262 for socket "
	 "1a2b",
	 "socket=1a2b"},
	{"socket-protocol",
	 "Error (criu/sk-inet.c:120): inet: Unsupported proto 1 for socket "
	 "1a2b",
	 "protocol=1"},
	{"socket-corked",
	 "Error (criu/sk-inet.c:160): inet: Can't dump corked dgram socket "
	 "1a2b",
	 "socket=1a2b"},
	{"socket-family",
	 "Error (criu/sockets.c:800): sockets: BUG! Unknown socket collected "
	 "(family 44)",
	 "family=44"},
	{"socket-not-collected",
	 "Error (criu/sockets.c:300): sockets: Sockets (family 2 proto 17) are "
	 "not collected",
	 "family=2,protocol=17"},
	{"criu-too-old-passcred",
	 "Error (criu/sockets.c:600): sockets: Can't get 1:16 opt: Operation "
	 "not supported",
	 ""},
	{"socket-other-namespace",
	 "Error (criu/net.c:3500): net: Unable to dump a socket from an "
	 "external network namespace",
	 ""},
	{"netlink-data",
	 "Error (criu/sk-netlink.c:80): netlink: The socket has data to read",
	 ""},
	{"socket-control-message",
	 "Error (criu/sk-queue.c:144): skqueue: Control messages in queue, not "
	 "supported",
	 ""},
	{"network-device",
	 "Error (criu/net.c:700): net: Unsupported link 4 (type 1 kind "
	 "wireguard)",
	 "link=4,kind=wireguard"},
	{"network-restore",
	 "Error (criu/net.c:1900): net: Can't restore link: -17", "error=-17"},
	{"ip-tool",
	 "Error (criu/net.c:2100): net: IP tool failed on route save",
	 "what=route save"},
	{"network-lock-iptables",
	 "Error (criu/net.c:3332): net: Locking network failed: "
	 "iptables-restore returned 1. This may be connected to disabled "
	 "CONFIG_NETFILTER_XT_MARK kernel build config option.",
	 "status=1"},
	{"network-lock-iptables",
	 "Error (criu/netfilter.c:105): Iptables configuration failed", ""},
	{"network-lock-nftables",
	 "Error (criu/net.c:3290): net: Locking network failed using nftables",
	 ""},
	{"terminal-outside",
	 "Error (criu/tty.c:1900): tty: Found dangling tty with sid 4242 pgid "
	 "4242 (pts) on peer fd 0.",
	 "sid=4242,group=4242,kind=pts,fd=0"},
	{"terminal-slave-alone",
	 "Error (criu/tty.c:600): tty: Found slave peer index 0 without "
	 "correspond master peer",
	 "index=0"},
	{"terminal-none-to-inherit",
	 "Error (criu/tty.c:1200): tty: Don't have tty to inherit session "
	 "from, aborting",
	 ""},
	{"terminal-not-ours",
	 "Error (criu/tty.c:700): tty: Failed to set group 42 on 0: "
	 "Inappropriate ioctl for device",
	 "group=42"},
	{"terminal-leader-missing",
	 "Error (criu/tty.c:1500): tty: No task found with sid 4242",
	 "sid=4242"},
	{"terminal-number-taken",
	 "Error (criu/tty.c:640): tty: Unable to open /dev/pts/3 with "
	 "specified index 3",
	 "index=3"},
	{"terminal-in-flight",
	 "Error (criu/tty.c:1950): tty: No CTL for TTY dump, likely SCM case",
	 ""},
	{"terminal-data",
	 "Error (criu/tty.c:2200): tty: The tty (pts 0x5) queued data overflow "
	 "16384 bytes limit",
	 "size=16384"},
	{"terminal-driver",
	 "Error (criu/tty.c:2000): tty: Unable to find a tty driver (rdev "
	 "0x8801 dev 0x18)",
	 "rdev=8801,dev=18"},
	{"terminal-data-missing",
	 "Error (criu/tty.c:1637): tty: No PTY data found (id 0x5), corrupted "
	 "image?",
	 "id=0x5"},
	{"disk-full",
	 "Error (criu/page-xfer.c:300): page-xfer: Unable to spice data: No "
	 "space left on device",
	 ""},
	{"quota",
	 "Error (criu/image.c:600): Can't write img file: File too large", ""},
	{"io-error",
	 "Error (criu/image.c:700): Can't read img file: Input/output error",
	 ""},
	{"disk-read-only",
	 "Error (criu/image.c:560): Unable to open core-42.img: Read-only file "
	 "system",
	 "file=core-42"},
	{"image-missing",
	 "Error (criu/protobuf.c:72): Unexpected EOF on (empty-image)", ""},
	{"image-truncated",
	 "Error (criu/protobuf.c:108): Read 5 bytes while 30 expected from "
	 "pstree.img: Success",
	 "size=5,expected=30,file=pstree.img"},
	{"image-truncated",
	 "Error (criu/protobuf.c:72): Unexpected EOF on mm-42.img",
	 "file=mm-42.img"},
	{"image-pages",
	 "Error (criu/pagemap.c:450): Reached EOF unexpectedly while reading "
	 "page from image",
	 ""},
	{"image-foreign",
	 "Error (criu/image.c:520): Head magic doesn't match for core-42.img",
	 "file=core-42.img"},
	{"image-damaged",
	 "Error (criu/protobuf.c:130): Failed unpacking object 0x55d0 from "
	 "core-42.img",
	 "file=core-42.img"},
	{"image-version",
	 "Error (criu/image.c:60): Not supported images version 7",
	 "version=7"},
	{"image-tree", "Error (criu/pstree.c:890): No IDS for root task.", ""},
	{"image-lacks-record",
	 "Error (criu/files.c:1000): No file for fd 3 id 0x5", "fd=3,id=0x5"},
	{"image-core",
	 "Error (criu/cr-restore.c:400): Can't open core data for 42",
	 "pid=42"},
	{"image-parent",
	 "Error (criu/pagemap.c:600): No parent for snapshot pagemap", ""},
	{"parent-directory",
	 "Error (criu/image.c:750): Invalid parent image directory provided: "
	 "No such file or directory",
	 "error=No such file or directory"},
	{"image-directory",
	 "Error (criu/image.c:726): Can't open dir img: No such file or "
	 "directory",
	 "path=img"},
	{"plugin-missing",
	 "Error (criu/image.c:100): Missing required plugin: amdgpu_plugin",
	 "plugin=amdgpu_plugin"},
	{"plugin-broken",
	 "Error (criu/plugin.c:114): Unable to load "
	 "/usr/lib/criu/cuda_plugin.so: libx.so: cannot open",
	 "plugin=/usr/lib/criu/cuda_plugin"},
	{"page-server",
	 "Error (criu/page-xfer.c:500): page-xfer: The page server doesn't "
	 "answer: Connection reset by peer",
	 "error=Connection reset by peer"},
	{"lazy-pages",
	 "Error (criu/uffd.c:349): uffd: connect to lazy-pages.socket failed: "
	 "No such file or directory",
	 "error=No such file or directory"},
	{"pidfile-there",
	 "Error (criu/log.c:430): pidfile: Can't open /run/x.pid: File exists",
	 "path=/run/x.pid"},
	{"script-failed",
	 "Error (criu/action-scripts.c:94): Script /etc/x.sh exited with 3",
	 "path=/etc/x.sh,status=3"},
	{"criu-too-old-vdso",
	 "Error (criu/vdso.c:633): vdso: Failed to fill self vdso symtable",
	 ""},
	{"vdso-missing",
	 "pie: 42: Error (criu/pie/restorer.c:1500): Task had vdso, restorer "
	 "doesn't",
	 ""},
	{"proc-self",
	 "Error (criu/vdso.c:559): vdso: Failed reading self/maps for filling "
	 "vdso/vvar bounds",
	 ""},
	{"soft-dirty-missing",
	 "Error (criu/config.c:1130): Tracking memory is not available. "
	 "Consider omitting --track-mem option.",
	 ""},
	{"kernel-lacks-checkpoint",
	 "Error (criu/cr-check.c:300): System call kcmp is not supported: "
	 "Function not implemented",
	 ""},
	{"not-root",
	 "Error (criu/util.c:810): You need to be root to run this command",
	 ""},
	{"capability-missing",
	 "Error (criu/util.c:400): Can't open 4242/map_files on procfs: "
	 "Permission denied",
	 ""},
	{"ptrace-denied",
	 "Error (criu/util.c:400): Can't open 4242/maps on procfs: Operation "
	 "not permitted",
	 "path=4242/maps"},
	{"parasite-killed",
	 "Error (criu/parasite-syscall.c:70): 4242 was killed by 31 "
	 "unexpectedly: Bad system call",
	 "pid=4242,signal=31,name=Bad system call"},
	{"parasite-exited",
	 "Error (criu/parasite-syscall.c:66): 4242 exited with 3 unexpectedly",
	 "pid=4242,status=3"},
	{"fd-limit",
	 "Error (criu/util.c:266): Can't dup file: Too many open files", ""},
	{"out-of-memory",
	 "Error (criu/shmem.c:500): Can't mmap shmid=0x5 size=4096: Cannot "
	 "allocate memory",
	 ""},
	{"library-missing",
	 "Error (criu/x.c:1): error while loading shared libraries: "
	 "libnftables.so.1: cannot open shared object file",
	 "library=libnftables.so.1"},
	{"option-restore-only",
	 "Error (criu/crtools.c:290): --inherit-fd is restore-only option", ""},
	{"deprecated",
	 "Error (criu/config.c:442): Deprecated functionality (shell job) "
	 "rejected.",
	 "what=shell job"},
	{"criu-bug", "Error (criu/pstree.c:120): BUG at criu/pstree.c:120",
	 "place=pstree.c:120"},
	{"sysctl-missing",
	 "Error (criu/sysctl.c:376): Can't open sysctl net/core/x: No such "
	 "file or directory",
	 "name=net/core/x"},
	{"dump-failed", "Error (criu/cr-dump.c:2128): Dumping FAILED.", ""},
	{"restore-failed", "Error (criu/cr-restore.c:2324): Restoring FAILED.",
	 ""},
	{"restore-undone",
	 "Error (criu/cr-restore.c:2300): Killing processes because of failure "
	 "on restore.",
	 ""},
	{"file-fallout",
	 "Error (criu/files.c:1221): Unable to open fd=3 id=0x5",
	 "fd=3,id=0x5"},
	{"mapping-fallout", "Error (criu/mem.c:800): `- Can't open vma", ""},
	{"process-ended", "Error (criu/cr-restore.c:1265): 42 exited, status=1",
	 "pid=42,status=1"},
	{"process-ended",
	 "Error (criu/cr-restore.c:1270): 42 killed by signal 9: Killed",
	 "pid=42,signal=9"},
	{"process-ended-quietly",
	 "pie: 42: Error (criu/pie/restorer.c:1300): 42 exited with non-zero "
	 "code (1,0)",
	 "pid=42"},
	{"dump-step",
	 "Error (criu/cr-dump.c:1635): Dump files (pid: 4242) failed with -1",
	 "pid=4242,error=-1"},
	{"dump-step-thread",
	 "Error (criu/cr-dump.c:1560): Can't dump misc (pid: 4242)",
	 "pid=4242"},
	{"dump-step-other",
	 "Error (criu/namespaces.c:1650): Namespaces dumping finished with "
	 "error 256",
	 "error=256"},
	{"dump-step-memory",
	 "Error (criu/mem.c:400): Can't dump page with parasite", ""},
	{"restorer-failed",
	 "pie: 42: Error (criu/pie/restorer.c:2190): Restorer fail 42",
	 "pid=42"},
	{"restore-step", "Error (criu/cr-restore.c:1455): Setting PID failed",
	 ""},
	{"restore-step-file",
	 "Error (criu/cr-restore.c:200): Can't get root fd", ""},
	{"cgroupd-fallout",
	 "Error (criu/cgroup.c:1900): cg: cgroupd: recv req error: No such "
	 "file or directory",
	 ""},
	{"kernel-detection",
	 "Error (criu/kerndat.c:1800): kerndat_nsid failed when initializing "
	 "kerndat.",
	 ""},
	{"seize-fallout",
	 "Error (criu/seize.c:400): Unable to detach from 4242: No such "
	 "process",
	 "pid=4242"},
	{"scripts-failed",
	 "Error (criu/action-scripts.c:156): One of more action scripts failed",
	 ""},
	{"mode-hint",
	 "Error (criu/files-reg.c:2201): File r/w/x checks can be skipped with "
	 "the --skip-file-rwx-check option",
	 ""},
	{"mptcp-hint",
	 "Error (criu/sk-inet.c:121): inet: For Go programs, consider using "
	 "\"GODEBUG=multipathtcp=0\" to disable MPTCP",
	 ""},
	{"events-lost",
	 "Warn  (criu/fsnotify.c:340): fsnotify: The 0x000005 inotify events "
	 "will be dropped",
	 ""},
	{"queue-lost",
	 "Warn  (criu/sk-inet.c:480): inet: Read queue is dropped for socket "
	 "1a2b",
	 "socket=1a2b"},
	{"kernel-cache",
	 "Warn  (criu/kerndat.c:1400): Can't keep kdat cache on non-tempfs",
	 ""},
	{"no-nftables",
	 "Warn  (criu/kerndat.c:1000): CRIU was built without libnftables "
	 "support",
	 ""},
	{"own-cgroups",
	 "Warn  (criu/cgroup.c:700): cg: All tasks in criu's cgroups. Nothing "
	 "to dump.",
	 ""},
	{"own-file-limit",
	 "Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for "
	 "self: Operation not permitted",
	 ""},
	{"iptables-probe", "Error (criu/util.c:657): exited, status=127",
	 "status=127"},
	{"iptables-probe-ip6",
	 "Warn  (criu/cr-check.c:1213): Couldn't find ip6tables version which "
	 "is using iptables legacy API",
	 ""},
	{"binfmt-misc",
	 "Warn  (criu/mount.c:2000): Can't mount binfmt_misc: No such device",
	 ""},
	{"interrupted-call",
	 "Warn  (compel/arch/x86/src/lib/infect.c:419): Will restore 4242 with "
	 "interrupted system call",
	 ""},
	{"no-stats",
	 "Error (criu/image.c:560): Unable to open stats-restore: Read-only "
	 "file system",
	 ""},
	{"build-id",
	 "Warn  (criu/files-reg.c:1600): Couldn't mmap file with fd 4", "fd=4"},
	{"seccomp-image",
	 "Error (criu/protobuf.c:72): Read 3 bytes while 4 expected on "
	 "/x/seccomp.img: Success",
	 ""},
	{"obsolete-option",
	 "Warn  (criu/crtools.c:300): Using -t with criu restore is obsoleted",
	 ""},
	{"early-log",
	 "Warn  (criu/log.c:205): The early log buffer is full, some messages "
	 "may have been lost",
	 ""},
	{"huge-pages",
	 "Warn  (criu/mem.c:1100): Disabling transparent huge pages. It may "
	 "affect performance!",
	 ""},
	{"dumpable",
	 "Warn  (criu/cr-restore.c:3000): Dumpable flag [2] does not match "
	 "current [1]. Will fallback to setting it to 0 to disable it.",
	 ""},
	{"rseq-section",
	 "Warn  (criu/cr-dump.c:1100): The 4242 task is in rseq critical "
	 "section. IP will be set to rseq abort handler addr",
	 ""},
	{"pid-reuse", "Warn  (criu/mem.c:300): Pid reuse detected for pid 4242",
	 ""},
	{"vvar",
	 "Warn  (criu/vdso.c:1): Can't restore vvar - continuing regardless",
	 ""},
	{"nsid",
	 "Warn  (criu/net.c:3700): net: NSID isn't reported for network links",
	 ""},
	{"ip-rules",
	 "Warn  (criu/net.c:2200): net: Check if \"ip rule save\" is "
	 "supported!",
	 ""},
	{"unix-scm",
	 "Warn  (criu/files.c:300): Unix SCM files are not verified", ""},
	{"link-retry",
	 "Warn  (criu/files-reg.c:1900): Can't link tmp/a -> tmp/b",
	 "from=tmp/a,to=tmp/b"},
	{"hint-criu", "(00.012345) Version: 4.2 (gitid v4.2)", "criu=4.2"},
	{"hint-kernel", "(00.012345) Running on vm Linux 6.18.44 #1 SMP x86_64",
	 "kernel=6.18.44"},
	{"hint-root", "(00.012345) Dumping processes (pid: 4242 comm: nginx)",
	 "root=4242"},
	{"hint-task", "(00.012345) Dumping task (pid: 4243 comm: a b)",
	 "task=4243,comm=a b"},
	{"hint-task-old", "(00.012345) Dumping task (pid: 4243)", "task=4243"},
	{"hint-pre-dump-task",
	 "(00.012345) Pre-dumping task (pid: 4243 comm: x)",
	 "task=4243,comm=x"},
	{"hint-unix-stream",
	 "(00.012345) unix: \tExt stream not supported: ino 5 peer_ino 31337 "
	 "family    1 type    1 state  1 name null",
	 "peer=5,ino=31337"},
	{"hint-unix-datagram",
	 "(00.012345) unix: \tExt dgram w/o name: ino 5 peer_ino 31337 family  "
	 "  1 type    2 state  7 name null",
	 "peer=5,ino=31337"},
	{"succeeded-dump", "(00.012345) Dumping finished successfully", ""},
	{"succeeded-restore",
	 "(00.012345) Restore finished successfully. Tasks resumed.", ""},
};

#define ROWS(table) ((int)(sizeof(table) / sizeof(*(table))))

static void feed(struct story *s, const char *text)
{
	struct log_line line;
	const char *end;
	size_t number = 0;

	for (; *text; text = end + 1) {
		end = strchr(text, '\n');
		if (!end)
			end = text + strlen(text);
		log_split(text, (size_t)(end - text), &line);
		story_take(s, &line, ++number);
		if (!*end)
			break;
	}
}

static char *sample_finding(const struct sample *row, struct findings *all)
{
	struct story_how how = {.all = true};
	struct story s = {0};
	const char *id = NULL;

	feed(&s, row->line);
	ck_assert_msg(s.n >= 1, "no rule finds '%s'", row->line);
	ck_assert_msg(s.line[s.n - 1].rule >= 0, "no rule finds '%s'",
		      row->line);
	id = rules_at((size_t)s.line[s.n - 1].rule)->id;
	story_tell(&s, &how, all);
	story_free(&s);
	return strdup(id);
}

static bool is_hint(const char *id)
{
	return !strncmp(id, "hint-", 5) || !strncmp(id, "succeeded-", 10);
}

static const char *value(const struct finding *f, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < f->n_values; i++)
		if (strlen(f->value[i].name) == len &&
		    !strncmp(f->value[i].name, name, len))
			return f->value[i].text;
	return "(none)";
}

static void expect_values(const struct finding *f, const char *expected)
{
	char text[256];
	size_t name, len;

	for (; *expected; expected += len + (expected[len] == ',')) {
		name = strcspn(expected, "=");
		len = strcspn(expected, ",");
		snprintf(text, sizeof(text), "%.*s", (int)(len - name - 1),
			 expected + name + 1);
		ck_assert_str_eq(value(f, expected, name), text);
	}
}

START_TEST(sample_is_known)
{
	const struct sample *row = &samples[_i];
	struct findings all = {0};
	char *id = sample_finding(row, &all);
	const struct finding *f = all.list;

	ck_assert_str_eq(id, row->id);
	free(id);
	if (!is_hint(row->id)) {
		ck_assert_uint_eq(all.n, 1);
		expect_values(f, row->values);
		ck_assert_ptr_nonnull(f->cause);
		ck_assert_msg(!strpbrk(f->cause, "{}"), "%s", f->cause);
		ck_assert_msg(!f->cure || !strpbrk(f->cure, "{}"), "%s",
			      f->cure);
		ck_assert(f->weight != FINDING_CAUSE ||
			  strcmp(f->cause, f->line) != 0);
	}
	finding_free(&all);
}
END_TEST

START_TEST(every_row_has_a_sample)
{
	static bool has[RULES_MAX];
	size_t i, j;

	for (i = 0; i < (size_t)ROWS(samples); i++) {
		struct story story = {0};

		feed(&story, samples[i].line);
		for (j = 0; j < story.n; j++)
			if (story.line[j].rule >= 0)
				has[story.line[j].rule] = true;
		story_free(&story);
	}
	for (i = 0; rules_at(i); i++)
		ck_assert_msg(has[i], "row %zu, '%s', has no sample", i,
			      rules_at(i)->id);
	ck_assert_uint_lt(i, RULES_MAX);
}
END_TEST

START_TEST(there_are_many_causes)
{
	size_t i, causes = 0;

	for (i = 0; rules_at(i); i++)
		causes += rules_at(i)->weight == RULE_CAUSE ||
			  rules_at(i)->weight == RULE_GENERAL;
	ck_assert_uint_ge(causes, 90);
}
END_TEST

START_TEST(every_pattern_has_an_anchor)
{
	const struct rule *r;
	size_t i, j;

	for (i = 0; (r = rules_at(i)); i++) {
		for (j = 0; j < RULE_PATTERNS && r->pattern[j]; j++)
			ck_assert_msg(match_anchor(r->pattern[j]) != NULL, "%s",
				      r->pattern[j]);
		ck_assert_uint_ge(j, 1);
		ck_assert(r->weight != RULE_HINT || *r->pattern[0] == '^');
		ck_assert(r->weight == RULE_HINT || r->weight == RULE_NOISE ||
			  r->cause);
	}
}
END_TEST

/* Whole logs: the ids in the order in which they are told. */
static const struct {
	const char *log, *ids;
	size_t causes;
} logs[] = {
	/* 4.2, default level: noise, the cause, fallout */
	{"Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for "
	 "self: Operation not permitted\n"
	 "Warn  (criu/kerndat.c:1): Can't keep kdat cache on non-tempfs\n"
	 " 28648: Error (criu/files-reg.c:2175): File x has bad size 0 (expect "
	 "21)\n"
	 " 28648: Error (criu/files.c:1221): Unable to open fd=3 id=0x5\n"
	 "Error (criu/cr-restore.c:1265): 28648 exited, status=1\n"
	 "Error (criu/cr-restore.c:2331): Restoring FAILED.\n",
	 "file-changed-size", 1},
	/* 3.17, no rule */
	{"(00.034917)     15: Error (criu/x.c:1): the moon is full\n"
	 "(00.035000) Error (criu/cr-dump.c:2053): Dumping FAILED.\n",
	 "unexplained", 0},
	/* an unknown error first is told behind the cause, one after is not */
	{"Error (criu/x.c:1): the moon is full\n"
	 "Error (criu/sk-inet.c:200): inet: Connected TCP socket, consider "
	 "using --tcp-established option.\n"
	 "Error (criu/x.c:2): and the tide is high\n",
	 "tcp-established unexplained", 1},
	/* a general cause counts when nothing better is there */
	{"Error (criu/mount.c:1): mnt: Can't mount at ./x: Invalid argument\n",
	 "mount-refused", 1},
	{"Error (criu/x.c:1): the moon is full\n"
	 "Error (criu/mount.c:1): mnt: Can't mount at ./x: Invalid argument\n",
	 "unexplained", 0},
	/* two causes in their order */
	{"Error (criu/tty.c:1): tty: Found dangling tty with sid 4 pgid 5 "
	 "(pts) on peer fd 0.\n"
	 "Error (criu/file-lock.c:1): Some file locks are hold by dumping "
	 "tasks! You can try --file-locks to dump them.\n",
	 "terminal-outside file-locks", 2},
	/* success: what is in it was harmless */
	{"(00.1234567) x\n(00.034917) Error (criu/x.c:1): the moon is full\n"
	 "(00.034917) Dumping finished successfully\n",
	 "", 0},
	/* other programs' prefixes, and line ends */
	{"Nov 23 18:00:00 host criu[7]: Error (criu/pstree.c:1): Current sid 7 "
	 "intersects with pid (255) in images\r\n",
	 "session-id-collides", 1},
	{"", "", 0},
	{"garbage\n\377\376\n(((\n", "", 0},
};

START_TEST(log_is_told)
{
	struct story_how how = {0};
	struct findings all = {0};
	struct story s = {0};
	char ids[512] = "";
	size_t i;

	feed(&s, logs[_i].log);
	ck_assert_uint_eq(story_tell(&s, &how, &all), logs[_i].causes);
	for (i = 0; i < all.n; i++) {
		if (i)
			strcat(ids, " ");
		strcat(ids, all.list[i].id);
	}
	ck_assert_str_eq(ids, logs[_i].ids);
	finding_free(&all);
	story_free(&s);
}
END_TEST

static char **with_dump(void *self, enum rule_phase phase, const char *drop,
			char *const *add)
{
	char **list = calloc(8, sizeof(*list));
	size_t n = 0;

	(void)self;
	ck_assert_ptr_nonnull(list);
	ck_assert_int_eq(phase, PHASE_DUMP);
	ck_assert_ptr_null(drop);
	list[n++] = strdup("x");
	while (*add)
		list[n++] = strdup(*add++);
	return list;
}

/* The inode is in a line of level 4, just above. */
START_TEST(hint_gives_the_inode)
{
	static const char log[] =
		"(00.01) x\n"
		"(00.012345) Dumping processes (pid: 4242 comm: nginx)\n"
		"(00.012345) unix: \tExt stream not supported: ino 5 peer_ino "
		"777 family 1\n"
		"(00.012345) unix: \tExt stream not supported: ino 6 peer_ino "
		"31337 family 1\n"
		"(00.012346) Error (criu/sk-unix.c:885): unix: Can't dump half "
		"of stream unix connection. name: (null); peer name: (null)\n"
		"(00.02) unix: \tExt stream not supported: ino 9 peer_ino 9 "
		"f\n";
	struct story_how how = {.command = with_dump};
	struct findings all = {0};
	struct story s = {0};
	struct finding *f;

	feed(&s, log);
	ck_assert_uint_eq(story_tell(&s, &how, &all), 1);
	f = all.list;
	ck_assert_str_eq(f->id, "unix-stream-external");
	ck_assert_str_eq(value(f, "ino", 3), "31337");
	ck_assert_str_eq(value(f, "peer", 4), "6");
	ck_assert_ptr_nonnull(f->argv);
	ck_assert_str_eq(f->argv[1], "--external");
	ck_assert_str_eq(f->argv[2], "unix[31337]");
	ck_assert_ptr_null(f->argv[3]);
	ck_assert_uint_eq(f->line_number, 5);
	finding_free(&all);
	story_free(&s);
}
END_TEST

/* Without that line nothing is made up. */
START_TEST(no_hint_no_inode)
{
	struct story_how how = {.command = with_dump};
	struct findings all = {0};
	struct story s = {0};

	feed(&s, "Error (criu/sk-unix.c:871): unix: Can't dump half of stream "
		 "unix connection.\n");
	ck_assert_uint_eq(story_tell(&s, &how, &all), 1);
	ck_assert_ptr_null(all.list->argv);
	ck_assert_ptr_null(strstr(all.list->cause, "socket "));
	finding_free(&all);
	story_free(&s);
}
END_TEST

/* What follows refines what came before: the descriptor of a missing file. */
START_TEST(fallout_refines)
{
	struct story_how how = {0};
	struct findings all = {0};
	struct story s = {0};

	feed(&s, " 42: Error (criu/files-reg.c:1): Can't open file a/b on "
		 "restore: No such file or directory\n"
		 " 42: Error (criu/files.c:1): Unable to open fd=7 id=0x5\n");
	story_tell(&s, &how, &all);
	ck_assert_uint_eq(all.n, 1);
	ck_assert_str_eq(value(all.list, "fd", 2), "7");
	ck_assert_str_eq(value(all.list, "path", 4), "a/b");
	finding_free(&all);
	story_free(&s);
}
END_TEST

/* However long a log is, what is kept is bounded, first and last. */
START_TEST(story_is_bounded)
{
	struct story_how how = {.all = true};
	struct findings all = {0};
	struct story s = {0};
	char line[128];
	int i;

	for (i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "Error (criu/x.c:1): unknown %d",
			 i);
		feed(&s, line);
		snprintf(line, sizeof(line),
			 "Error (criu/x.c:1): Can't fork for %d: File exists",
			 i);
		feed(&s, line);
		snprintf(line, sizeof(line), "Version: %d (gitid 0)", i);
		feed(&s, line);
	}
	ck_assert_uint_le(s.n, STORY_MAX);
	story_tell(&s, &how, &all);
	ck_assert_str_eq(all.list[0].line, "unknown 0");
	ck_assert_str_eq(all.list[all.n - 1].line, "unknown 19999");
	finding_free(&all);
	story_free(&s);
}
END_TEST

static const struct {
	const char *pattern, *text;
	bool found;
	const char *value; /* of the first */
} matches[] = {
	{"a{x:d}b", "zza12b", true, "12"},
	{"a{x:d}b", "za12a13b", true, "13"},
	{"a{x:d}", "a-", false, NULL},
	{"a{x:x}$", "a0x1f", true, "0x1f"},
	{"a{x:x}$", "a1fg", false, NULL},
	{"^a", "ba", false, NULL},
	{"a$", "ab", false, NULL},
	{"{x}: end", "some: thing: end", true, "some: thing"},
	{"a{x}b{y}c", "a1b2b3c", true, "1"},
	{"a{x}", "a", false, NULL},
	{"a{}b", "ab", true, NULL},
	{"a{x}$", "a b", true, " b"},
};

START_TEST(pattern_matches)
{
	struct match_values v;
	bool found = match_text(matches[_i].pattern, matches[_i].text, &v);

	ck_assert_int_eq(found, matches[_i].found);
	if (!matches[_i].value)
		return;
	ck_assert_uint_ge(v.n, 1);
	ck_assert_uint_eq(v.value[0].len, strlen(matches[_i].value));
	ck_assert(!strncmp(v.value[0].text, matches[_i].value, v.value[0].len));
}
END_TEST

static const char *only_a(const void *from, const char *name, size_t name_len,
			  size_t *ret_len)
{
	(void)from;
	*ret_len = 1;
	return name_len == 1 && *name == 'a' ? "1" : NULL;
}

static const struct {
	const char *template, *text;
} expansions[] = {
	{"x {a} y", "x 1 y"},
	{"x {b}", NULL},
	{"x[[ {b}]] y[[ {a}]]", "x y 1"},
	{"", ""},
	{"unix[{a}]", "unix[1]"},
};

START_TEST(template_expands)
{
	char *text = match_expand(expansions[_i].template, only_a, NULL);

	if (expansions[_i].text)
		ck_assert_str_eq(text, expansions[_i].text);
	else
		ck_assert_ptr_null(text);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain_rules");
	TCase *rows = tcase_create("rows"), *told = tcase_create("told");
	SRunner *runner;
	int failed;

	tcase_set_timeout(rows, 30);
	tcase_add_loop_test(rows, sample_is_known, 0, ROWS(samples));
	tcase_add_test(rows, every_row_has_a_sample);
	tcase_add_test(rows, there_are_many_causes);
	tcase_add_test(rows, every_pattern_has_an_anchor);
	suite_add_tcase(s, rows);
	tcase_set_timeout(told, 30);
	tcase_add_loop_test(told, log_is_told, 0, ROWS(logs));
	tcase_add_test(told, hint_gives_the_inode);
	tcase_add_test(told, no_hint_no_inode);
	tcase_add_test(told, fallout_refines);
	tcase_add_test(told, story_is_bounded);
	tcase_add_loop_test(told, pattern_matches, 0, ROWS(matches));
	tcase_add_loop_test(told, template_expands, 0, ROWS(expansions));
	suite_add_tcase(s, told);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
