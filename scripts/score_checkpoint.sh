#!/usr/bin/env bash
# Scores somebody's model: an exported one, or a checkpoint of another project (docs/checkpoints.md).
#
#   bash scripts/score_checkpoint.sh PATH DATA_SET [METRIC ... | PRESET]
#
# PATH      an exported file (.pt TorchScript, .onnx, .pt2), another project's checkpoint, or a folder that holds either
# DATA_SET  name of the data set, such as threeDots (bash scripts/score_checkpoint.sh with a wrong one lists them)
# METRIC    names of shipped gin files; or one of a PRESET, the metrics of a paper (unbraid-evaluate --list says which
#           there are).  Default: dlib_2019, the study of disentanglement_lib, which encodes the whole data set and takes
#           minutes; mig modularity_explicitness sap_score take seconds
#
# Scores go to OUTPUT (default: PATH/metrics for a folder, PATH.metrics for a file); those that are current and
# complete are kept (docs/reuse.md).
# DEVICE=cuda runs the model on a GPU.  ALLOW_PICKLED_CODE=1 opens pickled modules, which runs code from the file.
# HINTS says what cannot be found out about a stranger's model: HINTS="--layout NHWC", "--output mean", "--head halves",
#   "--value_range -1 1", "--input_statistics 0.5 0.25".
# The codes of all images are kept in OUTPUT/codes.npz by a PRESET, or for metrics with SAVE_CODES=1; whatever is scored later
#   uses them instead of encoding again.
# BINDINGS changes settings of the metrics, one a line: BINDINGS="mig.num_train = 1000".
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 2 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment

path=$1 data_set=$2
shift 2
if [ $# -eq 0 ]; then chosen=(); elif [ -f "$ROOT/gin_configs/presets/$1.gin" ]; then chosen=(--preset "$1"); shift
else chosen=(--gin_config); fi
if [ -d "$path" ]; then default=$path/metrics; else default=$path.metrics; fi
output=${OUTPUT:-$default}
codes=$output/codes.npz
if [ "${chosen[0]:-}" = --gin_config ] && [ ! -f "$codes" ] && [ -z "${SAVE_CODES:-}" ]; then keep=()
else keep=(--save_codes "$codes"); fi
folder=$output
while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
[ -w "$folder" ] || fail "$folder cannot be written. Set OUTPUT to a folder for the scores, as in OUTPUT=scores bash $0 ..."
if [ $# -eq 1 ]; then output=$output/$(basename "$1" .gin); fi
unbraid-evaluate --model_dir "$path" --output_dir "$output" --resume --device "${DEVICE:-cpu}" "${keep[@]}" \
    ${ALLOW_PICKLED_CODE:+--allow_pickled_code} ${HINTS:-} "${chosen[@]}" "$@" --gin_bindings "dataset.name = '$data_set'" \
    ${BINDINGS:+"$BINDINGS"}
