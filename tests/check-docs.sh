#!/bin/bash
# SPDX-License-Identifier: MIT
#
# `criu-ns --help`, man/criu-ns.1 and README.md agree; and the Makefile's VERSION
# is that of the program and of both change logs.
#
# In --help a line that starts with two to six blanks names an action by its
# first word, "  restore …", or an option of ours, "  --criu-binary PATH …".
# In the manual the same are the `.It Cm` of COMMANDS and the `.It Fl` of
# OPTIONS; what follows a `.Ss` in OPTIONS is about CRIU's own options.
# Usage: check-docs.sh [DIR]     where the man page and README are
set -uo pipefail
cd "$(dirname "$0")/.." || exit

: "${CRIU_NS:=$PWD/build/criu-ns}"
top=$PWD
cd "${1:-.}" || exit
man=man/criu-ns.1

passed=0 failed=0
result() { # WHAT PROBLEMS
  if [[ -z $2 ]]; then
    echo "ok $1"
    ((++passed))
  else
    printf '  %s\n' "${2//$'\n'/$'\n'  }"
    echo "not ok $1"
    ((++failed))
  fi
}

# Lines of FILE1 that FILE2 has not, with a sentence.
without() { # SENTENCE WORDS1 WORDS2
  comm -23 <(sort -u <<<"$2") <(sort -u <<<"$3") | grep . | sed "s/\$/ $1/"
}

help_text() { "$CRIU_NS" --help 2>/dev/null </dev/null; }
help_actions() {
  help_text | sed -En 's/^ {2,6}([a-z][a-z-]*)([ ,].*)?$/\1/p'
}
help_options() {
  help_text | sed -En 's/^ {2,6}(-[A-Za-z], *)?(--[a-z][a-z-]*).*/\2/p'
}

# The `.It MACRO` lines of a section, before its first subsection.
man_items() { # SECTION MACRO
  awk -v section="$1" -v macro="$2" '
    $1 == ".Sh" { $1 = ""; inside = ($0 == " " section) }
    $1 == ".Ss" && inside { inside = section == "COMMANDS" }
    inside && $1 == ".It" && $2 == macro' "$man" 2>/dev/null
}
man_actions() { man_items COMMANDS Cm | awk '{ print $3 }'; }
man_options() {
  man_items OPTIONS Fl | grep -Eo ' -[a-z][a-z-]+' | sed 's/^ -/--/'
}

sections="NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS FILES ENVIRONMENT
EXIT STATUS EXAMPLES DIAGNOSTICS SEE ALSO"
missing_sections() {
  local title
  while read -r title; do
    grep -Fqx ".Sh $title" "$man" 2>/dev/null || echo "no section $title"
  done < <(sed 's/EXIT STATUS/EXIT_STATUS/; s/SEE ALSO/SEE_ALSO/' <<<"$sections" |
    tr ' ' '\n' | tr _ ' ')
}

# The code of README.md: blocks, or with "all" what stands in `…` as well.
readme_code() { # [all]
  awk -v all="${1:-}" '
    /^ *```/ { inside = !inside; next }
    inside { print; next }
    all {
      n = split($0, part, "`")
      for (i = 2; i <= n; i += 2) print part[i]
    }' README.md 2>/dev/null
}

unknown_targets() {
  local target
  readme_code all | sed 's/[ \t]#.*//' |
    grep -Eo '(^|[ (;&])make( +[A-Za-z_-]+(=[^ ]*)?)+' |
    sed 's/.*make//' | tr ' ' '\n' | grep -Ev '^(-.*|.*=.*|)$' | sort -u |
    while read -r target; do
      grep -Eq "^([a-z-]+ )*$target( [a-z-]+)*:" "$top/Makefile" ||
        echo "make has no target $target"
    done
}

unknown_commands() {
  local word
  readme_code | sed -En 's/^ *[#$]? *(sudo +)?([A-Z_]+=[^ ]* +)*([^ ]*\/)?criu-ns +([^ ;|&]+).*/\4/p' |
    sort -u | while read -r word; do
      [[ $word = -* ]] || help_actions | grep -Fqx -e "$word" ||
        echo "README uses criu-ns $word, which is no action"
    done
}

other_versions() {
  local version what
  version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
  grep -Eqx '[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?' <<<"$version" ||
    echo "Makefile: VERSION is '$version'"
  while read -r what is; do
    [[ $is = "$version" ]] || echo "$what has '$is', the Makefile '$version'"
  done < <(
    echo "criu-ns $("$CRIU_NS" --version 2>/dev/null </dev/null |
      sed -n 's/^criu-ns //p')"
    echo "CHANGELOG.md $(sed -n 's/^## \[\([0-9].*\)\].*/\1/p' "$top/CHANGELOG.md" |
      head -n 1)"
    echo "debian/changelog $(sed -n '1s/^criu-ns (\([^)]*\)).*/\1/p' \
      "$top/debian/changelog")"
  )
}

problems=
[[ -x $CRIU_NS ]] || problems+="no program $CRIU_NS"$'\n'
[[ -s $man ]] || problems+="no $man"$'\n'
[[ -s README.md ]] || problems+="no README.md"$'\n'
[[ -n $(help_actions) ]] || problems+="no action in --help"$'\n'
[[ -n $(help_options) ]] || problems+="no option in --help"$'\n'
[[ -n $(readme_code) ]] || problems+="no code in README.md"$'\n'
result "--help, man page and README are there" "${problems%$'\n'}"

result "the man page has its sections" "$(missing_sections)"
result "actions: --help and the man page agree" "$(
  without "is in --help, not in the man page" "$(help_actions)" "$(man_actions)"
  without "is in the man page, not in --help" "$(man_actions)" "$(help_actions)"
)"
result "options: --help and the man page agree" "$(
  without "is in --help, not in the man page" "$(help_options)" "$(man_options)"
  without "is in the man page, not in --help" "$(man_options)" "$(help_options)"
)"
result "README's make targets exist" "$(unknown_targets)"
result "README's commands use known actions" "$(unknown_commands)"
result "the version is the same everywhere" "$(other_versions)"

echo "docs: $passed passed, $failed failed, 0 skipped"
echo "$passed $failed 0" >"${COUNTS:-/dev/null}"
((failed == 0))
