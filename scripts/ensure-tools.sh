#!/bin/sh
# Checks that Rust and a C compiler are there: SQLite and the PostgreSQL client are compiled from source.
set -eu

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

if ! command -v cargo >/dev/null 2>&1; then
    fail "Rust is missing: cargo is not on PATH." \
        "Install it from https://rustup.rs and open a new terminal. The right version then comes by itself."
fi

for compiler in "${CC:-cc}" gcc clang; do
    if command -v "$compiler" >/dev/null 2>&1; then
        exit 0
    fi
done
fail "A C compiler is missing: none of ${CC:-cc}, gcc and clang is on PATH. Install one:" \
    "    Debian, Ubuntu   sudo apt-get install build-essential" \
    "    Fedora, RHEL     sudo dnf install gcc make" \
    "    Alpine           sudo apk add build-base" \
    "    macOS            xcode-select --install"
