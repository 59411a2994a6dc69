#!/usr/bin/env bash
# Scores the exported representation of a run.
#
#   bash scripts/evaluate.sh RUN METRIC [METRIC ...]
#
# RUN     folder of the run, with RUN/representation; results go to RUN/metrics/METRIC
# METRIC  a gin file, or the name of a shipped one (gin_configs/evaluation), such as mig or local_mig_0_1
#
# Scores that are current and complete are kept (docs/reuse.md).  DEVICE=cuda runs the model on a GPU.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 2 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment

run=$1
shift
if [ $# -eq 1 ]; then output=$run/metrics/$(basename "$1" .gin); else output=$run/metrics; fi
unbraid-evaluate --model_dir "$run/representation" --output_dir "$output" --resume --device "${DEVICE:-cpu}" \
    --gin_config "$@"
