#!/usr/bin/env bash
# Makes clients of the interface by openapi-typescript and openapi-python-client, compiles them, and has each walk through
# a server that runs. Takes node, npm and python3; what else is needed is installed into target/clients.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in node npm python3 curl; do
    command -v "$program" >/dev/null || { echo "$program is missing: install Node.js, Python 3 and curl" >&2; exit 1; }
done
cargo=${CARGO:-cargo}
target=$("$cargo" metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
work=${target:-target}/clients
mkdir -p "$work"
"$cargo" build -p healthcore-server
program=$target/debug/healthcore

data=$(mktemp -d)
trap '[ -z "${server:-}" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true; rm -rf "$data"' EXIT
HEALTHCORE__LIMITS__ENABLED=false "$program" serve --bind 127.0.0.1:0 --data-dir "$data/data" 2>"$data/log" &
server=$!
for _ in $(seq 100); do
    API=http://$(sed -n 's/.* listens on //p' "$data/log")
    [ "$API" != http:// ] && "$program" healthcheck --url "$API" >/dev/null 2>&1 && break
    sleep 0.1
done
export API
curl -fsS "$API/openapi.json" >"$work/openapi.json"

# TypeScript: the types are made of the document, and the walk is compiled with them.
rm -rf "$work/typescript/generated" "$work/typescript/built"
mkdir -p "$work/typescript/generated"
cp tests/clients/typescript/{package.json,package-lock.json,tsconfig.json,walk.ts} "$work/typescript/"
(
    cd "$work/typescript"
    npm ci --silent --no-audit --no-fund --ignore-scripts
    npx --no-install openapi-typescript ../openapi.json -o generated/schema.d.ts
    npx --no-install tsc
    node built/walk.js
)

# Python: a package is made of the document; what the generator cannot make fails the test.
[ -x "$work/python/bin/pip" ] || python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check -r tests/clients/python/requirements.txt
rm -rf "$work/package"
mkdir -p "$work/package"
PATH="$work/python/bin:$PATH" "$work/python/bin/openapi-python-client" generate --fail-on-warning --meta none \
    --config tests/clients/python/config.yaml \
    --path "$work/openapi.json" --output-path "$work/package/healthcore_client" >"$work/python.log" 2>&1 || {
    cat "$work/python.log" >&2
    exit 1
}
"$work/python/bin/python" -m compileall -q "$work/package"
PYTHONPATH="$work/package" "$work/python/bin/python" tests/clients/python/walk.py
echo "2 passed, 0 failed"
