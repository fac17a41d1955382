#!/bin/sh
# Makes components of words.js and words.py with toolchains that others make, for
# host/plugins/tests/components/foreign.rs, as target/foreign/js.wasm and py.wasm. Does nothing where they are there
# already. Needs node, npm, python3 and their registries.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
out=$target/foreign
mkdir -p "$out"
out=$(cd "$out" && pwd)
made_of=$(cat "$here"/setup.sh "$here"/package.json "$here"/words.* "$here"/wit/*.wit | cksum)
[ "$(cat "$out/made-of" 2>/dev/null)" != "$made_of" ] || exit 0

cp "$here/package.json" "$here/componentize.mjs" "$out/"
(cd "$out" && npm install --silent --no-package-lock --no-audit --no-fund)
(cd "$out" && node componentize.mjs "$here/words.js" "$here/wit" words "$out/js.wasm")

[ -x "$out/venv/bin/componentize-py" ] || python3 -m venv "$out/venv"
"$out/venv/bin/pip" install --quiet --disable-pip-version-check componentize-py==0.25.1
mkdir -p "$out/python"
cp "$here/words.py" "$out/python/words.py"
(cd "$out/python" && "$out/venv/bin/componentize-py" --wit-path "$here/wit" --world words componentize words --output "$out/py.wasm")

printf '%s\n' "$made_of" >"$out/made-of"
