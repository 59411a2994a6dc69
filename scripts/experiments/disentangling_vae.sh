#!/usr/bin/env bash
# disentangling-vae: five losses on five data sets, alpha of beta-TCVAE, and its two "best" settings, with its pictures.
#
#   bash scripts/experiments/disentangling_vae.sh [OPTIONS] [BINDING ...]
#
# dSprites is drawn; the other data sets: unbraid-data download mnist fashion_mnist celeba chairs.
# Only models on dSprites are scored (MIG and AAM from q(z|x)): 15-19, 23-25, 27 and 34.
source "$(dirname "$0")/common.sh"
experiment disentangling_vae 0-34 "$@"
for run in "$output"/*/; do unbraid-visualize "$run" all; done
if compgen -G "$output/*/metrics" > /dev/null; then compare "method beta_tc_vae.alpha"; fi
