#!/bin/sh
# Installs the official MCP clients that tests/mcp.rs runs against the server, the servers that
# the bridge's tests connect to, and what drives a browser over the dashboard. Does nothing when they are there already and the pinned versions have
# not changed.
set -eu
cd "$(dirname "$0")"

# $1: what was installed from, $2: the stamp that remembers it
unchanged() { cmp -s "$1" "$2"; }

for packages in typescript ../servers ../servers/authorization ../dashboard; do
    if ! unchanged "$packages/package-lock.json" "$packages/node_modules/.installed-from"; then
        (cd "$packages" && npm ci --no-audit --no-fund --ignore-scripts)
        cp "$packages/package-lock.json" "$packages/node_modules/.installed-from"
    fi
done

if ! unchanged python/requirements.txt python/.venv/.installed-from; then
    python3 -m venv --clear python/.venv
    python/.venv/bin/pip install --quiet --requirement python/requirements.txt
    cp python/requirements.txt python/.venv/.installed-from
fi
