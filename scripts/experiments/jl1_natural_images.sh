#!/usr/bin/env bash
# JL1-VAE's natural images: beta-VAE and JL1-VAE on patches, with the columns of their Jacobians.
#
#   bash scripts/experiments/jl1_natural_images.sh [OPTIONS] [BINDING ...]
#
# Needs Olshausen's images: unbraid-data download natural_images.  There are no factors, so nothing is scored.
source "$(dirname "$0")/common.sh"
experiment jl1_vae 160-161 "$@"
for run in "$output"/*/; do unbraid-visualize "$run" jacobian; done
