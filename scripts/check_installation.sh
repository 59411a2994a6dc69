#!/usr/bin/env bash
# Checks an environment that unbraid is installed in: what the package holds, and that it works from another folder.
#
#   bash scripts/check_installation.sh ENVIRONMENT
#
# ENVIRONMENT  a virtual environment's folder
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] && [ $# -eq 1 ] || { usage; exit 2; }
PATH=$(cd "$1" && pwd)/bin:$PATH
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"

python - "$ROOT" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

import unbraid

package, root = Path(unbraid.__file__).parent, Path(sys.argv[1])
assert package.name == "unbraid" and root not in package.parents and package != root, package
assert version("unbraid") == unbraid.__version__
for pattern, folder in (("*.gin", "gin_configs"), ("*", "evaluation/reporting/pages/templates"), ("*.bib", "evaluation")):
    wanted = {path.relative_to(root) for path in (root / folder).rglob(pattern) if path.is_file()}
    assert wanted and not [path for path in wanted if not (package / path).is_file()], folder
assert (package / "py.typed").is_file()
unwanted = [name for name in ("tests", "benchmarks", "scripts", "docs") if (package / name).exists()]
assert not unwanted, unwanted
factors = np.stack(np.unravel_index(np.arange(240) % 60, (3, 4, 5)), axis=1)
assert unbraid.score(factors + 0.0, factors, metrics=["mig"])["mig"]["discrete_mig"] > 0.99
PYTHON
unbraid --version
unbraid train --gin_config quickstart_beta_vae --model_dir run/model --gin_bindings "model.training_steps = 2" \
    "dataset.name = 'threeDotsCacheSmall'"
unbraid-export --model_dir run/model --output_dir run/representation
unbraid-evaluate --model_dir run/representation --output_dir run/metrics/unsupervised --gin_config unsupervised \
    --gin_bindings "unsupervised_metrics.num_train = 200"
unbraid-report run --no_pictures
unbraid-report run --cite
test -s run/report.html
