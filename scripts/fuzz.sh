#!/usr/bin/env bash
# Runs every fuzz target, or those that are named, under libFuzzer for FUZZ_SECONDS each (60). What it has learned
# stays in target/fuzz/corpus. An input that breaks a rule is kept in target/fuzz/findings: copied to the seeds,
# crates/<crate>/fuzz/<target>, it is tried by every `cargo test`.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

seconds=${FUZZ_SECONDS:-60}
target=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
work=${target:-$PWD/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# Coverage that libFuzzer reads, by stable flags; libFuzzer itself comes as source with the crate bolero-libfuzzer.
if ! command -v "${CXX:-c++}" >/dev/null 2>&1; then
    echo "A C++ compiler is missing: libFuzzer is built from source. On Debian and Ubuntu: apt-get install g++" >&2
    exit 1
fi
RUSTFLAGS="--cfg fuzzing --cfg fuzzing_libfuzzer -Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    RUSTFLAGS+=" -Cllvm-args=-sanitizer-coverage-$option"
done
export RUSTFLAGS BOLERO_FUZZER=libfuzzer

# One after the other: a crate must not switch on features of another one.
failed=0
ran=0
for crate in domain security http; do
    program=$(cargo test --profile fuzz --target "$host" --target-dir "$work/build" -p "healthcore-$crate" --lib \
        --all-features --no-run --message-format json-render-diagnostics |
        sed -n "s/.*\"executable\":\"\([^\"]*\)\".*/\1/p" | tail -n 1)
    if [ -z "$program" ]; then
        echo "The fuzz targets of $crate could not be built." >&2
        exit 1
    fi
    for test in $("$program" --list --format terse | sed -n 's/^\(.*fuzz::target::.*\): test$/\1/p'); do
        name=${test##*::}
        if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qxF -e "$name"; then
            continue
        fi
        seeds=crates/$crate/fuzz/$name
        corpus=$work/corpus/$name
        findings=$work/findings/$name
        log=$work/$name.log
        mkdir -p "$corpus" "$findings"
        # The first folder is the one that libFuzzer adds to.
        BOLERO_LIBFUZZER_ARGS="$corpus $seeds -artifact_prefix=$findings/ -max_total_time=$seconds -timeout=10 \
-rss_limit_mb=2048 -print_final_stats=1" \
            "$program" --exact "$test" --nocapture --test-threads 1 >"$log" 2>&1
        status=$?
        ran=$((ran + 1))
        if [ "$status" -ne 0 ]; then
            failed=$((failed + 1))
            tail -n 40 "$log"
        fi
        awk -v name="$name" -v status="$status" '
            / cov: / { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "corp:") corp = $(i + 1) }
                       if (!first) first = cov }
            /^stat::number_of_executed_units/ { runs = $2 }
            /^stat::average_exec_per_sec/ { rate = $2 }
            END { printf "%-16s %10d runs %8d/s  coverage %d -> %d, corpus %s  %s\n", name, runs, rate, first, cov, corp,
                  status ? "FAILED" : "ok" }
        ' "$log"
    done
done
echo "$ran fuzz targets, $failed failed"
[ "$ran" -gt 0 ] && [ "$failed" -eq 0 ]
