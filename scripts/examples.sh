#!/usr/bin/env bash
# Executes the notebooks in examples/ with a Jupyter kernel, and stores their outputs, which the site shows.
#
#   bash scripts/examples.sh [NOTEBOOK ...]
#
# NOTEBOOK  such as examples/arrays.ipynb (default: all).  Needs nbclient and ipykernel: pip install 'unbraid[cpu,examples]'
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
use_environment examples
[ $# -gt 0 ] || set -- "$ROOT"/examples/*.ipynb
for notebook; do
    say "$notebook"
    python "$ROOT/examples/execute.py" "$notebook"
done
