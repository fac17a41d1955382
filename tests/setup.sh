#!/bin/sh
# Installs what the tests need beside Rust: MCP clients and servers, SciPy, two PostgreSQL servers, a registry,
# components of other toolchains, a sentence model, and Chromium.
# Does nothing where it is there already.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

"$root/tests/clients/setup.sh"
"$root/host/memory/tests/reference/setup.sh"
"$root/host/memory/tests/local/setup.sh"
"$root/tests/postgresql/setup.sh"
"$root/tests/plugins/setup.sh"
"$root/tests/plugins/registry.sh" install
"$root/tests/dashboard/setup.sh"
