#!/usr/bin/env bash
# Holds the server against its own OpenAPI document with schemathesis, on SQLite and on a PostgreSQL of its own, and
# asks for the records of one user as another. The last line sums it up.
#
#   scripts/test-contract.sh                       both databases
#   CONTRACT_SEED=7 scripts/test-contract.sh       other cases
#   CONTRACT_DATABASES=sqlite scripts/test-contract.sh --include-operation-id patients_create
#                                                  one database; what follows goes to schemathesis
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

seed=${CONTRACT_SEED:-20261121}
databases=${CONTRACT_DATABASES:-sqlite postgres}
python=${PYTHON:-python3}
export PYTHONDONTWRITEBYTECODE=1

target=$(cargo metadata --no-deps --format-version 1 | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
target=${target:-target}
venv=$target/contract/venv
results=$target/contract/results

. scripts/packages.sh

# Debian has Python without what makes an environment.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "Python with venv is missing. Installing it with the package manager." >&2
    if ! install_packages 'python3 python3-venv' python3 'python3 py3-pip' python@3.12 >&2 || ! "$python" -c 'import ensurepip, venv'; then
        echo "Install Python 3.10 or later with venv (Debian, Ubuntu: sudo apt-get install python3-venv)." >&2
        exit 1
    fi
fi
if ! cmp -s tests/contract/requirements.txt "$venv/requirements.txt"; then
    echo "Installing schemathesis into $venv; this takes a minute, once."
    "$python" -m venv --clear "$venv" &&
        "$venv/bin/python" -m pip install -q --disable-pip-version-check -r tests/contract/requirements.txt &&
        cp tests/contract/requirements.txt "$venv/requirements.txt" || exit 1
fi

cargo build -p healthcore-server --bin healthcore || exit 1
cargo build -p healthcore-testkit --bin with-postgres || exit 1

rm -rf "$results"
mkdir -p "$results"
status=0
for database in $databases; do
    run=("$venv/bin/python" tests/contract/run.py "$target/debug/healthcore" "$results" "$database" "$seed" "$@")
    if [ "$database" = postgres ]; then
        "$target/debug/with-postgres" "${run[@]}" || status=1
    else
        "${run[@]}" || status=1
    fi
    [ -s "$results/$database.txt" ] || echo "$database did not finish" >"$results/$database.txt"
done
summary=
for database in $databases; do
    summary="${summary:+$summary; }$(cat "$results/$database.txt")"
done
echo "contract (seed $seed): $summary"
exit "$status"
