#!/usr/bin/env bash
# Gives the commands hostile inputs, drawn at random, and says how many were answered well (docs/security.md).
#
#   bash scripts/hostile.sh [SECONDS] [campaign.py's options, such as --seed 7 --kinds JSON --verbose]
#
# SECONDS  how long (default: 60)
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
VENV=${TEST_VENV:-$ROOT/.venv-test}
ensure_environment "$(runtime_extra),dev"

seconds=60
if [[ ${1:-} =~ ^[0-9]+$ ]]; then seconds=$1; shift; fi
exec "$VENV/bin/python" "$ROOT/tests/hostile/campaign.py" --seconds "$seconds" "$@"
