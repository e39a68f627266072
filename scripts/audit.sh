#!/usr/bin/env bash
# Checks the dependencies against deny.toml with cargo-deny, which is installed into the target folder when it is
# missing. Licenses, bans and sources need no network; known vulnerabilities need the database of RustSec on
# github.com. Where that cannot be had, this says so: a warning for a person, a failure where the variable CI is set.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

version=0.20.2
cargo=${CARGO:-cargo}

target=$("$cargo" metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
tools=${target:-target}/tools
deny=$tools/bin/cargo-deny

if [ "$("$deny" --version 2>/dev/null)" != "cargo-deny $version" ]; then
    echo "Installing cargo-deny $version into $tools; this takes some minutes, once."
    if ! "$cargo" install --locked --quiet --root "$tools" "cargo-deny@$version"; then
        echo "cargo-deny could not be installed: nothing was checked." >&2
        exit 1
    fi
fi

status=0
"$deny" --all-features check licenses bans sources || status=1

advisories() {
    "$deny" --all-features --offline check advisories || status=1
}

if "$deny" --all-features fetch db index; then
    advisories
elif ls -d "${CARGO_HOME:-$HOME/.cargo}"/advisory-dbs/*/ >/dev/null 2>&1; then
    advisories
    echo "WARNING: the advisory database cannot be fetched; advisories were checked with an earlier copy." >&2
else
    echo "WARNING: advisories were NOT checked: the database of RustSec on github.com cannot be fetched." >&2
    [ -z "${CI:-}" ] || status=1
fi
exit "$status"
