#!/usr/bin/env bash
# JL1-VAE's claim at small scale: local MIG and modularity by radius for JL1-VAE and beta-VAE (gamma 0) on 20,000 images of
# three-dots, the training set of the small example in JL1-VAE's README.
#
#   bash scripts/results/jl1_three_dots.sh [--steps N] [--seeds RANGE] [--output FOLDER] [BINDING ...]
#
# --steps N       train for N steps (default: 30000, as published); the annealing of both weights takes the first third
# --seeds RANGE   FIRST-LAST (default: 1-3)
# --output FOLDER runs, figure and table (default: output/results/jl1_three_dots)
# BINDING         gin bindings of the training, such as 'jlonevae.jacobian_batch_size = 4'
#
# The same command continues after an interruption.
source "$(dirname "$0")/../experiments/common.sh"
steps=30000 seeds=1-3 output=output/results/jl1_three_dots bindings=()
while [ $# -gt 0 ]; do
    case $1 in
        --help) usage; exit 0 ;;
        --*) [ $# -ge 2 ] || fail "$1 needs a value; see --help." ;;&
        --steps) steps=$2; shift 2 ;;
        --seeds) seeds=$2; shift 2 ;;
        --output) output=$2; shift 2 ;;
        *=*) bindings+=("$1"); shift ;;
        *) fail "$1 is neither an option nor a binding; see --help." ;;
    esac
done
[[ $steps =~ ^[1-9][0-9]*$ ]] || fail "--steps is $steps; expected a positive number of training steps."
[[ $seeds =~ ^[0-9]+(-[0-9]+)?$ ]] || fail "--seeds is $seeds; expected a seed, or a range such as 1-3."
use_environment
export PATH

for seed in $(seq "${seeds%-*}" "${seeds#*-}"); do
    for gamma in 0.0 0.1; do
        bash "$ROOT/scripts/train_export_evaluate.sh" "$output/gamma_$gamma/$seed" jlonevae_three_dots_small \
            local_{mig,modularity}_{0_1,0_2,0_3,0_6,1_0} "model.training_steps = $steps" \
            "jlonevae.annealing_steps = $(((steps + 2) / 3))" "jlonevae.gamma = $gamma" "model.random_seed = $seed" \
            "model.checkpoint_steps = 500" ${bindings[@]+"${bindings[@]}"}
    done
done
compare jlonevae.gamma --test welch
