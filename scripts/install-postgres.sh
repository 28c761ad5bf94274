#!/bin/sh
# Puts PostgreSQL's server programs on this machine, when they are not there yet.
#
# alis and its tests start a private PostgreSQL of their own. For that they need two programs,
# initdb and postgres, and no running server: nothing here creates, starts or changes a database.
# Set PG_BIN to a folder with both programs to have that one used and nothing installed.
set -eu

MAJOR_MIN=15 # The oldest major version whose SQL alis is tested with.

# Prints the first folder with initdb and a recent enough postgres; fails when there is none.
find_server() {
    if [ -n "${PG_BIN:-}" ]; then
        is_server "$PG_BIN"
        return
    fi
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
        is_server "$dir" && return
    done
    on_path=$(command -v postgres) && is_server "$(dirname "$on_path")"
}

is_server() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
    # "postgres (PostgreSQL) 15.14 (Debian ...)" or "postgres (PostgreSQL) 18beta1"
    major=$("$1/postgres" --version | sed 's/^[^)]*) *\([0-9]*\).*/\1/')
    [ "${major:-0}" -ge "$MAJOR_MIN" ] && echo "$1"
}

install_server() {
    if command -v apt-get >/dev/null; then
        install_with_apt
    elif command -v dnf >/dev/null; then
        as_root dnf install -y postgresql-server
    elif command -v apk >/dev/null; then
        as_root apk add postgresql
    elif command -v brew >/dev/null; then
        brew install postgresql@18
    else
        give_up "no apt-get, dnf, apk or brew on this machine"
    fi
}

# Debian's package would create a cluster and start it at every boot. A setting tells it not to;
# it lies there only while the package is installed, so that later clusters are made as usual.
install_with_apt() {
    settings=/etc/postgresql-common/createcluster.d
    as_root mkdir -p "$settings"
    echo "create_main_cluster = false" | as_root tee "$settings/alis.conf" >/dev/null
    trap 'as_root rm -f "$settings/alis.conf"' EXIT
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends postgresql
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        echo "With sudo: $*" >&2
        sudo "$@"
    else
        give_up "installing needs root, and there is no sudo; run this script as root"
    fi
}

give_up() {
    cat >&2 <<EOF
No PostgreSQL $MAJOR_MIN or newer was found: $1.
Do one of these:
  - install PostgreSQL's server with your system's package manager,
    or from https://www.postgresql.org/download/
  - set PG_BIN to the folder that holds initdb and postgres
  - set DATABASE_URL to a PostgreSQL server to use (for the tests: TEST_DATABASE_URL)
EOF
    exit 69 # EX_UNAVAILABLE of sysexits.h
}

if found=$(find_server); then
    echo "PostgreSQL is here: $found"
    exit 0
fi
[ -z "${PG_BIN:-}" ] || give_up "PG_BIN=$PG_BIN has no initdb and postgres of that age"
echo "PostgreSQL $MAJOR_MIN or newer is not here; installing it." >&2
install_server
found=$(find_server) || give_up "the package installed just now is older, or lies elsewhere"
echo "PostgreSQL is installed: $found"
