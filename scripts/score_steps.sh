#!/usr/bin/env bash
# Exports and scores every checkpoint that a training kept (model.keep_steps), and prints the scores by step.
#
#   bash scripts/score_steps.sh RUN METRIC [METRIC ...]
#
# RUN     folder of the run; its RUN/model/checkpoints/STEP are exported and scored in RUN/steps/STEP
# METRIC  metric configurations, see scripts/evaluate.sh
#
# Finished steps are not repeated.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 2 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment
export PATH

run=$1
shift
compgen -G "$run/model/checkpoints/*/checkpoint.pt" > /dev/null ||
    fail "$run/model/checkpoints holds no checkpoints. Train with the binding 'model.keep_steps = N'."
for checkpoint in $(ls -v "$run/model/checkpoints"); do
    say "Step $checkpoint"
    mkdir -p "$run/steps/$checkpoint"
    ln -sfn "$(realpath "$run/model/checkpoints/$checkpoint")" "$run/steps/$checkpoint/model"
    bash "$ROOT/scripts/export.sh" "$run/steps/$checkpoint"
    bash "$ROOT/scripts/evaluate.sh" "$run/steps/$checkpoint" "$@"
done
say "Scores by step"
unbraid-aggregate --result_file_pattern "$run/steps" --group_by step --table "$run/steps/table.md"
