#!/usr/bin/env bash
# Trains, exports and scores one model; what is done is not done again.
#
#   bash scripts/train_export_evaluate.sh RUN GIN_CONFIG METRIC [METRIC ...]
#
# RUN         folder of the run: RUN/model, RUN/representation, RUN/metrics/METRIC
# GIN_CONFIG  training configuration, see scripts/train.sh
# METRIC      metric configurations, see scripts/evaluate.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 3 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment
export PATH

run=$1 config=$2
shift 2
bash "$ROOT/scripts/train.sh" "$run" "$config"
bash "$ROOT/scripts/export.sh" "$run"
bash "$ROOT/scripts/evaluate.sh" "$run" "$@"
