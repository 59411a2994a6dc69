#!/usr/bin/env bash
# Builds the sdist and the wheel of a release, and checks them.
#
#   bash scripts/release.sh [FOLDER]
#
# FOLDER  where they go (default: dist)
#
# The wheel is built from the sdist.  twine checks that an index renders the README; a fresh environment with the wheel
# scores arrays, and a model that it trains and exports, from another folder.  To publish: twine upload FOLDER/*
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
mkdir -p "${1:-$ROOT/dist}"
folder=$(cd "${1:-$ROOT/dist}" && pwd)
[ -z "$(ls -A "$folder")" ] || fail "$folder is not empty. Remove what is in it, or name another folder."
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

say "Building"
"${PYTHON:-python3}" -m venv "$place/tools"
"$place/tools/bin/python" -m pip install --quiet build twine
git -C "$ROOT" archive HEAD | tar -x -C "$place" --one-top-level=source  # what is committed, and nothing else
"$place/tools/bin/python" -m build --outdir "$folder" "$place/source"
"$place/tools/bin/twine" check --strict "$folder"/*

say "Installing the wheel into a fresh environment"
"${PYTHON:-python3}" -m venv "$place/fresh"
"$place/fresh/bin/python" -m pip install --quiet --constraint "$ROOT/constraints.txt" "$(echo "$folder"/*.whl)[$(runtime_extra)]"
bash "$ROOT/scripts/check_installation.sh" "$place/fresh"
say "$(ls "$folder")"
