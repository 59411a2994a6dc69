#!/usr/bin/env bash
# JL1-VAE's figure 5: six methods of disentanglement_lib on three-dots, ten seeds each, to compare with JL1-VAE.
#
#   bash scripts/experiments/baselines_three_dots.sh [OPTIONS] [BINDING ...]
#
# Run scripts/experiments/jl1_three_dots.sh --model_num 10-19 into the same output folder to have JL1-VAE in the figure.
source "$(dirname "$0")/common.sh"
experiment jl1_vae 90-149 "$@"
compare method --scatter local_mig_0_1 jl1_mig "$output/local_against_global.pdf"
