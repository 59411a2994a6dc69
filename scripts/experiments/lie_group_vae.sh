#!/usr/bin/env bash
# Commutative Lie Group VAE: dSprites (models 0-9) and 3D Shapes (10-19), ten runs each, scored as its code does.
#
#   bash scripts/experiments/lie_group_vae.sh [OPTIONS] [BINDING ...]
#
# dSprites is drawn; 3D Shapes: unbraid-data download shapes3d.
source "$(dirname "$0")/common.sh"
experiment lie_group_vae 0-19 "$@"
compare "data_set method"
