#!/usr/bin/env bash
# Uses the admin panel in a real Chromium: every page and every flow, at 360 and 1280 px, light and dark, with
# JavaScript on and off, against servers of its own on SQLite, and the flows on a PostgreSQL of its own. The last line
# sums it up; pictures of what failed are in target/browser/results.
#
#   scripts/test-browser.sh                                  all of it
#   scripts/test-browser.sh patients.test.mjs                some files, on SQLite
#   BROWSER_DATABASES=postgres scripts/test-browser.sh       one database
#   BROWSER_TEST_BINARY=$PWD/target/release/healthcore scripts/test-browser.sh weight.test.mjs
#                                                            the figures of an optimized server
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

sources=$PWD/tests/browser
target=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
target=${target:-$PWD/target}
folder=$target/browser
results=$folder/results
flows='session.test.mjs account.test.mjs patients.test.mjs doctors.test.mjs mappings.test.mjs users.test.mjs'

. scripts/packages.sh

has_node() {
    command -v npm >/dev/null 2>&1 && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'
}

find_chromium() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

if ! has_node; then
    echo "Node.js 20 or later with npm is missing. Installing it with the package manager." >&2
    if ! install_packages 'nodejs npm' 'nodejs nodejs-npm' 'nodejs npm' 'node' >&2 || ! has_node; then
        echo "Install Node.js 20 or later with npm from https://nodejs.org and run this again." >&2
        exit 1
    fi
fi
if ! BROWSER_TEST_CHROMIUM=$(find_chromium); then
    echo "Chromium is missing. Installing it with the package manager." >&2
    if ! install_packages 'chromium fonts-dejavu-core' 'chromium' 'chromium ttf-dejavu' '--cask chromium' >&2 ||
        ! BROWSER_TEST_CHROMIUM=$(find_chromium); then
        echo "Install Chromium (Debian: sudo apt-get install chromium), or name one: CHROMIUM=/path/to/it $0" >&2
        exit 1
    fi
fi

# The packages are installed outside the sources, anew when the list has changed. No browser comes with them.
mkdir -p "$folder"
if ! cmp -s "$sources/package-lock.json" "$folder/installed.json"; then
    echo "Installing playwright-core, axe-core and pg into $folder."
    cp "$sources/package.json" "$sources/package-lock.json" "$folder/" &&
        (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) &&
        cp "$sources/package-lock.json" "$folder/installed.json" || exit 1
fi

cargo build -p healthcore-server --bin healthcore || exit 1
cargo build -p healthcore-testkit --bin with-postgres || exit 1

export BROWSER_TEST_CHROMIUM BROWSER_TEST_FOLDER=$folder
export BROWSER_TEST_BINARY=${BROWSER_TEST_BINARY:-$target/debug/healthcore}
rm -rf "$results"
mkdir -p "$results"

# Runs the tests of some files on a database, and keeps what came of it: one line for each test.
run() {
    local database=$1
    shift
    local command=(node --test --test-concurrency="${BROWSER_CONCURRENCY:-2}" --test-reporter=spec
        --test-reporter-destination=stdout --test-reporter=tap --test-reporter-destination="$results/$database.tap" "$@")
    if [ "$database" = postgres ]; then
        command=("$target/debug/with-postgres" "${command[@]}")
    fi
    (cd "$sources" && BROWSER_TEST_DATABASE=$database "${command[@]}")
}

count() {
    cat "$results"/*.tap 2>/dev/null | awk -v word="$1" '$1 == "#" && $2 == word { sum += $3 } END { print sum + 0 }'
}

status=0
if [ $# -gt 0 ]; then
    run sqlite "$@" || status=1
else
    for database in ${BROWSER_DATABASES:-sqlite postgres}; do
        if [ "$database" = sqlite ]; then
            # shellcheck disable=SC2046 # no name of a file has a blank in it
            run sqlite $(cd "$sources" && ls ./*.test.mjs) || status=1
            node "$sources/coverage.mjs" crates/admin/src/routes || status=1
        else
            # shellcheck disable=SC2086 # the list is split into its names
            run "$database" $flows || status=1
        fi
    done
fi
cat "$results/figures.txt" 2>/dev/null
failed=$(($(count fail) + $(count cancelled)))
if [ "$failed" = 0 ] && [ "$status" != 0 ]; then
    failed=1
fi
echo "browser: $(count pass) passed, $failed failed"
exit "$status"
