#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Dependencies point downwards only:
#   criu-ns.c -> exec -> explain -> ns, mount, tty, image -> libc, one library
# and the rooms at the bottom don't know each other, don't print, don't exit.
# Usage: check-layers.sh [DIR]     without DIR, also tests itself
set -uo pipefail
cd "$(dirname "$0")/.." || exit

rules="downwards libraries prefix silent"

sources() {
  find criu-ns.c criu-ns-mounts.c ns mount tty image rpc explain exec -name '*.[ch]' 2>/dev/null |
    sort
}

# Each rule prints its violations, "file:line: what is wrong", for the sources
# in its arguments.
rule_downwards() {
  perl -ne '
    BEGIN {
      %below = (
        "." => "exec explain ns mount tty image rpc",
        exec => "explain ns mount tty image rpc",
        explain => "ns mount tty image",
        ns => "", mount => "", tty => "", image => "", rpc => "");
    }
    ($room) = $ARGV =~ m{^(\w+)/};
    $room //= ".";
    if (/^\s*#\s*include\s*"([^"]*)"/) {
      my $header = $1;
      my ($other) = $header =~ m{^(\w+)/[^/]+$};
      $other //= "?";
      print "$ARGV:$.: \"$header\" is not ROOM/FILE.h\n" if $other eq "?";
      print "$ARGV:$.: $room must not know $other\n"
        if $other ne "?" && $other ne $room &&
           !grep { $_ eq $other } split / /, $below{$room};
    }
    close ARGV if eof' "$@"
}

rule_libraries() {
  perl -ne '
    next unless /^\s*#\s*include\s*[<"]([^>"]*)[>"]/;
    my $h = $1;
    if ($h eq "sys/capability.h") {
      $first //= $ARGV;
      print "$ARGV:$.: $h is included by $first already\n" if $ARGV ne $first;
    }
    print "$ARGV:$.: $h outside mount/\n"
      if $h =~ m{^libmount(/|\.h$)} && $ARGV !~ m{^mount/};
    print "$ARGV:$.: $h outside image/ and rpc/\n"
      if $h =~ m{^protobuf-c/|\.pb-c\.h$} && $ARGV !~ m{^(image|rpc)/};
  } continue { close ARGV if eof' "$@"
}

# Comments and the insides of strings become blanks; lines stay where they are.
code=$(
  cat <<'END'
    sub code {
      my ($file) = @_;
      open my $in, "<", $file or die "$file: $!\n";
      local $/;
      my $text = <$in>;
      $text =~ s{(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}
                {my $t = defined $1 ? $1 : '""'; $t =~ s/[^\n]+/ /g if defined $1; $t}gse;
      return $text;
    }
END
)

# What a header declares is named after its room or its file, and nothing is
# named like what our libraries have.
rule_prefix() {
  perl -e "$code"'
    for my $file (@ARGV) {
      my $text = code($file);
      my ($room, $stem) = $file =~ m{(?:(\w+)/)?([\w-]+)\.[ch]$};
      while ($text =~ /^[^\n#{}=]*\b((?:mnt|cap|ck)_\w+)[ ]*\([^;{]*\)\s*\{/mg) {
        print "$file: $1() is named like a function of a library\n";
      }
      next unless defined $room && $file =~ /\.h$/;
      $text =~ s/^[ \t]*#(?:\\\n|[^\n])*//mg;
      1 while $text =~ s/\{[^{}]*\}/;/g;
      $text =~ s/__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)//g;
      for my $statement (split /;/, $text) {
        next if $statement =~ /^\s*typedef\b/;
        next unless $statement =~ /\b([A-Za-z]\w*)\s*\(/;
        my $name = $1;
        next if $name =~ /^(?:int|void|char|long|unsigned|_Static_assert|static_assert)$/;
        print "$file: $name() should be ${room}_... or ${stem}_...\n"
          if $name !~ /^(?:\Q$room\E|\Q$stem\E)(?:_|$)/ ||
             $name =~ /^(?:mnt|cap|ck)_/;
      }
    }' "$@"
}

rule_silent() {
  perl -e "$code"'
    for my $file (grep { m{^(?:ns|mount|tty|image|rpc)/} } @ARGV) {
      my $n = 0;
      for (split /\n/, code($file)) {
        $n++;
        print "$file:$n: $1() in a room that does not print or exit\n"
          if /(?<![\w.>])(v?d?printf|puts|putchar|perror|psignal|v?(?:err|warn)x?|error|v?syslog|exit|abort)\s*\(/;
        print "$file:$n: $1 in a room that does not print\n"
          if /\b(stderr|stdout)\b/;
      }
    }' "$@"
}

what_is() {
  case $1 in
  downwards) echo "includes point downwards only" ;;
  libraries) echo "each library is known in one place" ;;
  prefix) echo "functions are named after their room or file" ;;
  silent) echo "ns, mount, tty, image, rpc don't print or exit" ;;
  esac
}

