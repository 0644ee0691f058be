# SPDX-License-Identifier: Apache-2.0
# Sourced by the end-to-end tests: `ok`, `is`, `has`, `lacks`, `skip`, and the closing line.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
MITMX=${MITMX:-$PWD/build/mitmx}
NAME=$(basename "$0")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/mitmx-test-XXXXXX")
chmod 755 "$WORK"
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
# skip WHAT REASON: with MUST_RUN=1 that is a failure
skip() { if [ "${MUST_RUN:-}" = 1 ]; then fail "$1" "cannot run: $2"; else SKIPPED=$((SKIPPED + 1)); echo "  skip  $1: $2"; fi; }
finish() { rm -rf "$WORK"; echo "$NAME: $PASSED passed, $FAILED failed, $SKIPPED skipped"; [ "$FAILED" -eq 0 ]; exit; }
