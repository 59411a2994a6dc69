#!/usr/bin/env bash
# JL1-VAE's figure 3: beta-VAE and JL1-VAE on MPI3D-Multi, five seeds each, with their Jacobian columns.
#
#   bash scripts/experiments/jl1_mpi3d_multi.sh [OPTIONS] [BINDING ...]
#
# Needs mpi3d_real (12 GB): unbraid-data download mpi3d_real.
source "$(dirname "$0")/common.sh"
experiment jl1_vae 150-159 "$@"
compare "method jlonevae.gamma" --test welch
for run in "$output"/*/; do unbraid-visualize "$run" jacobian; done
