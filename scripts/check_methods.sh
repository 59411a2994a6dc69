#!/usr/bin/env bash
# Trains, exports and scores one model of every method for a few hundred steps: a check by night, not a result.
#
#   bash scripts/check_methods.sh RUNS [STEPS]
#
# RUNS    folder for the runs, one folder a config; what is there already is left alone
# STEPS   updates of each training (default: 300)
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 1 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment

runs=$1 steps=${2:-300}
failed=()
for config in "$ROOT"/gin_configs/training/*_dsprites_full.gin "$ROOT"/gin_configs/training/jl*_three_dots.gin; do
    name=$(basename "$config" .gin)
    say "$name"
    bash "$ROOT/scripts/train.sh" "$runs/$name" "$name" "model.training_steps = $steps" 'model.eval_steps = 10' &&
        bash "$ROOT/scripts/export.sh" "$runs/$name" &&
        bash "$ROOT/scripts/evaluate.sh" "$runs/$name" mig || failed+=("$name")
done
[ ${#failed[@]} = 0 ] || fail "Failed: ${failed[*]}"
say "Every method trains, exports and is scored."
