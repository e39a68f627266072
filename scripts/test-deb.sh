#!/usr/bin/env bash
# Makes the package, installs it, starts the server as the package's user by the unit's own line, looks at it, and removes
# the package. Takes root on a Debian without this package. HEALTHCORE_BINARY names the binary to pack; without one, and
# without a release, it is the one for development.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "FAILED: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "installing a package takes root"
if dpkg -s healthcore >/dev/null 2>&1; then fail "the package is installed here already; this test would remove it"; fi
for path in /etc/healthcore /var/lib/healthcore; do [ ! -e "$path" ] || fail "$path is there; this test would remove it"; done

cargo=${CARGO:-cargo}
target=$("$cargo" metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
if [ -z "${HEALTHCORE_BINARY:-}" ] && [ ! -x "$target/release/healthcore" ]; then
    "$cargo" build -p healthcore-server
    HEALTHCORE_BINARY=$target/debug/healthcore
fi
export HEALTHCORE_BINARY=${HEALTHCORE_BINARY:-$target/release/healthcore}
package=$(scripts/deb.sh)
echo "made $package, $(du -h "$package" | cut -f1)"

log=$(mktemp)
had_user=$(getent passwd healthcore || true)
clean() {
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
    dpkg --purge healthcore >/dev/null 2>&1 || true
    rm -rf /var/lib/healthcore "$log"
    [ -n "$had_user" ] || userdel healthcore 2>/dev/null || true
}
trap clean EXIT

passed=0
ok() { passed=$((passed + 1)); echo "ok: $*"; }

dpkg --install "$package" >/dev/null
healthcore --version >/dev/null && ok "the package installs"
[ "$(stat -c '%U %a' /var/lib/healthcore)" = "healthcore 700" ] || fail "the data folder: $(stat -c '%U %a' /var/lib/healthcore)"
[ "$(stat -c '%U %a' /etc/healthcore/secret.key)" = "healthcore 600" ] || fail "the secret can be read by others"
[ "$(stat -c '%U:%G %a' /etc/healthcore/healthcore.toml)" = "root:healthcore 640" ] || fail "the settings"
ok "secrets and records are for the package's user"
zcat /usr/share/man/man1/healthcore-backup.1.gz | grep -q 'healthcore backup' || fail "no manual page"
[ -s /usr/share/bash-completion/completions/healthcore ] || fail "no completions"
ok "manual pages and completions are there"

unit=/lib/systemd/system/healthcore.service
if command -v systemd-analyze >/dev/null; then
    systemd-analyze verify --man=no "$unit" || fail "systemd refuses the unit"
    ok "systemd takes the unit"
fi

as_user() {
    (cd /var/lib/healthcore && exec setpriv --reuid=healthcore --regid=healthcore --init-groups --no-new-privs \
        --inh-caps=-all env -i PATH=/usr/bin:/bin HEALTHCORE_BIND=127.0.0.1:0 "$@")
}
# The words of the lines stand for themselves: there are no quotes in them.
read -r -a before <<<"$(sed -n 's/^ExecStartPre=//p' "$unit")"
read -r -a start <<<"$(sed -n 's/^ExecStart=//p' "$unit")"
as_user "${before[@]}" >/dev/null || fail "ExecStartPre"
ok "the settings are good for production"
(cd /var/lib/healthcore && exec setpriv --reuid=healthcore --regid=healthcore --init-groups --no-new-privs \
    --inh-caps=-all env -i PATH=/usr/bin:/bin HEALTHCORE_BIND=127.0.0.1:0 "${start[@]}") 2>"$log" &
server=$!
for _ in $(seq 100); do
    address=$(sed -n 's/.* listens on //p' "$log")
    [ -n "$address" ] && healthcore healthcheck --url "http://$address" >/dev/null 2>&1 && break
    sleep 0.1
done
healthcore healthcheck --url "http://$address" >/dev/null || { cat "$log" >&2; fail "the server is not ready"; }
[ "$(ps -o user= -p "$server" | tr -d ' ')" = healthcore ] || fail "the server runs as $(ps -o user= -p "$server")"
ok "the server starts as the package's user by the line of the unit"
as_user healthcore backup --config /etc/healthcore/healthcore.toml /var/lib/healthcore/first.backup >/dev/null
as_user healthcore restore --config /etc/healthcore/healthcore.toml --check /var/lib/healthcore/first.backup >/dev/null
ok "a backup is made and is good"
kill -TERM "$server"
wait "$server" || fail "the server did not end well"
server=
ok "the server ends by SIGTERM"

dpkg --install "$package" >/dev/null
[ -e /var/lib/healthcore/healthcore.db ] || fail "the records are gone after an upgrade"
ok "an upgrade keeps the records"
dpkg --remove healthcore >/dev/null
[ ! -e /usr/bin/healthcore ] && [ -e /etc/healthcore/healthcore.toml ] || fail "remove"
ok "removed; the settings stay"
dpkg --purge healthcore >/dev/null 2>&1
[ ! -e /etc/healthcore ] && [ -e /var/lib/healthcore/healthcore.db ] || fail "purge"
ok "purged; the records stay"
echo "$passed passed, 0 failed"
