#!/usr/bin/env bash
# Ends commands at random moments (kill -9, SIGTERM, Ctrl-C), or starts two at once, and says what was left or lost.
#
#   bash scripts/kill.sh [TRIALS] [kills.py's options, such as --seed 7 --commands train]
#
# TRIALS  how many (default: 40)
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
VENV=${TEST_VENV:-$ROOT/.venv-test}
ensure_environment "$(runtime_extra),dev"

trials=40
if [[ ${1:-} =~ ^[0-9]+$ ]]; then trials=$1; shift; fi
exec "$VENV/bin/python" "$ROOT/tests/hostile/kills.py" --trials "$trials" "$@"
