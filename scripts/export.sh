#!/usr/bin/env bash
# Exports the model of a run as TorchScript, ONNX and torch.export files.
#
#   bash scripts/export.sh RUN [GIN_CONFIG]
#
# RUN         folder of the run, with RUN/model; the files go to RUN/representation
# GIN_CONFIG  export/mean (default) or export/sampled
#
# An export that is newer than the model is left alone.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 1 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment

run=$1 config=${2:-export/mean}
trained=$run/model/results/aggregate/train.json
[ -f "$trained" ] || fail "$run/model holds no finished training. Run scripts/train.sh $run GIN_CONFIG first."
if [ "$run/representation/results/aggregate/postprocess.json" -nt "$trained" ]; then
    say "$run/representation is there and newer than the model; kept."
else
    unbraid-export --model_dir "$run/model" --output_dir "$run/representation" --overwrite --gin_config "$config"
fi
