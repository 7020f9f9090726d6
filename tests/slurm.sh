#!/bin/bash
# SPDX-License-Identifier: MIT
#
# examples/slurm on a real Slurm, in TAP: a controller, accounting with its
# database and two nodes, all on this machine, each with files of its own in a
# temporary directory, in pid, mount and network namespaces that take every
# process with them when they end.  The nodes are told apart by their UTS
# namespaces.  Run it by `make slurm-test`, as root.
# shellcheck disable=SC2016,SC2034 # what eval gets is in single quotes
set -uo pipefail
cd "$(dirname "$0")/.." || exit

top=$PWD
limit=240 # seconds, for all of it
tools=(slurmctld slurmd slurmdbd sbatch sacct munged mariadbd mariadb-install-db)
PATH=$PATH:/usr/sbin:/sbin

skip() {
  echo "1..0 # SKIP examples/slurm: $*"
  exit 0
}
# Poll COMMAND for at most SECONDS.
until_true() { # SECONDS COMMAND...
  local end=$((SECONDS + $1)) seconds=$1
  shift
  until "$@"; do
    ((SECONDS <= end)) || {
      echo "# not within $seconds s: $*"
      return 1
    }
    sleep 0.1
  done
}

# --- Outside: namespaces, and what is left afterwards ---------------------------

# Slurm's cgroups, should a plugin of it have made some.
cgroups() { find /sys/fs/cgroup -maxdepth 3 -name 'slurm*' 2>/dev/null | sort; }
nothing_left() {
  none_of_ours && [[ ! -e $dir && $(cgroups) = "$before" ]] &&
    ! grep -qF "$dir" /proc/self/mounts
}
ours() { env -u CRIU_NS_SLURM grep -lsx -z "CRIU_NS_SLURM=$dir" /proc/[0-9]*/environ; }
none_of_ours() { [[ -z $(ours) ]]; }

outside() {
  local tool status=0 before dir
  ((EUID == 0)) || skip "needs root"
  for tool in "${tools[@]}"; do
    type -P "$tool" >/dev/null || skip "no $tool here (make deps-slurm)"
  done
  : "${CRIU:=$(head -n 1 build/criu/list 2>/dev/null)}"
  : "${CRIU:=$(type -P criu)}"
  [[ -n $CRIU ]] || skip "no criu here (make deps)"
  export CRIU
  unset CRIU_CONFIG_FILE
  dir=$(mktemp -d /tmp/criu-ns-slurm.XXXXXX) || exit
  chmod 711 "$dir" # munged insists
  before=$(cgroups)
  trap '[[ -z ${cluster:-} ]] || kill -KILL "$cluster" 2>/dev/null
    until_true 10 none_of_ours; rm -rf "$dir"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # unshare itself has not the mark, and only its end is waited for.
  unshare --pid --fork --kill-child --mount --mount-proc --net --uts \
    env CRIU_NS_SLURM="$dir" timeout -k 5 "$limit" "$0" --inside "$dir" &
  cluster=$!
  wait "$cluster" || status=$?
  cluster=
  until_true 10 none_of_ours
  rm -rf "$dir"
  if nothing_left; then
    echo "ok 9 - nothing is left"
  else
    echo "not ok 9 - nothing is left"
    status=1
  fi
  exit "$status"
}

# --- Inside: the cluster --------------------------------------------------------

address=10.77.0.1 # not 127.0.0.1: Slurm looks for a network

configure() {
  cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=ctl($address)
SlurmctldPort=17000
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A requeued job waits for cred_expire before it starts again.
AuthInfo=cred_expire=5,socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=1
KillWait=20
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=ctl
AccountingStoragePort=17009
AccountingStoragePass=$dir/munge.socket
NodeName=node1 NodeAddr=$address Port=17001 CPUs=2 State=UNKNOWN
NodeName=node2 NodeAddr=$address Port=17002 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=node[1-2] Default=YES MaxTime=INFINITE State=UP
END
  (umask 077 && cat >slurmdbd.conf) <<END
DbdHost=ctl
DbdAddr=$address
DbdPort=17009
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
LogFile=$dir/slurmdbd.log
PidFile=$dir/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=$address
StoragePort=17006
StorageUser=root
END
  (umask 077 && head -c 128 /dev/urandom >munge.key)
  printf '%s\n' '127.0.0.1 localhost' "$address ctl node1 node2" >hosts
  mkdir state database job
}

answers() { (: <>"/dev/tcp/$address/$1") 2>/dev/null; } # PORT
registered() { timeout 5 sacctmgr -i add cluster test >sacctmgr.out 2>&1; }
nodes_are_up() { [[ $(sinfo -h -o %D -t idle 2>/dev/null) = 2 ]]; }

start_accounting() {
  munged --foreground --key-file="$dir/munge.key" --socket="$dir/munge.socket" \
    --pid-file="$dir/munge.pid" --seed-file="$dir/munge.seed" \
    >munged.log 2>&1 &
  mariadb-install-db --no-defaults --user=root --datadir="$dir/database" \
    --auth-root-authentication-method=normal --skip-test-db \
    >database.log 2>&1 || return
  mariadbd --no-defaults --user=root --datadir="$dir/database" \
    --socket="$dir/database.socket" --skip-grant-tables \
    --bind-address=$address --port=17006 >>database.log 2>&1 &
  until_true 20 answers 17006 || return
  slurmdbd -D >slurmdbd.out 2>&1 &
  until_true 30 registered
}

