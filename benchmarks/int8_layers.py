r"""Which layers of a network bear 8 bits, and what enlarging costs there.

    python benchmarks/int8_layers.py --train ../shared/data/dsb2018/images/0*.png \
        --test ../shared/data/dsb2018/images/f*.png

Ranges are learned from the upper left corners of one set of images, as they are; logits are
compared with those of single precision on the other, where these are between -4 and 4. Printed are
mean and standard deviation of the difference, of foreground and of distance, with none, one and
more layers in floats that the network begins with; then the part of the network's time that
enlarging takes, as a layer and as copies, at 512 × 512 px. Images that are smaller than 256 px, and
those that the model is not made for, are passed over. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime

from nuclarium.core.geometry import Box
from nuclarium.io import open_image
from nuclarium.predict.engine import OnnxRuntimeEngine
from nuclarium.predict.finding import input_range
from nuclarium.predict.model import Model, load_model
from nuclarium.preprocess.intensity import pixels_of
from nuclarium.train import int8

SIDE = 256
RUNS = 20
COPYING = ("Expand", "Reshape", "Unsqueeze", "Shape", "Mul", "Gather")


def inputs_of(paths: list[Path], model: Model) -> list[np.ndarray]:
    """Upper left corners of images, as the network sees them."""
    found = []
    for path in paths:
        with open_image(path) as image:
            if min(image.plane_shape) < SIDE or image.is_rgb != (model.input.kind == "colour"):
                continue
            pixels = image.read()
        flat = pixels_of([(Box.of_shape(image.plane_shape), pixels)])
        part = input_range(flat, model.input).apply(pixels)[:SIDE, :SIDE]
        ready = model.input.standardise(np.asarray(part, np.float32))
        found.append((ready[None] if ready.ndim == 2 else ready.transpose(2, 0, 1))[None])
    return [np.ascontiguousarray(each) for each in found]


def share_of_enlarging(network: bytes, pixels: np.ndarray, folder: Path) -> float:
    """Part of the time of all nodes that enlarging takes."""
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(network, options)
    for _ in range(RUNS):
        session.run(None, {session.get_inputs()[0].name: pixels})
    path = Path(session.end_profiling())
    times: Counter[str] = Counter()
    for event in json.loads(path.read_text()):
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["args"]["op_name"]] += event["dur"]
    return sum(times[name] for name in ("Resize", *COPYING)) / sum(times.values())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--train", type=Path, nargs="+", required=True)
    parser.add_argument("--test", type=Path, nargs="+", required=True)
    parser.add_argument("--first", type=int, nargs="+", default=[0, 1, 2, 3])
    args = parser.parse_args()
    model = load_model(args.model)
    train, test = inputs_of(args.train, model), inputs_of(args.test, model)
    print(f"{len(train)} images to learn ranges from, {len(test)} to compare on")
    exact = OnnxRuntimeEngine(model.network, 2)
    expected = np.concatenate([exact.run(each) for each in test])
    near = np.abs(expected) < 4
    for int8.FIRST_IN_FLOATS in args.first:
        rounded = OnnxRuntimeEngine(int8.int8_network_of(model.network, train), 2)
        apart = np.concatenate([rounded.run(each) for each in test]) - expected
        said = [
            f"{name} {apart[:, k][near[:, k]].mean():+.3f} ± {apart[:, k][near[:, k]].std():.3f}"
            for k, name in enumerate(("foreground", "distance"))
        ]
        print(f"first {int8.FIRST_IN_FLOATS} in floats: {', '.join(said)}")
    int8.FIRST_IN_FLOATS = 2
    pixels = np.random.default_rng(0).standard_normal(
        (1, train[0].shape[1], 512, 512), dtype=np.float32
    )
    copied = int8.int8_network_of(model.network, train)
    int8._double_by_copying = lambda graph: None
    as_layer = int8.int8_network_of(model.network, train)
    with tempfile.TemporaryDirectory() as folder:
        for name, network in {"as a layer": as_layer, "as copies": copied}.items():
            share = share_of_enlarging(network, pixels, Path(folder))
            print(f"enlarging {name}: {share:.3f} of the time")


if __name__ == "__main__":
    main()
