#!/usr/bin/env bash
# CFASL: four methods alone and with CFASL, four values, 2 x 2 values of CFASL, ten seeds, on four data sets.
#
#   bash scripts/experiments/cfasl.sh [OPTIONS] [BINDING ...]
#
# Models 0-799 are on dSprites, 800-1599 on 3D Shapes, 1600-2399 on 3D Cars, 2400-3199 on smallNORB.
source "$(dirname "$0")/common.sh"
experiment cfasl 0-3199 "$@"
compare "data_set method"
