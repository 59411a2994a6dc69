# Shared by the scripts: a virtual environment with unbraid in it.  Sourced, not run.
#
#   PYTHON   the Python to make environments with (default: python3; 3.11 or newer)
#   VENV     where the environment is (default: .venv in the repository)

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=${VENV:-$ROOT/.venv}

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }
fail() { printf '%s\n' "$*" >&2; exit 2; }

# ONNX Runtime comes as one of two packages that exclude each other.
runtime_extra() {
    if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then echo gpu; else echo cpu; fi
}

# ensure_environment EXTRAS: makes $VENV and installs unbraid (editable) with the pinned versions, unless that is done.
ensure_environment() {
    local extras=$1 stamp
    stamp=$(cat "$ROOT/setup.py" "$ROOT/constraints.txt" | cksum | cut -d' ' -f1)-$(echo "$extras" | tr ',' '-')
    if [ -f "$VENV/.installed-$stamp" ]; then return; fi
    local python=${PYTHON:-python3}
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "unbraid needs Python 3.11 or newer; found $("$python" --version 2>&1 || echo none). Set PYTHON=/path/to/python3.11."
    say "Installing unbraid[$extras] into $VENV (once)"
    "$python" -m venv "$VENV"
    "$VENV/bin/python" -m pip install --quiet --upgrade pip
    # torch first and pinned, so that nothing else pulls in another build of it.
    "$VENV/bin/python" -m pip install --quiet --constraint "$ROOT/constraints.txt" torch
    "$VENV/bin/python" -m pip install --quiet --constraint "$ROOT/constraints.txt" --editable "$ROOT[$extras]"
    touch "$VENV/.installed-$stamp"
}

# use_environment [EXTRAS]: uses the environment that is active, if unbraid is in it; otherwise the repository's own,
# with the extras given.
use_environment() {
    # Not `import unbraid`: a clone of that name in the working directory can be imported, too.
    if ! command -v unbraid-train >/dev/null 2>&1; then
        ensure_environment "$(runtime_extra)${1:+,$1}"
        PATH=$VENV/bin:$PATH
    fi
}

# usage: prints the comment at the top of the calling script.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }
