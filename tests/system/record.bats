#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The record of a dump, criu-ns.conf: restore needs to be told nothing again.
# shellcheck disable=SC2034,SC2153 # COUNT, STATUS and ROOT are the helpers'
load dump

record=img/criu-ns.conf

options() { sed '/^#/d; /^$/d' "${1:-$record}"; }

@test "a dump leaves a record, restore -D needs no more" {
  local command
  start_counter count
  ns_dump "$PID" img --tcp-established --ghost-limit 2M -l --ext-unix-sk \
    --manage-cgroups=ignore --cpu-cap=none --external 'mnt[]' \
    --external 'mnt[/proc/kcore]:core' --no-link-remap
  equals "$(stat -c %a $record)" 600
  equals "$(options | sort)" "$(sort <<'END'
cpu-cap=none
ext-unix-sk
external "mnt[]"
external "mnt[core]:/proc/kcore"
file-locks
ghost-limit "2M"
manage-cgroups=ignore
tcp-established
END
)"
  grep -q "^# criu: $CRIU_VERSION" $record
  grep -qF "# kernel: Linux $(uname -r)" $record
  grep -q "^# root: $PID, outside $PID\$" $record
  grep -qF "# command: $HELPERS_DIR/counter $FILE" $record
  grep -Eq '^# time: 20[0-9-]+T[0-9:]+Z$' $record
  # A comment on each option.
  equals "$(grep -B 1 '^[^#]' $record | grep -c '^# .')" 8 comments
  comes_back img -v4 -o restore.log
  grep -q 'Will dump/restore TCP connections' img/restore.log
  end_tree "$ROOT"
}

@test "a shell job is restored without -j being typed" {
  start_in_ns -g -- count
  ns_dump "$PID" img -j
  equals "$(options)" shell-job
  # Without a session to be in, criu refuses.
  criu_ns restore -d -D img --no-record
  ((STATUS != 0))
  comes_back img
  end_tree "$ROOT"
}

@test "what is typed wins, option by option" {
  start_counter count
  ns_dump "$PID" img --tcp-established --file-locks --external 'mnt[/a]:key'
  cat >my-criu <<END
#!/bin/sh
[ "\$1" = restore ] && printf '%s\n' "\$@" >$DIR/args
exec $CRIU "\$@"
END
  chmod +x my-criu
  criu_ns restore -d -D img --criu-binary ./my-criu --pidfile "$DIR/p" \
    --tcp-close --no-file-locks --external 'mnt[key]:/b'
  status_is 0
  ROOT=$(<p)
  grep -qx -- --tcp-close args
  not grep -q -- --tcp-established args
  not grep -qx -- --file-locks args
  grep -qxF -- '--external=mnt[key]:/b' args
  not grep -qF -- 'mnt[key]:/a' args
  end_tree "$ROOT"

  criu_ns restore -d -D img --criu-binary ./my-criu --pidfile "$DIR/p"
  grep -qx -- --tcp-established args
  grep -qx -- --file-locks args
  grep -qxF -- '--external=mnt[key]:/a' args
  end_tree "$(<p)"
}

@test "the record wins over CRIU's configuration, what is typed over both" {
  start_counter count
  ns_dump "$PID" img --ghost-limit 5M
  cat >my-criu <<END
#!/bin/sh
[ "\$1" = restore ] && printf '%s\n' "\$@" >$DIR/args
exec $CRIU "\$@"
END
  chmod +x my-criu
  echo 'ghost-limit 3M' >conf
  criu_ns restore -d -D img --criu-binary ./my-criu --pidfile "$DIR/p" \
    --config conf
  end_tree "$(<p)"
  equals "$(grep ghost-limit args | tail -n 1)" --ghost-limit=5M
  criu_ns restore -d -D img --criu-binary ./my-criu --pidfile "$DIR/p" \
    --config conf --ghost-limit 7M
  end_tree "$(<p)"
  equals "$(grep ghost-limit args | tail -n 1)" --ghost-limit=7M
}

@test "--no-record writes none and reads none" {
  start_counter count
  ns_dump "$PID" img --ghost-limit 2M --no-record
  [[ ! -e $record ]]
  comes_back img
  ns_dump "$ROOT" img2 --ghost-limit 2M
  printf 'nonsense\n' >>img2/criu-ns.conf
  comes_back img2 --no-record
  end_tree "$ROOT"
}

