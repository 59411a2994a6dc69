#!/usr/bin/env bash
# Trains, exports and scores one model.  Finished steps are not repeated.
#
#   bash scripts/train_export_evaluate.sh RUN GIN_CONFIG METRIC [METRIC ...] [BINDING ...]
#
# RUN         folder of the run: RUN/model, RUN/representation, RUN/metrics/METRIC
# GIN_CONFIG  training configuration, see scripts/train.sh
# METRIC      metric configurations, see scripts/evaluate.sh
# BINDING     gin bindings of the training, told from metrics by their "=", such as 'model.random_seed = 3'
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 3 ] && [ "$1" != --help ] || { usage; exit 2; }

run=$1 config=$2
shift 2
metrics=() bindings=()
for argument in "$@"; do
    case $argument in *=*) bindings+=("$argument") ;; *) metrics+=("$argument") ;; esac
done
[ ${#metrics[@]} -gt 0 ] || { usage; exit 2; }
use_environment
export PATH

bash "$ROOT/scripts/train.sh" "$run" "$config" ${bindings[@]+"${bindings[@]}"}
bash "$ROOT/scripts/export.sh" "$run"
bash "$ROOT/scripts/evaluate.sh" "$run" "${metrics[@]}"
