#!/usr/bin/env bash
# JL1-VAE's figure 4: local MIG and modularity by radius for every gamma, beta-VAE (gamma 0) included; 10 seeds each.
#
#   bash scripts/experiments/jl1_three_dots.sh [OPTIONS] [BINDING ...]
#
# Models 0-49 penalise the Jacobian's L1 norm, models 50-89 (the appendix) its L2 norm.
source "$(dirname "$0")/common.sh"
experiment jl1_vae 0-49 "$@"
compare "method jlonevae.gamma jlonevae.regularization_type" --test welch
