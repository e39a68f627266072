#!/bin/sh
# Makes sure that the programs that load a server are there; installs them where that is possible.
set -eu

missing() {
    for program in wrk setpriv; do
        command -v "$program" >/dev/null || printf ' %s' "$program"
    done
    # On Debian both are there without the programs that they call.
    for program in pgbench psql; do
        "$program" --version >/dev/null 2>&1 || printf ' %s' "$program"
    done
}

. "$(dirname "$0")/packages.sh"

if [ -z "$(missing)" ]; then
    exit 0
fi
echo "missing:$(missing). Installing with the package manager." >&2
if install_packages "wrk postgresql util-linux" "wrk postgresql-server postgresql-contrib util-linux" \
    "wrk postgresql postgresql-client setpriv" "wrk postgresql@17" >&2 && [ -z "$(missing)" ]; then
    exit 0
fi
echo "missing:$(missing). Install wrk, PostgreSQL with pgbench, and setpriv of util-linux yourself, then try again." >&2
exit 1
