# SPDX-License-Identifier: Apache-2.0
# Sourced by the end-to-end tests: checks that count, and the closing line that `finish` prints.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
MITMX=${MITMX:-$PWD/build/mitmx}
ASAN=${ASAN:-$PWD/build/asan/mitmx}
NAME=$(basename "$0")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/mitmx-test-XXXXXX")
chmod 755 "$WORK"
trap 'rm -rf "$WORK"' EXIT
PASSED=0 FAILED=0 SKIPPED=0

pass() { PASSED=$((PASSED + 1)); echo "  ok    $1"; }
fail() { FAILED=$((FAILED + 1)); echo "  FAIL  $1"; shift; [ $# -eq 0 ] || printf '        %s\n' "$@"; }
# ok WHAT COMMAND...: the command succeeds
ok() { local what=$1 out; shift; if out=$("$@" 2>&1); then pass "$what"; else fail "$what" "$* failed:" "$(tail -n 5 <<< "$out")"; fi; }
# is WHAT GOT WANT
is() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:  $2" "want: $3"; fi; }
# has WHAT TEXT PATTERN (extended)
has() { if grep -qE -- "$3" <<< "$2"; then pass "$1"; else fail "$1" "no '$3' in:" "$(head -n 15 <<< "$2")"; fi; }
lacks() { if grep -qE -- "$3" <<< "$2"; then fail "$1" "'$3' in:" "$(grep -E -- "$3" <<< "$2" | head -n 3)"; else pass "$1"; fi; }
# exits WHAT STATUS COMMAND...: it ends with this status; leaves what it printed in OUT and ERR
exits() {
	local what=$1 want=$2 status
	shift 2
	run "$@"
	status=$?
	if [ $status -eq "$want" ]; then pass "$what"; else fail "$what" "exit $status, want $want: $*" "$(tail -n 15 <<< "$ERR$OUT")"; fi
	[ $status -eq "$want" ]
}
# run COMMAND...: leaves what it printed in OUT and ERR; its status is the command's
run() {
	local status
	"$@" > "$WORK/.out" 2> "$WORK/.err" < /dev/null
	status=$?
	OUT=$(< "$WORK/.out") ERR=$(< "$WORK/.err")
	return $status
}
note() { echo "  --    $*"; }
# skip WHAT REASON: with MUST_RUN=1 that is a failure
skip() { if [ "${MUST_RUN:-}" = 1 ]; then fail "$1" "cannot run: $2"; else SKIPPED=$((SKIPPED + 1)); echo "  skip  $1: $2"; fi; }
# needs TOOL...: ends the test, as skipped, where one of them is missing
needs() {
	local tool
	for tool; do
		command -v "$tool" > /dev/null || { skip "all of it" "$tool is not installed"; finish; }
	done
}
# setpriv still has root's capabilities when it executes, env has not
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs env HOME=/nonexistent)
# open_tree: MITMX becomes a copy that nobody may run, for a checkout may be closed to him, as below /root
open_tree() {
	mkdir -p "$WORK/tree/build" "$WORK/tree/scripts"
	cp "$MITMX" "$WORK/tree/build/mitmx"
	cp -r scenarios "$WORK/tree/"
	cp -r scripts/clients "$WORK/tree/scripts/"
	chmod -R a+rX "$WORK/tree"
	MITMX=$WORK/tree/build/mitmx
}
finish() { echo "$NAME: $PASSED passed, $FAILED failed, $SKIPPED skipped"; [ "$FAILED" -eq 0 ]; exit; }

# verdicts RUN: "name verdict" a line; with_verdict RUN VERDICT: names alone; count RUN VERDICT
verdicts() { jq -r '.scenarios[] | "\(.name) \(.verdict)"' "$1/result.json" | sort; }
with_verdict() { jq -r --arg v "$2" '.scenarios[] | select(.verdict == $v) | .name' "$1/result.json" | sort; }
count() { jq --arg v "$2" '.summary[$v]' "$1/result.json"; }
# legs RUN: "leg scenario" a line; facts RUN FILTER: jq on each fact
legs() { jq -r '.scenario // empty | . as $s | (.attack.leg, .control.leg) | select(. != null) | "\(.) \($s.name)"' "$1/facts.jsonl"; }
facts() { jq -r "select(.fact) | $2" "$1/facts.jsonl"; }
# within SECONDS COMMAND...: waits until it succeeds, for so long at most; its status
within() {
	local until=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt $until ] || return 1
		sleep 0.02
	done
}
