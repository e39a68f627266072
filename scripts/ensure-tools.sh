#!/bin/sh
# Checks that Rust and a C compiler are there: SQLite and the PostgreSQL client are compiled from source. With the
# argument `openssl` also what OpenSSL is compiled with, for the feature `postgres-tls`.
set -eu

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

if ! command -v cargo >/dev/null 2>&1; then
    fail "Rust is missing: cargo is not on PATH." \
        "Install it from https://rustup.rs and open a new terminal. The right version then comes by itself."
fi

has_compiler() {
    for compiler in "${CC:-cc}" gcc clang; do
        if command -v "$compiler" >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

if ! has_compiler; then
    fail "A C compiler is missing: none of ${CC:-cc}, gcc and clang is on PATH. Install one:" \
        "    Debian, Ubuntu   sudo apt-get install build-essential" \
        "    Fedora, RHEL     sudo dnf install gcc make" \
        "    Alpine           sudo apk add build-base" \
        "    macOS            xcode-select --install"
fi

if [ "${1:-}" != openssl ]; then
    exit 0
fi
# The modules are what OpenSSL's own `Configure` begins with; some systems package them apart from perl.
if ! command -v make >/dev/null 2>&1 ||
    ! perl -MFindBin -MIPC::Cmd -MFile::Compare -MFile::Copy -MTime::Piece -e 1 >/dev/null 2>&1; then
    fail "TLS to PostgreSQL (the feature postgres-tls) compiles OpenSSL, which takes make and perl. Install them:" \
        "    Debian, Ubuntu   sudo apt-get install make perl" \
        "    Fedora, RHEL     sudo dnf install make perl-core" \
        "    Alpine           sudo apk add make perl linux-headers" \
        "    macOS            xcode-select --install" \
        "or build without it: cargo build --release"
fi
