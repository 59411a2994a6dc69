#!/usr/bin/env bash
# From nothing to scores: trains a beta-VAE and a JL1-VAE on three-dots, exports both, scores both, prints one table.
#
#   bash scripts/quickstart.sh
#
# Needs Python 3.11 and pip; makes .venv on the first run.  About 7 minutes on two cores after the installation.
# Results go to RUNS (default: runs/quickstart).  Running it again reuses what is there.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 0; }
use_environment
export PATH

runs=${RUNS:-$ROOT/runs/quickstart}
metrics=(mig modularity_explicitness local_mig_0_1 local_modularity_0_1)
for model in beta_vae jlonevae; do
    say "$model on three-dots"
    bash "$ROOT/scripts/train_export_evaluate.sh" "$runs/$model" "quickstart_$model" "${metrics[@]}"
done

say "Scores (higher is better)"
python -m unbraid.evaluation.summary "$runs/beta_vae" "$runs/jlonevae"
say "Written"
for model in beta_vae jlonevae; do
    for part in model representation metrics; do echo "  $runs/$model/$part"; done
done
