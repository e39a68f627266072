#!/bin/sh
# Makes sure that the tests find the programs of a PostgreSQL server; installs them where that is possible. The
# tests start a server of their own from these programs: a server that the package starts is not touched.
set -eu

# The same places, in the same order, as crates/testkit/src/postgres/programs.rs.
found() {
    if [ -n "${HEALTHCORE_TEST_POSTGRES_URL:-}" ]; then
        return 0
    fi
    if [ -n "${HEALTHCORE_TEST_PG_BIN:-}" ]; then
        has_programs "$HEALTHCORE_TEST_PG_BIN"
        return
    fi
    if command -v initdb >/dev/null 2>&1 && command -v postgres >/dev/null 2>&1; then
        return 0
    fi
    for folder in "$(pg_config --bindir 2>/dev/null || true)" \
        /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* /usr/lib/postgresql*/bin \
        /usr/local/pgsql/bin /usr/local/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin; do
        if has_programs "$folder"; then
            return 0
        fi
    done
    return 1
}

has_programs() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ]
}

. "$(dirname "$0")/packages.sh"

if found; then
    exit 0
fi
if [ -n "${HEALTHCORE_TEST_PG_BIN:-}" ]; then
    echo "HEALTHCORE_TEST_PG_BIN is $HEALTHCORE_TEST_PG_BIN, but initdb and postgres are not there." >&2
    exit 1
fi
echo "PostgreSQL is missing, and half of the tests need it. Installing it with the package manager." >&2
if install_packages postgresql postgresql-server postgresql postgresql@17 >&2 && found; then
    exit 0
fi
cat >&2 <<'END'

PostgreSQL could not be installed. Install version 13 or later yourself, then try again:
    Debian, Ubuntu   sudo apt-get install postgresql
    Fedora, RHEL     sudo dnf install postgresql-server
    Alpine           sudo apk add postgresql
    macOS            brew install postgresql@17
or name the folder with initdb and postgres:
    make test HEALTHCORE_TEST_PG_BIN=/usr/lib/postgresql/17/bin
or a running server, with a user who may create databases:
    make test HEALTHCORE_TEST_POSTGRES_URL=postgres://user:password@host:5432/postgres
END
exit 1
