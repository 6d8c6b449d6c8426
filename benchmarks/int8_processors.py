r"""How far a network's answers differ on a processor without instructions for 8 bits.

    python benchmarks/int8_processors.py --model fluo --images ../shared/data/dsb2018/images/*.png

The network runs here, and once more under valgrind (Debian package `valgrind`), which shows it a
processor with AVX2 but neither AVX-512 nor VNNI. Compared are foreground and distance, 0 to 1, of
the upper left 192 × 192 px of each image; smaller ones, and those that the model is not made for,
are passed over. Minutes for four images.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.special import expit

from nuclarium.io import open_image
from nuclarium.predict.finding import input_range
from nuclarium.predict.model import load_model
from nuclarium.predict.quantized import int8_network

SIDE = 192
CHILD = """
import sys
import numpy as np
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
pixels = np.load(sys.argv[2])
np.save(sys.argv[3], session.run(None, {session.get_inputs()[0].name: pixels})[0])
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="fluo")
    parser.add_argument("--images", type=Path, nargs="+", required=True)
    args = parser.parse_args()
    model = load_model(args.model)
    inputs = []
    for path in args.images:
        with open_image(path) as image:
            if min(image.plane_shape) < SIDE or image.is_rgb != (model.input.kind == "colour"):
                continue
            pixels = image.read()
        part = input_range(pixels.reshape(-1, *pixels.shape[2:]), model.input).apply(pixels)
        ready = model.input.standardise(np.asarray(part[:SIDE, :SIDE], np.float32))
        inputs.append(ready[None] if ready.ndim == 2 else ready.transpose(2, 0, 1))
    quantized = int8_network(model.network)
    networks = {"single precision": model.network, "8 bits": quantized}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "pixels.npy", np.ascontiguousarray(np.stack(inputs)))
        for title, network in networks.items():
            if network is None:
                continue
            (folder / "network.onnx").write_bytes(network)
            files = [str(folder / file) for file in ("network.onnx", "pixels.npy")]
            answers = []
            for tool in ([], ["valgrind", "--tool=none", "--quiet"]):
                command = [*tool, sys.executable, "-c", CHILD, *files, str(folder / "answer.npy")]
                subprocess.run(command, check=True)
                answers.append(expit(np.load(folder / "answer.npy")))
            apart = np.abs(answers[0] - answers[1])
            crossed = np.mean((answers[0][:, 0] > 0.5) != (answers[1][:, 0] > 0.5))
            print(
                f"{title}: largest difference {apart.max():.4f}, mean {apart.mean():.6f}, "
                f"foreground of {100 * crossed:.4f} % of the pixels"
            )


if __name__ == "__main__":
    main()
