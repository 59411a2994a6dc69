#!/usr/bin/env bash
# MIPET: three methods and three data sets, with and without weight decay, ten seeds.
#
#   bash scripts/experiments/mipet.sh [OPTIONS] [BINDING ...]
#
# Models 0-59 are on dSprites, 60-119 on 3D Shapes, 120-179 on 3D Cars.
source "$(dirname "$0")/common.sh"
experiment mipet 0-179 "$@"
compare "data_set method AdamOptimizer.weight_decay"
