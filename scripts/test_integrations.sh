#!/usr/bin/env bash
# Tests the parts that work with other libraries (Lightning, transformers, MLflow, Weights & Biases) against the real ones.
#
#   bash scripts/test_integrations.sh [PYTEST OPTIONS]
#
# They are installed with unbraid into an environment of their own (INTEGRATIONS_DIR, default: .venv-integrations), which
# takes minutes.  The normal suite skips these tests where a library is missing.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
FOLDER=${INTEGRATIONS_DIR:-$ROOT/.venv-integrations}
stamp="$FOLDER/.made-from-$(cksum < "$ROOT/setup.py" | cut -d' ' -f1)"
if [ ! -f "$stamp" ]; then
    say "Installing into $FOLDER"
    rm -rf "${FOLDER:?}"
    "${PYTHON:-python3}" -m venv "$FOLDER"
    # torch alone is pinned: these libraries have upper bounds that exclude versions in constraints.txt.
    "$FOLDER/bin/python" -m pip install --quiet --constraint "$ROOT/constraints.txt" torch
    "$FOLDER/bin/python" -m pip install --quiet --editable "$ROOT[$(runtime_extra),test,lightning,transformers,mlflow,wandb]"
    touch "$stamp"
fi
cd "$ROOT"
"$FOLDER/bin/python" -m pytest -q -p no:cacheprovider tests/integrations tests/training/test_trackers.py "$@"
