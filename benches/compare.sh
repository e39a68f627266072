#!/bin/sh
# Builds the optimized program and measures it under load: `make bench`, `make bench ARGS=growth`, each with PGO=1 for a
# program that is built for what it runs. HEALTHCORE_BINARY names another program.
set -eu
cd "$(dirname "$0")/.."
CARGO=${CARGO:-cargo}

scripts/ensure-bench.sh
if [ -n "${HEALTHCORE_BINARY:-}" ]; then
    set -- --program "$HEALTHCORE_BINARY" "$@"
else
    scripts/release.sh
    [ "${PGO:-0}" = 0 ] || set -- --pgo "$@"
fi
$CARGO build --release -p healthcore-benches --bin compare
folder=$($CARGO metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec "$folder/release/compare" "$@"
