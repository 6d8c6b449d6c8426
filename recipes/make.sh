#!/usr/bin/env bash
# Train one shipped model, score it on images that it never saw, and put both into its file.
#
#     recipes/make.sh .venv/bin fluo ../shared/data/dsb2018/fluorescence_val.txt
set -euo pipefail
bin=$1 name=$2 held_out=$3
data=${DATA:-../shared/data}/dsb2018
run=runs/$name
model=src/nuclarium/predict/zoo/$name.onnx

"$bin/nuclarium" train "recipes/$name.toml" --out "$run"
"$bin/nuclarium" export "$run" --out "$run/unscored.onnx"
"$bin/python" benchmarks/accuracy.py --data "$data" --model "$run/unscored.onnx" \
    --split "$held_out" --json > "$run/scores.json"
"$bin/nuclarium" export "$run" --scores "$run/scores.json" --out "$model"
"$bin/python" benchmarks/accuracy.py --data "$data" --model "$name" --split "$held_out"