@test "-R and --leave-stopped leave a record, pre-dump leaves none" {
  start_counter count
  mkdir img img2
  criu_ns dump -t "$PID" -D img -R -l
  status_is 0
  equals "$(options)" file-locks
  criu_ns dump -t "$PID" -D img2 --leave-stopped -l
  status_is 0
  equals "$(options img2/criu-ns.conf)" file-locks
  kill -CONT "$PID"
  end_tree "$PID"
  [[ ! -e img/criu-ns.incomplete && ! -e img2/criu-ns.incomplete ]]
}

refuses() { # TEXT
  criu_ns restore -d -D img
  status_is 125
  one_line "$1"
}

@test "a record that others could have written is refused" {
  start_counter count
  ns_dump "$PID" img
  chmod g+w $record
  refuses 'others may write to it'
  chmod 602 $record
  refuses 'others may write to it'
  chmod 600 $record
  chown 65534 $record
  refuses 'it belongs to another user'
  chown 0 $record
  mv $record elsewhere
  ln -s ../elsewhere $record
  refuses 'it is a symbolic link'
  rm $record
  mkfifo -m 600 $record
  refuses 'it is no regular file'
  rm $record
  mkdir $record
  refuses 'it is no regular file'
  rmdir $record
  mv elsewhere $record
  comes_back img
  end_tree "$ROOT"
}

@test "a line that has no place in a record is an error with its number" {
  local line n
  start_counter count
  ns_dump "$PID" img
  n=$(($(wc -l <$record) + 1))
  cp $record good
  for line in 'action-script /bin/true' 'root /' 'libdir /tmp' 'nonsense' \
    'log-file x' 'images-dir /' 'config x' 'criu-binary /bin/true' \
    'inherit-fd fd[1]:x' 'join-ns net:1' 'cgroup-yard /tmp' \
    'lsm-profile x:y' 'freeze-cgroup /tmp' 'exec-cmd' 'ghost-limit'; do
    cp good $record
    echo "$line" >>$record
    refuses "criu-ns.conf:$n: "
  done
  cp good $record
  echo 'external file[1:2]' >>$record
  refuses "'external file[1:2]' does not belong into a record"
}

@test "a record of another dump is noticed and left unread" {
  start_counter count
  ns_dump "$PID" img --tcp-close
  start_counter other
  dump "$PID" img2
  cp $record img2/
  chown 0 img2/criu-ns.conf
  criu_ns restore -d -D img2 --pidfile "$DIR/p" -v4 -o restore.log
  status_is 0
  err_has 'belongs to another dump'
  not grep -q 'Will drop all TCP' img2/restore.log
  end_tree "$(<p)"
}

@test "plain criu that dumps into the directory again makes it another dump" {
  start_counter count
  mkdir img
  criu_ns dump -t "$PID" -D img -R --tcp-close
  plain_criu dump -t "$PID" -D img
  status_is 0
  wait_ended "$PID"
  criu_ns restore -d -D img --pidfile "$DIR/p"
  status_is 0
  err_has 'belongs to another dump'
  end_tree "$(<p)"
}

@test "what the syntax can't say is a comment and no option" {
  start_counter count
  ns_dump "$PID" img --enable-fs ext4 --enable-fs tmpfs --external 'mnt[/a b]:k#1' --external 'file[1:2]' \
    --external 'unix[77]'
  equals "$(options)" $'enable-fs "ext4"\nenable-fs "tmpfs"'
  grep -qxF '# external: mnt[k#1]:/a b' $record
  grep -qxF '# to be given back by an option: file[1:2]' $record
  grep -qxF '# to be given back by an option: unix[77]' $record
  comes_back img
  end_tree "$ROOT"
}

@test "a command line with newlines and options in it stays a comment" {
  start_alone "$HELPERS_DIR/counter" "$DIR/x
tcp-close
external mnt[]"
  FILE="$DIR/x
tcp-close
external mnt[]"
  wait_growing "$FILE"
  ns_dump "$PID" img
  equals "$(options)" ''
  comes_back img
  end_tree "$ROOT"
}
