#!/usr/bin/env bash
# Train one shipped model, add its network in 8 bits, calibrate it on the images that watched its
# training, score it on images that it never saw, and put all that into its file. A model whose
# recipe goes on from another, NAME_first.toml, gets that one trained before.
#
#     recipes/make.sh .venv/bin fluo fluorescence ../shared/data/dsb2018/fluorescence_val.txt
set -euo pipefail
bin=$1 name=$2 modality=$3 held_out=$4
data=${DATA:-../shared/data}/dsb2018
run=runs/$name
model=src/nuclarium/predict/zoo/$name.onnx

if [ -e "recipes/${name}_first.toml" ]; then
    "$bin/nuclarium" train "recipes/${name}_first.toml" --out "runs/${name}_first"
    "$bin/nuclarium" export "runs/${name}_first" --out "runs/${name}_first/${name}_first.onnx"
fi
"$bin/nuclarium" train "recipes/$name.toml" --out "$run"
"$bin/nuclarium" export "$run" --out "$run/bare.onnx"
# The ranges of the 8 bits are learned from sixty of the images of the training.
mapfile -t seen < <("$bin/python" benchmarks/training_images.py "$run/run.json" "$data" "$modality" 60)
"$bin/nuclarium" quantize "$run/bare.onnx" "${seen[@]}"
"$bin/python" -c 'import json, sys; print(*json.load(open(sys.argv[1]))["val_names"], sep="\n")' \
    "$run/run.json" > "$run/watched.txt"
"$bin/python" benchmarks/calibration.py --data "$data" --model "$run/bare.onnx" \
    --split "$run/watched.txt" --fit "$run/calibration.json"
"$bin/python" benchmarks/accuracy.py --data "$data" --model "$run/bare.onnx" \
    --split "$held_out" --json > "$run/scores.json"
"$bin/nuclarium" export "$run" --scores "$run/scores.json" \
    --calibration "$run/calibration.json" --out "$run/whole.onnx"
"$bin/nuclarium" quantize "$run/whole.onnx" "${seen[@]}" --out "$model"
"$bin/python" benchmarks/accuracy.py --data "$data" --model "$name" --split "$held_out"
