r"""Scores of a model with other settings of its decoder, on the images that watched its training.

    python benchmarks/decoder_settings.py --data ../shared/data/dsb2018 --run runs/fluo \
        --model src/nuclarium/predict/zoo/fluo.onnx

The network runs once an image; its maps are then decoded with every combination. The best by mean
AP goes into the recipe. The images are those that `run.json` of the training run lists as watching,
never those that the model is reported on.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np

from nuclarium.evaluate import score
from nuclarium.io import open_image
from nuclarium.predict.engine import start_engine
from nuclarium.predict.model import load_model
from nuclarium.predict.plane import PlaneReader, segment_plane
from nuclarium.predict.store import MemoryStore
from nuclarium.preprocess.intensity import percentile_range, type_range

GRID = {
    "foreground_threshold": (0.45, 0.5, 0.55),
    "join_ratio": (0.65, 0.7, 0.75, 0.8, 0.85),
    "min_area_px": (20,),
    "min_score": (0.6, 0.7, 0.75),
}


class Store(MemoryStore):
    """A store whose maps can be decoded again."""

    def of_maps(self) -> Store:
        """Store that holds what the network gave, and nothing that the decoder made of it."""
        other = Store()
        other._arrays = {k: v for k, v in self._arrays.items() if k.startswith("maps")}
        return other


def predicted(model, engine, path: Path):
    """Plane of an image, with the network's maps."""
    with open_image(path) as image:
        pixels = image.read()
    if model.input.kind == "colour":
        intensity = type_range(pixels)
    else:
        intensity = percentile_range(pixels, model.input.percentiles)
    plane = PlaneReader(lambda box: pixels[box.slices], pixels.shape[:2], intensity)
    store = Store()
    segment_plane(plane, engine, model.input, model.decoder, store=store)
    return plane, store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--model", default="fluo")
    args = parser.parse_args()
    names = json.loads((args.run / "run.json").read_text())["val_names"]
    model = load_model(args.model)
    engine = start_engine(model.network, threads=2)
    cases = []
    for name in names:
        with open_image(args.data / "labels" / f"{name}.png") as truth:
            labels = truth.read().astype(np.int32)
        cases.append((*predicted(model, engine, args.data / "images" / f"{name}.png"), labels))
    results = []
    for values in itertools.product(*GRID.values()):
        spec = dataclasses.replace(model.decoder, **dict(zip(GRID, values, strict=True)))
        total = None
        for plane, store, labels in cases:
            found = segment_plane(plane, engine, model.input, spec, store=store.of_maps())
            scores = score(found.to_array(), labels)
            total = scores if total is None else total + scores
        ladder = [matches.average_precision for matches in total.matches]
        results.append((float(np.mean(ladder)), ladder[0], total.matches[0].f1, values))
    print("mean AP  AP 0.5  F1 0.5  " + "  ".join(GRID))
    for mean, first, f1, values in sorted(results, reverse=True)[:15]:
        print(f"{mean:.4f}   {first:.4f}  {f1:.4f}  {values}")


if __name__ == "__main__":
    main()
