#!/bin/sh
# Installs the two PostgreSQL servers that host/memory's tests start: Debian's, which has no pgvector, and the one in PyPI's
# pgserver, which has it. Does nothing when they are there already and the pinned version has not changed.
set -eu
cd "$(dirname "$0")"

if [ ! -x /usr/lib/postgresql/15/bin/postgres ]; then
    [ "$(id -u)" = 0 ] || { echo "$0: PostgreSQL is missing: run apt-get install postgresql-15 as root" >&2; exit 1; }
    apt-get update -q
    # No server of the system's: tests make their own, in directories of their own.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql-15
fi

if ! cmp -s requirements.txt .venv/.installed-from; then
    python3 -m venv --clear .venv
    .venv/bin/pip install --quiet --no-deps --requirement requirements.txt
    ln -s "$(echo .venv/lib/python3*/site-packages/pgserver/pginstall | sed 's|^\.venv/||')" .venv/pginstall
    cp requirements.txt .venv/.installed-from
fi
