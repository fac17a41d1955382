#!/usr/bin/env bash
# Measures other sandboxes beside Vesicle, in one run on one machine, and prints a table.
#
#     host/sandbox/benches/peers/run.sh [--quick]
#
# Installs the peers, pinned, under cargo's target directory, the first time: isolated-vm and
# quickjs-emscripten from npm, pydantic-monty and deno from PyPI. A peer that cannot be installed or
# measured is said and left out. Needs node 20 or 22, npm and python3; isolated-vm, where it is not
# prebuilt, a C++ compiler and node's headers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
peers=$CARGO_TARGET_DIR/bench-peers
mkdir -p "$peers"

say() { echo "peers: $*" >&2; }

# $1: what the pinned versions are read from. True when they are installed already.
installed() { cmp -s "$here/$1" "$peers/$1.installed"; }

# isolated-vm is native code: a prebuilt one where it can be had, otherwise built here, with the
# headers that came with node.
install_npm() {
  installed package-lock.json && return
  cp "$here/package.json" "$here/package-lock.json" "$peers/"
  npm ci --prefix "$peers" --no-audit --no-fund --ignore-scripts || return
  if [ -e /usr/include/node/node.h ]; then export npm_config_nodedir=/usr; fi
  npm rebuild --prefix "$peers" --foreground-scripts isolated-vm || return
  cp "$here/package-lock.json" "$peers/package-lock.json.installed"
}

# One by one: a package that there is not for this machine must not keep the others out.
install_python() {
  installed requirements.txt && return
  python3 -m venv --clear "$peers/venv" || return
  local requirement status=0
  while read -r requirement; do
    "$peers/venv/bin/pip" install --quiet --no-deps "$requirement" || status=1
  done < <(grep -v '^#' "$here/requirements.txt")
  if [ "$status" != 0 ]; then return 1; fi
  cp "$here/requirements.txt" "$peers/requirements.txt.installed"
}

say "installing"
install_npm >"$peers/npm.log" 2>&1 || say "not all of npm's peers are installed: see $peers/npm.log"
install_python >"$peers/pip.log" 2>&1 || say "not all of PyPI's peers are installed: see $peers/pip.log"

cp "$here"/*.mjs "$peers/"
if [ -x "$peers/venv/bin/deno" ]; then export PEERS_DENO=$peers/venv/bin/deno; fi
cargo build --quiet --locked --release --manifest-path "$root/Cargo.toml" --bin vesicle

results=$peers/results.jsonl
: >"$results"
say "measuring Vesicle"
"$CARGO_TARGET_DIR/release/vesicle" bench --json "$@" >"$peers/vesicle.json"
say "measuring isolated-vm, quickjs-emscripten, node, deno"
node "$peers/measure.mjs" "$@" >>"$results" || say "the peers that node drives were not all measured"
say "measuring Monty"
"$peers/venv/bin/python" "$here/measure.py" "$@" >>"$results" || say "Monty was not measured"
node "$peers/table.mjs" "$peers/vesicle.json" "$results"
