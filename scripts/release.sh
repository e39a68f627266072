#!/usr/bin/env bash
# Builds the optimized program, target/release/healthcore. Arguments go to cargo. With PGO=1 it is built twice: first so
# that it counts what it runs, and then, after two minutes of load on both databases, for what it ran most often.
# https://doc.rust-lang.org/rustc/profile-guided-optimization.html
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

if [ "${PGO:-0}" != 1 ]; then
    exec "$cargo" build --release -p healthcore-server "$@"
fi

scripts/ensure-bench.sh
host=$(rustc --print host-tuple)
profdata=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
[ -x "$profdata" ] || rustup component add llvm-tools
target=$("$cargo" metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
counts=$target/pgo

# Naming the platform keeps the flags away from what runs only while building.
build() {
    RUSTFLAGS="${RUSTFLAGS:-} $1" "$cargo" build --release -p healthcore-server --target "$host" "${@:2}"
}

rm -rf "$counts"
build "-Cprofile-generate=$counts" "$@"
HEALTHCORE_BINARY=$target/$host/release/healthcore benches/compare.sh train --rounds 1 --seconds 4
"$profdata" merge -o "$counts/merged" "$counts"
# Cargo builds again only what has other flags.
profile=$counts/$(sha256sum "$counts/merged" | cut -c -16).profdata
mv "$counts/merged" "$profile"
build "-Cprofile-use=$profile" "$@"
install -D -m 0755 "$target/$host/release/healthcore" "$target/release/healthcore"
