#!/usr/bin/env bash
# Trains one model.
#
#   bash scripts/train.sh RUN GIN_CONFIG [BINDING ...]
#
# RUN         folder of the run; the model goes to RUN/model
# GIN_CONFIG  a gin file, or the name of a shipped one (gin_configs/training), such as quickstart_beta_vae
# BINDING     gin bindings that win over the file, such as 'model.random_seed = 3'
#
# A training that was stopped goes on where its last checkpoint is; one that is finished is left alone.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ $# -ge 2 ] && [ "$1" != --help ] || { usage; exit 2; }
use_environment

run=$1 config=$2
shift 2
unbraid-train --model_dir "$run/model" --resume --gin_config "$config" ${1+--gin_bindings "$@"}
