#!/bin/sh
# Builds the optimized program and measures it under load: `make bench`, `make bench ARGS=growth`.
set -eu
cd "$(dirname "$0")/.."
CARGO=${CARGO:-cargo}

missing=
for program in wrk pgbench psql setpriv; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
if [ -n "$missing" ]; then
    echo "missing:$missing (on Debian: apt-get install wrk postgresql util-linux)" >&2
    exit 1
fi

$CARGO build --release -p healthcore-server
$CARGO build --release -p healthcore-benches --bin compare
folder=$($CARGO metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
exec "$folder/release/compare" "$@"
