#!/bin/sh
# Builds the optimized program and measures it under load: `make bench`, `make bench ARGS=growth`. HEALTHCORE_BINARY names
# another program.
set -eu
cd "$(dirname "$0")/.."
CARGO=${CARGO:-cargo}

scripts/ensure-bench.sh
[ -n "${HEALTHCORE_BINARY:-}" ] || scripts/release.sh
$CARGO build --release -p healthcore-benches --bin compare
folder=$($CARGO metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec "$folder/release/compare" --program "${HEALTHCORE_BINARY:-$folder/release/healthcore}" "$@"
