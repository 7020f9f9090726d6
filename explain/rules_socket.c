/* SPDX-License-Identifier: MIT */
/* Sockets, the network and its lock, and transport sockets of criu itself. */
#include "explain/rules_parts.h"

#define UNIX_STREAM_CAUSE                                                     \
	"the tree holds one end of a unix stream connection whose other end " \
	"is outside of it[[: socket {ino}]][[, the peer is socket {peer}]]"
#define UNIX_STREAM_CURE                                                       \
	"leave the connection out[[ (restore then needs --inherit-fd "         \
	"'fd[N]:socket:[{ino}]', or --ext-unix-sk for a named server that is " \
	"up)]]"
#define UNIX_NAMELESS_CAUSE                                                  \
	"the tree holds one end of a unix datagram socket pair whose other " \
	"end, without a name, is outside of it[[: socket {ino}]]"
#define UNIX_NAMELESS_CURE                                               \
	"criu can leave it out[[ (--external 'unix[{ino}]')]], but not " \
	"restore it: end who holds the other end, or dump it, too"

static const struct rule rows[] = {
	{
		.id = "unix-stream-external",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump half of stream unix connection. name: "
			    "{name}; peer name: {peer-name}$",
			    "Can't dump half of stream unix connection"},
		.cause = UNIX_STREAM_CAUSE,
		.cure = UNIX_STREAM_CURE,
		.add = "--external unix[{ino}]",
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-stream-external",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"External socket is used. Consider using "},
		.hint = "hint-unix-runaway-stream",
		.cause = UNIX_STREAM_CAUSE,
		.cure = UNIX_STREAM_CURE,
		.add = "--external unix[{ino}]",
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-stream-external",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"External socket is used. Consider using "},
		.hint = "hint-unix-runaway-packet",
		.cause = UNIX_STREAM_CAUSE,
		.cure = UNIX_STREAM_CURE,
		.add = "--external unix[{ino}]",
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-nameless-external",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump name-less external socket"},
		.cause = UNIX_NAMELESS_CAUSE,
		.cure = UNIX_NAMELESS_CURE,
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-nameless-external",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"External socket is used. Consider using "},
		.hint = "hint-unix-runaway-nameless",
		.cause = UNIX_NAMELESS_CAUSE,
		.cure = UNIX_NAMELESS_CURE,
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-datagram-external",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"External socket is used. Consider using "},
		.hint = "hint-unix-runaway-datagram",
		.cause = "the tree has a unix datagram socket that is "
			 "connected to {peer-name}, which is outside of it",
		.cure = "leave the connection out; restore connects it anew "
			"(and criu restore needs the same option)",
		.add = "--ext-unix-sk",
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-external",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"External socket is used. Consider using "},
		.cause = "the tree has a unix socket that is connected to one "
			 "outside of it",
		.cure = "leave the connection out: for a datagram socket to a "
			"named one (syslog) with --ext-unix-sk, for a stream "
			"with --external 'unix[INODE]' (dump with -v4 for the "
			"inode)",
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-external-in-image",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"External socket found in image"},
		.cause = "the image has a unix socket that was connected to "
			 "one outside of the tree",
		.cure = "connect it anew, if that has a name and is up; else "
			"give a socket with --inherit-fd "
			"'fd[N]:socket:[INODE]'",
		.add = "--ext-unix-sk",
		.reference = "https://criu.org/External_UNIX_socket",
	},
	{
		.id = "unix-bind",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't bind id {id:x} ino {ino:d} addr {path}: "
			    "Address already in use"},
		.cause = "there is something at {path}, where the tree had a "
			 "unix socket",
		.cure = "remove it, if no server uses it (ss -xlp)",
	},
	{
		.id = "unix-bind-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't bind id {id:x} ino {ino:d} addr {path}: "
			    "{error}"},
		.cause = "a unix socket can't be made at {path}: {error}",
		.cure = "make its directory",
	},
	{
		.id = "unix-connect",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't connect {ino:d} socket: {error}"},
		.cause = "unix socket {ino} of the image can't be connected: "
			 "{error}; its server is not there",
		.cure = "start the server first",
	},
	{
		.id = "unix-in-flight",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"In-flight connection on non-listening socket "
			    "{ino:d}",
			    "Non-empty write queue on an in-flight socket",
			    "Found a closed in-flight socket to"},
		.cause = "a connection to a unix socket of the tree waits to "
			 "be accepted",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "transport-bind",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't bind transport socket {path}: Address "
			    "already in use"},
		.cause = "another criu restores in this network namespace at "
			 "the same time",
		.cure = "try again when it is done; criu 4.1 has no such limit",
		.add = "",
	},
	{
		.id = "parasite-bind",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't bind socket: Address already in use"},
		.cause = "another criu dumps a process with the same PID in "
			 "this network namespace at the same time",
		.cure = "try again when it is done; criu 4.1 has no such limit",
		.add = "",
	},
	{
		.id = "port-taken",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't bind inet socket (id {id:d}): Address "
			    "already in use",
			    "Can't bind inet socket back: Address already in "
			    "use"},
		.cause = "a port that the tree had is taken here[[ (socket id "
			 "{id})]]",
		.cure = "end who has it (ss -tulpn), or restore in another "
			"network namespace",
	},
	{
		.id = "address-missing",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't bind inet socket (id {id:d}): Cannot assign "
			    "requested address",
			    "Can't bind inet socket back: Cannot assign "
			    "requested address",
			    "Can't connect inet socket back: Cannot assign "
			    "requested address"},
		.cause = "an IP address that the tree had is not there",
		.cure = "give it to this host (ip address add ADDRESS dev "
			"DEVICE); connections can be given up",
		.add = "--tcp-close",
		.drop = "tcp-established",
		.reference = "https://criu.org/TCP_connection",
	},
	{
		.id = "port-refused",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't bind inet socket (id {id:d}): {error}",
			    "Can't bind inet socket back: {error}"},
		.cause = "a port that the tree had can't be had: {error}",
	},
	{
		.id = "tcp-connect",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Can't connect inet socket back: {error}"},
		.cause = "a TCP connection of the image can't be restored: "
			 "{error}; it is there already, or its port is taken",
		.cure = "give the connections up",
		.add = "--tcp-close",
		.drop = "tcp-established",
		.reference = "https://criu.org/TCP_connection",
	},
	{
		.id = "tcp-established",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Connected TCP socket, consider using "},
		.cause = "the tree has open TCP connections",
		.cure = "dump them, too (criu restore needs the same option, "
			"the "
			"same address, and the peer still there)",
		.add = "--tcp-established",
		.reference = "https://criu.org/TCP_connection",
	},
	{
		.id = "tcp-in-image",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Connected TCP socket in image"},
		.cause = "the image has open TCP connections",
		.cure = "restore them, too (--tcp-close gives them up)",
		.add = "--tcp-established",
		.reference = "https://criu.org/TCP_connection",
	},
	{
		.id = "tcp-close-in-image",
		.phase = PHASE_RESTORE,
		.weight = RULE_CAUSE,
		.pattern = {"Need to set the --tcp-close options"},
		.cause = "the image was made with --tcp-close",
		.cure = "restore it in the same way",
		.add = "--tcp-close",
		.drop = "tcp-established",
		.reference = "https://criu.org/TCP_connection",
	},
	{
		.id = "tcp-in-flight",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"In-flight connection (l) for {socket:x}",
			    "In-flight connections can be ignored with the"},
		.cause = "a TCP connection waits to be accepted by a server "
			 "of the tree[[ (socket {socket}, hexadecimal)]]",
		.cure = "try again, or give such connections up",
		.add = "--skip-in-flight",
		.reference = "https://criu.org/TCP_connection",
	},
	{
		.id = "tcp-repair",
		.weight = RULE_CAUSE,
		.pattern = {"Can't turn TCP repair mode ON: {error}",
			    "Unable to set TCP_REPAIR with setsockopt: "
			    "{error}"},
		.cause = "TCP connections can't be dumped or restored here: "
			 "{error} (CAP_NET_ADMIN is missing)",
		.cure = "run it as root of the user namespace that owns the "
			"network namespace",
		.reference = "https://criu.org/TCP_connection",
	},
	{
		.id = "socket-mptcp",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unsupported proto 262 for socket {socket:x}"},
		.cause = "the tree has a Multipath TCP socket, which criu "
			 "can't dump (Go 1.24 and newer make them for servers)",
		.cure = "start the program with GODEBUG=multipathtcp=0, or for "
			"all that start from now on",
		.command = "sysctl -w net.mptcp.enabled=0",
	},
	{
		.id = "socket-protocol",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unsupported proto {protocol:d} for socket "
			    "{socket:x}",
			    "Can't dump {protocol:d} inet socket {socket:x}. "
			    "Only"},
		.cause = "the tree has an internet socket of a kind that criu "
			 "can't dump (protocol {protocol}: 1 and 58 are ICMP, "
			 "132 SCTP)",
		.cure = "close it (socket {socket}, hexadecimal)",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "socket-corked",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't dump corked dgram socket {socket:x}"},
		.cause = "a UDP socket of the tree is corked: it holds data "
			 "back",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "socket-family",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"BUG! Unknown socket collected (family "
			    "{family:d})",
			    "Unsupported type ({type:d}) on socket {ino:d}"},
		.cause = "the tree has a socket of a kind that criu can't "
			 "dump[[ (address family {family})]]",
		.reference = "https://criu.org/What_cannot_be_checkpointed",
	},
	{
		.id = "socket-not-collected",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Sockets (family {family:d} proto {protocol:d}) "
			    "are not collected",
			    "Diag module missing"},
		.cause = "the kernel can't list the tree's sockets[[ of family "
			 "{family}, protocol {protocol}]]: a diag module is "
			 "missing",
		.cure = "load it",
		.command = "modprobe -a unix_diag tcp_diag udp_diag raw_diag "
			   "inet_diag netlink_diag af_packet_diag",
		.reference = "https://criu.org/Check_the_kernel",
	},
	{
		.id = "criu-too-old-passcred",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Can't get 1:16 opt: Operation not supported"},
		.cause = "this criu is too old for a kernel from Linux 6.16 "
			 "on: no inet or packet socket can be dumped",
		.cure = "use criu 4.2 or newer (--criu-binary)",
	},
	{
		.id = "socket-other-namespace",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unable to dump a socket from an external network "
			    "namespace"},
		.cause = "the tree has a socket of another network namespace",
		.cure = "close it, or leave the namespace out with --external "
			"'net[INODE]:KEY'",
	},
	{
		.id = "netlink-data",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"The socket has data to read"},
		.cause = "a netlink socket of the tree holds data that nobody "
			 "has read yet",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "socket-control-message",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Control messages in queue, not supported",
			    "More than 1 SCM is not possible"},
		.cause = "descriptors or credentials are on their way through "
			 "a unix socket of the tree",
		.cure = "try again",
		.add = "",
	},
	{
		.id = "network-device",
		.phase = PHASE_DUMP,
		.weight = RULE_CAUSE,
		.pattern = {"Unsupported link {link:d} (type {type:d} kind "
			    "{kind})"},
		.cause = "the tree's network namespace has a device of kind "
			 "{kind}, which criu can't dump",
		.cure = "leave the namespace out with --external "
			"'net[INODE]:KEY', or remove the device",
	},
	{
		.id = "network-restore",
		.phase = PHASE_RESTORE,
		.weight = RULE_GENERAL,
		.pattern = {"Can't restore link: {error:d}",
			    "Unable to restore network links",
			    "Can't get interface name (ifindex {index:d})",
			    "couldn't find ifindex for {device}"},
		.cause = "a network device of the image can't be restored"
			 "[[: there is no {device}]]",
		.cure = "make it first, or name it: --external "
			"'veth[INNER]:OUTER'",
	},
	{
		.id = "ip-tool",
		.weight = RULE_CAUSE,
		.pattern = {"IP tool failed on {what}",
			    "execvp(\"ip\", ...) failed: {error}"},
		.cause = "the program ip can't be run, or failed[[ on {what}]]"
			 "[[: {error}]]",
		.cure = "install iproute2",
	},
	{
		.id = "network-lock-iptables",
		.weight = RULE_CAUSE,
		.pattern = {"Locking network failed: iptables-restore returned "
			    "{status:d}",
			    "Iptables configuration failed",
			    "iptables-restore failed"},
		.cause = "the tree's network can't be blocked with iptables",
		.cure = "install iptables, or use nftables (criu 3.16), or "
			"none at all: --network-lock skip (3.19)",
		.add = "--network-lock nftables",
		.drop = "network-lock",
	},
	{
		.id = "network-lock-nftables",
		.weight = RULE_CAUSE,
		.pattern = {"Locking network failed using nftables",
			    "Locking connection failed using nftables",
			    "Unable to restore nftables. CRIU was built "
			    "without libnftables support"},
		.cause = "the tree's network can't be blocked with nftables: "
			 "criu was built without it, or the kernel has none",
		.cure = "use iptables",
		.add = "--network-lock iptables",
		.drop = "network-lock",
	},
};

const struct rule_part rules_socket = RULE_PART(rows);
