#!/bin/sh
# Installs the Python packages that tests/reference/values.py computes with, at pinned versions. Does
# nothing when they are there already.
set -eu
cd "$(dirname "$0")"
if ! cmp -s requirements.txt .venv/.installed-from; then
    python3 -m venv --clear .venv
    .venv/bin/pip install --quiet --requirement requirements.txt
    cp requirements.txt .venv/.installed-from
fi
