#!/usr/bin/env bash
# Runs the tests in an environment of their own.
#
#   bash scripts/test.sh [--slow] [PYTEST ARGUMENTS]
#
# --slow  also the tests that take minutes
#
# One process for each core, at most 4; -n 0 runs all tests in one, as --pdb does.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
VENV=${TEST_VENV:-$ROOT/.venv-test}
ensure_environment "$(runtime_extra),dev"

marks=()
if [ "${1:-}" = --slow ]; then shift; marks=(-m 'not gpu and not data'); fi
cd "$ROOT"
exec "$VENV/bin/python" -m pytest -n auto --maxprocesses 4 --dist worksteal ${marks[@]+"${marks[@]}"} "$@"