# Print the violations of RULE here; true when there are none.
holds() { # RULE
  local files found
  mapfile -t files < <(sources)
  ((${#files[@]})) || {
    echo "there are no sources"
    return 1
  }
  found=$("rule_$1" "${files[@]}" 2>&1) || found+="the rule itself failed"
  [[ -z $found ]] || {
    echo "$found"
    return 1
  }
}

# --- self-test: a small tree that is fine, and what must be found in it --------

# FILE, the line added to it, the rule that is broken
seeds() {
  cat <<'END'
ns/join.c|#include "mount/proc.h"|downwards
image/set.c|#include "exec/argv.h"|downwards
explain/rules.c|#include "exec/argv.h"|downwards
exec/argv.c|#include "criu-ns.h"|downwards
ns/join.c|#include "../exec/argv.h"|downwards
exec/argv.c|#include <sys/capability.h>|libraries
exec/argv.c|#include <libmount/libmount.h>|libraries
exec/argv.c|#include <protobuf-c/protobuf-c.h>|libraries
exec/argv.c|#include "image/records.pb-c.h"|libraries
ns/join.h|int join_it(int fd, void (*how)(int));|ok
ns/join.h|int enter(int fd);|prefix
ns/join.h|static inline int one(void) { return 1; }|prefix
mount/proc.h|int mnt_proc(void);|prefix
mount/proc.c|static int mnt_proc(void)\n{\n}|prefix
ns/join.c|void f(void) { printf("x"); }|silent
mount/proc.c|void f(void) { fprintf(stderr, "x"); }|silent
image/set.c|void f(void) { if (1) exit(1); }|silent
tty/pty.c|void f(void) { err(1, "x"); }|silent
ns/join.c|void f(void) { _exit(1); snprintf(0, 0, "exit(1)"); x->exit(1); } // exit(1)|ok
exec/argv.c|void f(void) { exit(1); }|ok
END
}

small_tree() {
  mkdir -p ns mount tty image explain exec
  echo '#include "exec/argv.h"' >criu-ns.c
  printf '#include "%s"\n' ns/join.h mount/proc.h explain/rules.h >exec/argv.c
  echo 'int argv_parse(int argc, char **argv); /* exit(1) */' >exec/argv.h
  printf '#include "ns/join.h"\n#include <sys/capability.h>\n' >ns/join.c
  printf '#define X(a) \\\n  any(a)\nint ns_join(int fd)\n' >ns/join.h
  echo '  __attribute__((format(printf, 1, 2)));' >>ns/join.h
  echo '#include <libmount/libmount.h>' >mount/proc.c
  echo 'int mount_proc(void);' >mount/proc.h
  echo '#include "image/set.h"' >explain/rules.c
  echo 'int explain(int fd);' >explain/rules.h
  echo '#include "image/records.pb-c.h"' >image/set.c
  echo 'int set_read(int fd);' >image/set.h
  echo 'static void noop(void) { }' >tty/pty.c
}

self_test() {
  local file line rule r verdict bad=0 dir
  dir=$(mktemp -d) || return
  while IFS='|' read -r file line rule; do
    rm -rf "${dir:?}"/*
    for r in $rules; do
      verdict=$(
        cd "$dir" && small_tree && printf '%b\n' "$line" >>"$file" &&
          { holds "$r" >/dev/null && echo ok || echo "$r"; }
      )
      case $verdict in
      "$rule") ;;
      ok) [[ $r != "$rule" ]] || echo "not found in $file: $line" ;;
      *) echo "wrongly found by rule $r in $file: $line" ;;
      esac
    done
  done < <(seeds) >"$dir.out"
  cat "$dir.out"
  [[ ! -s $dir.out ]] || bad=1
  rm -rf "$dir" "$dir.out"
  return $bad
}

passed=0 failed=0
result() { # STATUS WHAT
  if (($1 == 0)); then
    echo "ok $2"
    ((++passed))
  else
    echo "not ok $2"
    ((++failed))
  fi
}

cd "${1:-.}" || exit
for rule in $rules; do
  holds "$rule"
  result $? "$(what_is "$rule")"
done
if (($# == 0)); then
  self_test
  result $? "these rules find what they should"
fi
echo "layers: $passed passed, $failed failed, 0 skipped"
echo "$passed $failed 0" >"${COUNTS:-/dev/null}"
((failed == 0))
