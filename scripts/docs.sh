#!/usr/bin/env bash
# Builds the documentation site; every warning is an error.
#
#   bash scripts/docs.sh [FOLDER]
#
# FOLDER  where the pages go (default: build/site); open FOLDER/index.html
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
VENV=${TEST_VENV:-$ROOT/.venv-test}
ensure_environment "$(runtime_extra),dev"

site=${1:-$ROOT/build/site}
"$VENV/bin/python" -m sphinx -b html -W --keep-going -q -d "$ROOT/build/doctrees" "$ROOT/docs" "$site"
say "$site/index.html"