start_cluster() {
  local node
  ip link set lo up && ip address add $address/24 dev lo && hostname ctl &&
    mount --bind hosts /etc/hosts && start_accounting || return
  slurmctld -D >slurmctld.out 2>&1 &
  for node in node1 node2; do
    unshare --uts sh -c "hostname $node && exec slurmd -D" >$node.out 2>&1 &
  done
  until_true 30 nodes_are_up
}

# --- Inside: the tests ----------------------------------------------------------

tests=0 failures=0
result() { # STATUS WHAT
  ((++tests))
  if (($1 == 0)); then
    echo "ok $tests - $2"
  else
    echo "not ok $tests - $2"
    ((++failures))
  fi
}
check() { # WHAT COMMAND...
  local status=0
  "${@:2}" || status=1
  result $status "$1"
}
show() { sed "s/^/#   /"; }

# The numbers that the jobs' programs get in their own namespaces are taken on
# both nodes.
take_pids() {
  local last
  echo 300 >/proc/sys/kernel/ns_last_pid || return
  for _ in {1..20}; do
    sleep 1000 &
    last=$!
  done
  ((last == 320))
}
taken() { [[ $(<"/proc/$1/comm") = sleep ]]; } # PID

output_of() { echo "$dir/job/slurm-$1.out"; }
steps_of() { grep -Ec '^[0-9]+ [0-9]+$' "$(output_of "$1")" 2>/dev/null; }
has_steps() { (($(steps_of "$1") >= $2)); } # JOB N
started() { [[ $(squeue -h -j "$1" -o '%T %N') = "RUNNING $2" ]]; } # JOB NODE
waits() { [[ $(squeue -h -j "$1" -o '%T') = PENDING ]]; }
over() { [[ -z $(squeue -h -j "$1" 2>/dev/null) ]]; }

# Jobs start on this node from now on; those that run are left alone.
only() { # NODE
  scontrol update nodename="$1" state=resume 2>/dev/null
  scontrol update nodename="node$((3 - ${1#node}))" state=drain reason=test
}
submit() { # OPTION...: as a user does, with the script as it is
  (cd job && sbatch --parsable "$@" simulate.sbatch)
}
# One line for each start: state, exit code, node.
accounted() { sacct -D -X -n -P -j "$1" -o state,exitcode,nodelist; }
is_accounted() { # JOB
  [[ $(accounted "$1") =~ \
    ^REQUEUED.0:0.node1$'\n'(REQUEUED.0:0.node2$'\n')*FAILED.7:0.node2$ ]]
}

# Each step is there once, in order, and the result is right.
right_result() { # JOB STEPS
  awk -v steps="$2" '
    /^[0-9]+ [0-9]+$/ { sum += ++n * n; if ($1 != n || $2 != sum) exit bad = 1 }
    /^result / { result = $2 }
    END { exit bad || n != steps || result != sum }' "$(output_of "$1")"
}

refused_by_criu() { # DIRECTORY
  local pid
  pid=$(sed -n 's/^pid //p' "$(output_of "$requeued")")
  taken "$pid" || return
  if timeout 30 "$CRIU" restore -D "$1" -o plain.log -j >plain.out 2>&1; then
    return 1
  fi
  grep -h 'File exists' plain.out "$1/plain.log" | head -n 1 | show
  ((PIPESTATUS[0] == 0))
}

run_tests() {
  local at
  check "the numbers 301 to 320 are taken on both nodes" take_pids
  start_cluster || {
    echo "Bail out! Slurm does not start"
    tail -n 5 ./*.log ./*.out | show
    return
  }
  cp "$top/examples/slurm/simulate.sbatch" "$top/tests/simulate" job
  echo $steps >job/input.dat
  PATH=$top/build:$PATH
  only node1
  requeued=$(submit)
  timed=$(submit --time=1 --signal=B:TERM@30)
  check "two jobs start on node1" eval 'until_true 30 started "$requeued" node1 &&
    until_true 30 started "$timed" node1 && until_true 30 has_steps "$requeued" 40'
  only node2
  scontrol requeue "$requeued"
  check "scontrol requeue: the job is checkpointed and waits" \
    eval 'until_true 30 waits "$requeued" && [[ -s job/ckpt-$requeued/inventory.img ]]'
  at=$(steps_of "$requeued")
  cp -r "job/ckpt-$requeued" copy
  check "plain criu can't restore it: its PIDs are taken" refused_by_criu copy
  check "the job goes on on node2" eval 'until_true 60 started "$requeued" node2 &&
    until_true 30 has_steps "$requeued" $((at + 5))'
  check "the time limit's signal: the other job goes on on node2, too" \
    until_true 90 started "$timed" node2
  check "both have the right result" eval 'until_true 120 over "$requeued" &&
    until_true 120 over "$timed" && right_result "$requeued" $steps && right_result "$timed" $steps'
  check "sacct: both were requeued from node1 and ended on node2 with status 7" \
    eval 'until_true 10 is_accounted "$requeued" && until_true 10 is_accounted "$timed"'
  sacct -D -X -o jobid,state,exitcode,nodelist,elapsed | show
  grep -Hv '^[0-9]' job/slurm-*.out | cut -d / -f 2- | show
}

# Longer than the time limit's signal takes to come, 30 s.
steps=800
inside() { # DIRECTORY
  dir=$1
  cd "$dir" && configure || exit
  export SLURM_CONF=$dir/slurm.conf
  echo 1..9
  run_tests
  if ((failures)); then
    tail -n 30 job/*.out slurmctld.log slurmd-node?.log | show
    squeue -l | show
  fi
  ((failures == 0 && tests == 8))
  exit
}

case ${1:-} in
--inside) inside "$2" ;;
*) outside ;;
esac
