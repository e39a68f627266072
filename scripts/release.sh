#!/usr/bin/env bash
# Builds the optimized program, target/release/healthcore. Arguments go to cargo. With PGO=1 it is built twice: first so
# that it counts what it runs, and then, after a minute of load on both databases, for what it ran most often.
# https://doc.rust-lang.org/rustc/profile-guided-optimization.html
set -euo pipefail
cd "$(dirname "$0")/.."
read -r -a cargo <<<"${CARGO:-cargo}"

case ${PGO:-0} in
0) exec "${cargo[@]}" build --release -p healthcore-server "$@" ;;
1) ;;
*) echo "PGO is ${PGO}: 1 or nothing" >&2 && exit 2 ;;
esac

# The load starts a PostgreSQL of its own.
env -u HEALTHCORE_TEST_POSTGRES_URL scripts/ensure-postgres.sh
scripts/ensure-bench.sh
host=$(rustc --print host-tuple)
profdata=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
if [ ! -x "$profdata" ]; then
    command -v rustup >/dev/null || { echo "$profdata is missing: install llvm-tools for this toolchain" >&2; exit 1; }
    rustup component add llvm-tools
fi
target=$("${cargo[@]}" metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
target=${target:-$PWD/target}
work=$target/pgo

# Flags by this variable may have spaces in them; those of the environment are kept, those of Cargo's own files are not.
# Naming the platform keeps them away from what runs while building.
read -r -a words <<<"${RUSTFLAGS:-}"
flags=${CARGO_ENCODED_RUSTFLAGS:-$(IFS=$'\x1f' && echo "${words[*]}")}
build() {
    CARGO_ENCODED_RUSTFLAGS="${flags:+$flags$'\x1f'}$1" "${cargo[@]}" build --release -p healthcore-server \
        --target "$host" --target-dir "$work" "${@:2}"
}

# What was counted before is of another program.
rm -rf "$work"
build "-Cprofile-generate=$work/counts" "$@"
HEALTHCORE_BINARY=$work/$host/release/healthcore benches/compare.sh train --rounds 1 --seconds 4
"$profdata" merge -o "$work/profile" "$work/counts"
use=-Cprofile-use=$work/profile

# What of the Rust in it has run lies together in the program, most often first: whatever runs brings 64 KiB around it into
# the memory of the process. LLD can do that, with which rustc links on x86-64 Linux; another linker takes its own order.
order=-Clink-arg=-Xlinker$'\x1f'-Clink-arg=--symbol-ordering-file=$work/order
order+=$'\x1f'-Clink-arg=-Xlinker$'\x1f'-Clink-arg=--no-warn-symbol-ordering
"$profdata" show --all-functions --counts "$work/profile" | awk '
    /^  [^ ].*:$/ { name = $0; sub(/:$/, "", name); sub(/^.*[ ;]/, "", name) }
    /^    Block counts: / {
        split($0, counts, /[^0-9]+/)
        most = 0
        for (i in counts) if (counts[i] + 0 > most) most = counts[i] + 0
        if (most > 0) printf "%.0f %s\n", most, name
    }' | LC_ALL=C sort -rn | cut -d " " -f 2 >"$work/order"
[ -s "$work/order" ] || { echo "$profdata tells of no function that has run" >&2; exit 1; }
IFS=$'\x1f' read -r -a words <<<"${flags:+$flags$'\x1f'}$order"
if echo "fn main() {}" | rustc "${words[@]}" -o "$work/linked" - 2>/dev/null; then
    use+=$'\x1f'$order
fi
build "$use" "$@"
install -D -m 0755 "$work/$host/release/healthcore" "$target/release/healthcore"
