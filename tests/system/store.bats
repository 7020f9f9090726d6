#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Dump: no image is lost, whatever happens on the way.
# shellcheck disable=SC2034,SC2153 # COUNT, STATUS and ROOT are the helpers'
load dump

# --- Safe on the disk ----------------------------------------------------------

# What the launcher does to files.  The tree ends when criu has heard its "y".
traced_dump() { # PID DIRECTORY [OPTION...]
  mkdir -p "$2"
  traced -qq -y -o "$DIR/trace" \
    -e trace=fsync,write,renameat2,sync_file_range \
    "$CRIU_NS" dump -t "$1" -D "$2" -o dump.log "${@:3}"
}
line_of() { # PATTERN: of the trace; the first one
  grep -nE "$1" trace | head -n 1 | cut -d : -f 1
}
synced_before_kill() { # DIRECTORY
  local file answer n
  answer=$(line_of 'write\([0-9]+<pipe.*"y", 1\) += 1')
  [[ -n $answer ]]
  for file in "$1"/*.img "$1/criu-ns.conf" "$1" "$(dirname "$1")"; do
    n=$(line_of "fsync\\([0-9]+<$(realpath "$file")>\\) += 0")
    [[ -n $n ]] || fail "$file was not synced"
    ((n < answer)) || fail "$file was synced after criu had its answer"
  done
}

@test "every file, the directory and its parent are synced before the kill" {
  start_counter count
  traced_dump "$PID" img
  status_is 0
  COUNT=$(read_count "$FILE")
  synced_before_kill img
  comes_back img
  end_tree "$ROOT"
}

# And that is before the kill.
@test "criu that gets no answer does not end the tree" {
  start_in_ns -- count
  start_halting_dump pre-dump "$PID" img
  kill -KILL "$LAUNCHER"
  wait_launcher
  go_on
  wait_until 10 ended "$DUMPER"
  unharmed "$PID" "$FILE"
  [[ -s img/criu-ns.incomplete ]]
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

@test "the images that an incremental dump builds upon are synced as well" {
  start_counter count
  mkdir one two
  criu_ns dump -t "$PID" -D one -R
  status_is 0
  ln -s ../one two/parent
  # Not every kernel can do it: it need not be criu that writes the second.
  cat >my-criu <<'END'
#!/bin/sh
for arg; do
  case $arg in --images-dir=*) cp one/*.img "${arg#*=}" ;; esac
done
END
  chmod +x my-criu
  traced_dump "$PID" two --criu-binary ./my-criu
  status_is 0
  [[ -n $(line_of "fsync\\([0-9]+<$DIR/one/pages-1.img>\\) += 0") ]]
  [[ -n $(line_of "fsync\\([0-9]+<$DIR/one>\\) += 0") ]]
  end_tree "$PID"
}

@test "without memory tracking, what needs it is refused in one line" {
  start_in_ns -- count
  mkdir one two
  plain_criu check --feature mem_dirty_track
  if ((STATUS == 0)); then
    criu_ns pre-dump -t "$PID" -D one -o dump.log
    status_is 0
    [[ ! -e one/criu-ns.conf && ! -e one/criu-ns.incomplete ]]
    ns_dump "$PID" two --prev-images-dir ../one --track-mem
    comes_back two
    end_tree "$ROOT"
    return
  fi
  criu_ns pre-dump -t "$PID" -D one
  status_is 125
  one_line 'CONFIG_MEM_SOFT_DIRTY'
  criu_ns dump -t "$PID" -D two --track-mem
  status_is 125
  one_line '--track-mem'
  equals "$(ls one two)" $'one:\n\ntwo:'
  criu_ns dump -t "$PID" -R -D two --prev-images-dir ../one
  err_has '--prev-images-dir: this kernel does not track'
  unharmed "$PID" "$FILE"
  end_target
}

@test "--no-sync and -R don't wait for the disk" {
  start_counter count
  traced_dump "$PID" img2 -R
  status_is 0
  not grep -q fsync trace
  traced_dump "$PID" img --no-sync
  status_is 0
  not grep -q fsync trace
  COUNT=$(read_count "$FILE")
  comes_back img
  end_tree "$ROOT"
}

@test "a disk that fails fails the dump, and the tree runs on" {
  local call
  start_in_ns -- count
  for call in 1 5; do
    mkdir -p img
    traced -o /dev/null -e trace=fsync \
      -e inject=fsync:error=EIO:when="$call" \
      "$CRIU_NS" dump -t "$PID" -D img -o dump.log
    status_is 125
    err_has 'safe on the disk'
    grep -Eq 'I/O error|Input/output error' err
    err_has "process $PID goes on"
    unharmed "$PID" "$FILE"
    [[ ! -e img/criu-ns.conf || -e img/criu-ns.incomplete ]]
    criu_ns restore -d -D img
    status_is 125
    err_has 'is not complete'
    err_has 'goes on'
  done
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

# A file system in a file on a file system that is full: what is written is
# found not to be there when it is synced.
@test "a disk that has promised what it has not: the tree runs on" {
  local loop
  start_in_ns -- count
  mkdir small img
  mount -t tmpfs -o size=3m none small
  truncate -s 64M small/disk
  mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=1,nodiscard small/disk ||
    skip 'no mkfs.ext4'
  loop=$(losetup -f --show small/disk) || skip 'no loop devices'
  # shellcheck disable=SC2064
  trap "umount $DIR/img; losetup -d $loop; umount $DIR/small" EXIT
  mount "$loop" img
  # As large as the rest of the disk that is below.
  dd if=/dev/zero of=small/full bs=64k 2>/dev/null || :
  criu_ns dump -t "$PID" -D img -o dump.log
  ((STATUS != 0))
  unharmed "$PID" "$FILE"
  umount img
  losetup -d "$loop"
  umount small
  trap - EXIT
  ns_dump "$PID" good
  comes_back good
  end_tree "$ROOT"
}

# --- No trap --------------------------------------------------------------------

refused_as_incomplete() { # DIRECTORY TEXT
  criu_ns restore -d -D "$1"
  status_is 125
  one_line "cannot restore '$1': the dump into it is not complete"
  err_has "$2"
}

@test "criu killed: the directory is marked, a second dump succeeds" {
  local stage
  start_in_ns -- count
  for stage in pre-dump post-dump; do
    start_halting_dump $stage "$PID" img
    [[ $stage != pre-dump || -s img/criu-ns.incomplete ]]
    kill -KILL "$DUMPER"
    wait_launcher
    status_is 137
    go_on
    unharmed "$PID" "$FILE"
    [[ ! -e img/criu-ns.conf ]]
    refused_as_incomplete img SIGKILL
  done
  ns_dump "$PID" img
  [[ ! -e img/criu-ns.incomplete ]]
  comes_back img
  end_tree "$ROOT"
}

@test "criu that refuses leaves a note, with --no-image-check it is not read" {
  start_counter count
  exec 9<>/dev/ptmx
  exec 9>&-
  stand_in no-criu 3
  mkdir img
  criu_ns dump --criu-binary ./no-criu -t "$PID" -D img
  status_is 3
  refused_as_incomplete img 'status 3'
  criu_ns restore -d -D img --no-image-check
  not err_has 'is not complete'
  ((STATUS != 0))
  end_tree "$PID"
}

@test "an image directory that goes away meanwhile: the tree runs on" {
  start_in_ns -- count
  start_halting_dump pre-dump "$PID" img
  mv img elsewhere
  rm -r elsewhere
  go_on
  wait_launcher
  ((STATUS != 0))
  unharmed "$PID" "$FILE"
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

@test "a read-only image directory: one line, the tree runs on" {
  start_in_ns -- count
  mkdir img
  mount --bind img img
  mount -o remount,bind,ro img
  criu_ns dump -t "$PID" -D img -o dump.log
  status_is 125
  one_line "cannot write into image directory 'img'"
  umount img
  unharmed "$PID" "$FILE"
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

@test "criu's time limit: the tree runs on, the next dump succeeds" {
  # A parent that waits for vfork's child can't be frozen.
  start_alone "$HELPERS_DIR/tree" -v "$DIR"
  FILE=$DIR/root
  wait_until 5 in_state "$PID" D
  mkdir img
  criu_ns dump -t "$PID" -D img -o dump.log --timeout 1
  ((STATUS != 0 && STATUS < 125))
  refused_as_incomplete img 'failed with status'
  in_state "$PID" D
  equals "$(status_of "$PID" TracerPid)" 0
  # Its child ends, and it goes on.
  kill "$(children_of "$PID")"
  wait_growing "$FILE"
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

@test "a note that is older than the image of plain criu does not count" {
  start_counter count
  stand_in no-criu 3
  mkdir img
  criu_ns dump --criu-binary ./no-criu -t "$PID" -D img
  dump "$PID" img
  [[ -e img/criu-ns.incomplete ]]
  comes_back img
  end_tree "$ROOT"
}

# --- In place of an image --------------------------------------------------------

# An image in img, of a counter that is gone.  Sets OLD to what it had reached.
old_image() {
  start_counter old
  ns_dump "$PID" img
  OLD=$COUNT OLD_FILE=$FILE
  echo mine >img/notes.txt
  mkdir img/sub
}
old_image_is_back() {
  COUNT=$OLD FILE=$OLD_FILE
  comes_back img && end_tree "$ROOT"
}

@test "an image is replaced as a whole, other files stay" {
  local mode
  old_image
  chmod 750 img
  touch img/core-99999.img
  start_in_ns -- new
  traced_dump "$PID" img
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  [[ ! -e img/core-99999.img && -d img/sub ]]
  equals "$(<img/notes.txt)" mine
  equals "$(stat -c %a img)" 750
  grep -q 'renameat2.*RENAME_EXCHANGE) = 0' trace
  comes_back img
  end_tree "$ROOT"
}

@test "until the new image is complete the old one can be restored" {
  old_image
  start_in_ns -- new
  start_halting_dump pre-dump "$PID" img
  old_image_is_back
  FILE=$DIR/new
  # Not two at a time.
  criu_ns dump -t "$PID" -D img
  status_is 125
  one_line 'another dump of criu-ns'
  go_on
  wait_launcher
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  comes_back img
  end_tree "$ROOT"
}

@test "a dump that fails leaves the old image as it was" {
  local sum how
  old_image
  rm img/dump.log
  sum=$(cd img && sha256sum ./*.img criu-ns.conf notes.txt)
  start_in_ns -- new
  for how in KILL TERM launcher; do
    start_halting_dump "$([[ $how == launcher ]] && echo pre || echo post)"-dump \
      "$PID" img
    case $how in
    KILL) kill -KILL "$DUMPER" ;;
    TERM) kill -TERM "$LAUNCHER" ;;
    launcher) kill -KILL "$LAUNCHER" ;;
    esac
    wait_launcher
    go_on
    wait_until 10 ended "$DUMPER"
    unharmed "$PID" "$FILE"
    equals "$(cd img && sha256sum ./*.img criu-ns.conf notes.txt)" "$sum" "$how"
    [[ ! -e img/criu-ns.incomplete ]]
  done
  traced -o /dev/null -e inject=fsync:error=EIO:when=3 \
    "$CRIU_NS" dump -t "$PID" -D img -o dump.log
  status_is 125
  [[ -s img/dump.log ]]
  unharmed "$PID" "$FILE"
  equals "$(cd img && sha256sum ./*.img criu-ns.conf notes.txt)" "$sum"
  old_image_is_back
  FILE=$DIR/new
  ns_dump "$PID" img
  comes_back img
  end_tree "$ROOT"
}

@test "an action script that says no at the very end: the old image is back" {
  local sum
  old_image
  sum=$(cd img && sha256sum ./*.img)
  cat >no.sh <<'END'
#!/bin/sh
[ "$CRTOOLS_SCRIPT_ACTION" != post-dump ]
END
  chmod +x no.sh
  start_in_ns -- new
  criu_ns dump -t "$PID" -D img -o dump.log --action-script "$DIR/no.sh"
  ((STATUS != 0))
  unharmed "$PID" "$FILE"
  equals "$(cd img && sha256sum ./*.img)" "$sum"
  end_target
}

@test "a mount point and a working directory keep the old image inside" {
  local sum
  old_image
  mount --bind img img
  start_in_ns -- new
  start_halting_dump post-dump "$PID" img
  [[ -s img/criu-ns.old/inventory.img && ! -e img/criu-ns.old/notes.txt ]]
  kill -KILL "$DUMPER"
  wait_launcher
  err_has "can't be replaced in one step"
  go_on
  unharmed "$PID" "$FILE"
  old_image_is_back
  FILE=$DIR/new
  end_target
  umount img

  start_in_ns -- new
  pushd img >/dev/null
  criu_ns dump -t "$PID" -D . -o dump.log
  popd >/dev/null
  status_is 0
  err_has "can't be replaced in one step"
  FILE=$DIR/new COUNT=$(read_count "$DIR/new")
  wait_ended "$PID"
  equals "$(<img/notes.txt)" mine
  comes_back img
  end_tree "$ROOT"
}

@test "a killed criu-ns leaves the old image inside: it is named, and put back" {
  old_image
  mount --bind img img
  start_in_ns -- new
  start_halting_dump pre-dump "$PID" img
  kill -KILL "$LAUNCHER"
  kill -KILL "$DUMPER"
  wait_launcher
  go_on
  refused_as_incomplete img "the image before it is in 'img/criu-ns.old'"
  COUNT=$OLD FILE=$OLD_FILE
  comes_back img/criu-ns.old
  end_tree "$ROOT"
  FILE=$DIR/new
  unharmed "$PID" "$FILE"
  ns_dump "$PID" img
  [[ ! -e img/criu-ns.old ]]
  comes_back img
  end_tree "$ROOT"
  umount img
}

@test "what a killed criu-ns has left beside is cleared away by the next dump" {
  old_image
  start_in_ns -- new
  start_halting_dump pre-dump "$PID" img
  kill -KILL "$LAUNCHER" "$DUMPER"
  wait_launcher
  go_on
  [[ -d .img.criu-ns-new ]]
  old_image_is_back
  FILE=$DIR/new
  ns_dump "$PID" img
  [[ ! -e .img.criu-ns-new ]]
  comes_back img
  end_tree "$ROOT"
}

@test "power lost when they had just changed places: the complete one stays" {
  old_image
  mkdir .img.criu-ns-new
  mv img tmp && mv .img.criu-ns-new img && mv tmp .img.criu-ns-new
  truncate -s 10 img/inventory.img
  start_in_ns -- new
  # This dump fails; the old image is in its place again nevertheless.
  stand_in no-criu 3
  criu_ns dump --criu-binary ./no-criu -t "$PID" -D img
  status_is 3
  err_has 'takes over the complete image'
  unharmed "$PID" "$FILE"
  old_image_is_back
  FILE=$DIR/new
  end_target
}

@test "pages that went elsewhere: it is overwritten in place, and said" {
  old_image
  start_in_ns -- new
  stand_in no-criu 3
  criu_ns dump --criu-binary ./no-criu -t "$PID" -D img --page-server \
    --address 127.0.0.1 --port 1
  err_has 'overwritten in place'
  unharmed "$PID" "$FILE"
  end_target
}

# --- Series ----------------------------------------------------------------------

@test "%n: numbered images, the newest is restored, --keep removes the others" {
  local i
  mkdir ckpt
  mkdir ckpt/7 ckpt/img-3 ckpt/x
  echo mine >ckpt/keep.txt
  start_in_ns -- count
  for i in 8 9 10 11; do
    criu_ns dump -t "$PID" -D 'ckpt/%n' -R -o dump.log
    status_is 0
    equals "$(<out)" "ckpt/$i"
    equals "$(stat -c %a "ckpt/$i")" 700
  done
  rm ckpt/11/pages-1.img
  echo mine >ckpt/9/mine
  criu_ns dump -t "$PID" -D 'ckpt/%n' --keep 2 -o dump.log
  status_is 0
  equals "$(<out)" ckpt/12
  # 11 is not complete, 7 never was; 8 went, 9 can't go as a whole.
  equals "$(echo ckpt/*)" \
    'ckpt/10 ckpt/11 ckpt/12 ckpt/7 ckpt/9 ckpt/img-3 ckpt/keep.txt ckpt/x'
  equals "$(ls ckpt/9)" mine
  err_has 'ckpt/9'
  wait_ended "$PID"
  COUNT=$(read_count "$FILE")
  comes_back 'ckpt/%n'
  end_tree "$ROOT"
}

@test "--keep spares an image that a kept one builds upon" {
  start_counter count
  criu_ns dump -t "$PID" -D 'i%n' -R -o dump.log
  criu_ns dump -t "$PID" -D 'i%n' -R -o dump.log
  ln -s ../i1 i2/parent
  criu_ns dump -t "$PID" -D 'i%n' -R -o dump.log
  ln -s ../i2 i3/parent
  criu_ns dump -t "$PID" -D 'i%n' -o dump.log --keep 1
  status_is 0
  equals "$(echo i*)" i4
  mkdir more
  start_counter more/count
  criu_ns dump -t "$PID" -D 'more/i%n' -R -o dump.log
  criu_ns dump -t "$PID" -D 'more/i%n' -R -o dump.log
  mkdir more/i3
  ln -s ../i1 more/i3/parent
  cp more/i2/*.img more/i3
  rm more/i3/pages-1.img
  cp more/i2/pages-1.img more/i3
  criu_ns dump -t "$PID" -D 'more/i%n' -R -o dump.log --keep 2
  status_is 0
  equals "$(echo more/i*)" 'more/i1 more/i3 more/i4'
  end_tree "$PID"
}

@test "%t: the time in the name; two in a second get two names" {
  start_counter count
  criu_ns dump -t "$PID" -D 'at-%t' -R
  status_is 0
  [[ $(<out) =~ ^\./at-[0-9]{8}T[0-9]{6}Z$ ]]
  criu_ns dump -t "$PID" -D 'at-%t' -R
  status_is 0
  (($(compgen -G 'at-*' | wc -l) == 2))
  criu_ns dump -t "$PID" -D 'at-%t' --keep 1
  status_is 0
  (($(compgen -G 'at-*' | wc -l) == 1))
  COUNT=$(read_count "$FILE")
  comes_back 'at-%t'
  end_tree "$ROOT"
}

@test "a dump that fails leaves no empty directory of a series" {
  criu_ns dump -t 999999999 -D 'i%n'
  status_is 125
  start_counter count
  criu_ns dump -t "$PID" -D 'no/i%n'
  status_is 125
  one_line "cannot make image directory 'no/i%n'"
  criu_ns dump -t "$PID" -D img --keep 2
  status_is 125
  one_line "--keep is for a series"
  criu_ns dump -t "$PID" -D 'i%n' --keep 0
  status_is 125
  one_line "'0' is no number of images"
  equals "$(compgen -G 'i*' || :)" ''
  criu_ns restore -D 'i%n'
  status_is 125
  one_line 'there is no complete image'
  end_tree "$PID"
}

# --- When it is too late --------------------------------------------------------

# The script that asks for the image is killed: CRIU takes that for a yes.
dump_without_asking() { # DIRECTORY [STRACE_OPTION...]
  cat >my-criu <<END
#!/bin/bash
args=()
for arg; do
  case \$arg in --action-script=/proc/*) ;; *) args+=("\$arg") ;; esac
done
exec $CRIU "\${args[@]}"
END
  chmod +x my-criu
  traced -o /dev/null -e trace=fsync,renameat2 "${@:2}" \
    "$CRIU_NS" dump --criu-binary ./my-criu -t "$PID" -D "$1" -o dump.log
}

@test "criu ended the tree without asking: the image is completed afterwards" {
  local how
  old_image
  start_in_ns -- new
  dump_without_asking img -e inject=fsync:delay_enter=1
  status_is 0
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  [[ -s img/criu-ns.conf ]]
  comes_back img
  end_tree "$ROOT"
}

@test "... and the disk fails then: the only image of the tree is not removed" {
  old_image
  start_in_ns -- new
  dump_without_asking img -e inject=fsync:error=EIO
  status_is 125
  err_has "the tree has ended; its image is in 'img'"
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  comes_back img
  end_tree "$ROOT"
  # The next dump clears away what was there before.
  start_in_ns -- new2
  ns_dump "$PID" img
  [[ ! -e .img.criu-ns-new ]]
  comes_back img
  end_tree "$ROOT"

  start_in_ns -- new3
  dump_without_asking img -e inject=renameat2:error=EIO:when=2+
  status_is 125
  err_has "the tree has ended; its image is in '$DIR/.img.criu-ns-new'"
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  comes_back .img.criu-ns-new
  end_tree "$ROOT"
  rm -r .img.criu-ns-new
}

# criu is killed at the N-th signal that it sends: it has leave to end the tree.
dump_cut_short() { # N DIRECTORY [OPTION...]
  cat >my-criu <<END
#!/bin/bash
[[ \$1 == dump ]] || exec $CRIU "\$@"
exec strace -D -qq -o $DIR/kills -e trace=kill \\
  -e inject=kill:signal=KILL:when=$1 $CRIU "\$@"
END
  chmod +x my-criu
  criu_ns dump --criu-binary ./my-criu -t "$PID" -D "${@:2}"
}

@test "criu killed while it ends the tree: the image counts, no half is left" {
  local n seen=0 child
  for n in 1 2 3 4 5 6 7 8; do
    rm -rf img
    start_tree "tree$n" -c 3
    mkdir img
    criu_ns dump -t "$PID" -D img -R
    child=$(children_of "$PID")
    dump_cut_short $n img --no-sync
    if ended "$PID" || ! wait_until 1 not ended "$PID"; then
      # Whatever criu had still to do, it is done.
      # shellcheck disable=SC2086
      wait_ended $child
      ((STATUS == 0)) || fail "kill $n: status $STATUS"
      COUNT=0
      comes_back img
      seen=$((seen + 1))
      end_tree "$ROOT"
    else
      not status_is 0
      unharmed "$PID" "$FILE"
      end_tree "$PID"
    fi
  done
  ((seen > 0))
}

@test "the image before is safe when moving it aside is cut short" {
  local how sum
  old_image
  sum=$(cd img && sha256sum ./*.img criu-ns.conf)
  start_in_ns -- new
  pushd img >/dev/null
  for how in error=EIO signal=KILL; do
    traced -qq -o /dev/null -e trace=renameat -e inject=renameat:$how:when=4 \
      "$CRIU_NS" dump -t "$PID" -D .
    not status_is 0
    if [[ -d criu-ns.old.part ]]; then
      criu_ns restore -d -D .
      status_is 125
      err_has 'criu-ns.old.part'
    fi
    # The next dump, which fails at once, brings it back.
    criu_ns dump -t "$PID" -D . --criu-binary /bin/false
    not status_is 0
    equals "$(sha256sum ./*.img criu-ns.conf)" "$sum" "$how"
    [[ ! -e criu-ns.old && ! -e criu-ns.old.part ]]
  done
  # And when it is moved back.
  for how in 30 34; do
    traced -qq -o /dev/null -e trace=renameat \
      -e inject=renameat:signal=KILL:when=$how \
      "$CRIU_NS" dump -t "$PID" -D . --criu-binary /bin/false
    criu_ns dump -t "$PID" -D . --criu-binary /bin/false
    equals "$(sha256sum ./*.img criu-ns.conf)" "$sum" "$how"
  done
  popd >/dev/null
  unharmed "$PID" "$FILE"
  old_image_is_back
  FILE=$DIR/new
  end_target
}

@test "no exchange on this file system: the old image waits inside" {
  old_image
  start_in_ns -- new
  traced -qq -o /dev/null -e trace=renameat2 -e inject=renameat2:error=EINVAL \
    "$CRIU_NS" dump -t "$PID" -D img -o dump.log
  status_is 0
  err_has "can't be replaced in one step"
  COUNT=$(read_count "$FILE")
  wait_ended "$PID"
  comes_back img
  end_tree "$ROOT"
}

@test "a mount inside of the image directory stays where it is" {
  local i
  old_image
  mount -t tmpfs none img/sub
  start_in_ns -- new
  for i in 1 2 3; do
    criu_ns dump -t "$PID" -D img -R --mounts=leave
    status_is 0
    mountpoint -q img/sub
  done
  umount img/sub
  end_target
}

@test "a stage that somebody else has planted is not touched" {
  old_image
  start_in_ns -- new
  mkdir .img.criu-ns-new
  echo theirs >victim
  ln -s "$DIR/victim" .img.criu-ns-new/dump.log
  chown -h nobody .img.criu-ns-new .img.criu-ns-new/dump.log
  criu_ns dump -t "$PID" -D img -R -o dump.log -v4
  status_is 125
  one_line 'belongs to somebody else'
  equals "$(<victim)" theirs
  chown root .img.criu-ns-new
  chmod 777 .img.criu-ns-new
  criu_ns dump -t "$PID" -D img -R
  status_is 125
  one_line 'others may write to it'
  rm -r .img.criu-ns-new
  end_target
}

@test "what lies where the note will be is replaced, not opened" {
  start_counter count
  mkdir img
  mkfifo img/criu-ns.incomplete
  criu_ns dump -t "$PID" -D img -R
  status_is 0
  rm -rf img
  mkdir img
  echo mine >other
  ln other img/criu-ns.incomplete
  criu_ns dump -t "$PID" -D img -R
  status_is 0
  equals "$(<other)" mine
  end_tree "$PID"
}

@test "a record that was there is not removed by a dump that wrote none" {
  start_counter count
  mkdir img
  (umask 077 && echo tcp-close >img/criu-ns.conf)
  criu_ns dump -t "$PID" -D img --criu-binary /bin/false
  not status_is 0
  equals "$(<img/criu-ns.conf)" tcp-close
  end_tree "$PID"
}

@test "%t and --keep: a clock that was set back is no harm" {
  start_counter count
  mkdir 20991231T235959Z
  criu_ns dump -t "$PID" -D 20991231T235959Z -R
  status_is 0
  criu_ns dump -t "$PID" -D '%t' --keep 1
  status_is 0
  equals "$(<out)" ./21000101T000000Z
  equals "$(echo 2*)" 21000101T000000Z
  COUNT=$(read_count "$FILE")
  comes_back '%t'
  end_tree "$ROOT"
}

@test "Ctrl-Z during a dump does not leave the tree frozen" {
  start_in_ns -- count
  start_halting_dump pre-dump "$PID" img
  kill -TSTP "$LAUNCHER"
  go_on
  wait_launcher
  status_is 0
  COUNT=$(read_count "$FILE")
  comes_back img
  end_tree "$ROOT"
}

@test "a name of a series that can't be printed is no success" {
  start_counter count
  STATUS=0
  "$CRIU_NS" dump -t "$PID" -D 'i%n' -R >/dev/full 2>err || STATUS=$?
  status_is 125
  err_has "the image is in './i1'"
  end_tree "$PID"
}
