#!/usr/bin/env bash
# Runs `cargo test` with the arguments given against a PostgreSQL server that is there for this run only. The last
# line tells how many tests passed and failed; it is kept in target/test-summary.txt as well.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

target=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
target=${target:-target}
log=$target/test-output.txt
summary=$target/test-summary.txt
mkdir -p "$target"
rm -f "$summary"

# Builds first, the runner among it: with the same features, so nothing is compiled twice.
if ! cargo test --no-run "$@"; then
    echo "The tests could not be built." >&2
    echo "0 passed, 1 failed" | tee "$summary"
    exit 1
fi

runner=$target/debug/with-postgres
# Only a selection of packages without the test kit leaves it out.
[ -x "$runner" ] || cargo build -p healthcore-testkit --bin with-postgres || exit 1

"$runner" cargo test --no-fail-fast "$@" 2>&1 | tee -i "$log"
status=$?

# A test program that crashed has no result line: it counts as one failure.
awk -v status="$status" '
    /^test result: / {
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed;?$/) passed += $(i - 1)
            if ($i ~ /^failed;?$/) failed += $(i - 1)
        }
    }
    END {
        if (status != 0 && failed == 0) failed = 1
        printf "%d passed, %d failed\n", passed, failed
    }
' "$log" | tee "$summary"
exit "$status"
