#!/usr/bin/env bash
# Trains, exports and scores one model of every method for a few hundred steps: a check by night, not a result.
#
#   bash scripts/check_methods.sh RUNS [STEPS] [CONFIG ...]
#
# RUNS    folder for the runs, one folder a config; what is there already is left alone
# STEPS   updates of each training (default: 300); its loss has to fall
# CONFIG  training configs (default: all for dSprites, and JL1-VAE's for three-dots)
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 1 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment
export PATH

runs=$1 steps=${2:-300}
shift $(($# < 2 ? $# : 2))
if [ $# -eq 0 ]; then
    for config in "$ROOT"/gin_configs/training/*_dsprites_full.gin "$ROOT"/gin_configs/training/jl*_three_dots.gin; do
        set -- "$@" "$(basename "$config" .gin)"
    done
fi

# loss_falls LOG: whether the last mean of the loss is below the first.
loss_falls() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "loss") column = i }
             NR == 2 { first = $column }
             END { print "loss " first " -> " $column; exit !($column < first) }' "$1"
}

failed=()
for name in "$@"; do
    say "$name"
    bash "$ROOT/scripts/train.sh" "$runs/$name" "$name" "model.training_steps = $steps" 'model.eval_steps = 10' \
        "model.log_steps = $(((steps + 4) / 5))" &&
        loss_falls "$runs/$name/model/train_log.csv" &&
        bash "$ROOT/scripts/export.sh" "$runs/$name" &&
        bash "$ROOT/scripts/evaluate.sh" "$runs/$name" mig || failed+=("$name")
done
[ ${#failed[@]} = 0 ] || fail "Failed: ${failed[*]}"
say "Every method trains, exports and is scored."
