"""What the network multiplies, and how fast this processor can: the limit of its time.

    python benchmarks/arithmetic.py

Multiplications are those of the convolutions of `fluo`'s recipe, a megapixel; the rate is that of
the product of two matrices of 4096 × 4096 on all processors, the best of five: of floats in
PyTorch, of 8-bit integers in ONNX Runtime. At last the 54 small images of the other benchmarks,
from pixels to labels: the whole, the network's part, and how many pixels it sees for each of
theirs. Needs the extra `train`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper
from sizes import segmented
from torch import nn

from nuclarium.io import open_image
from nuclarium.models.build import build_network
from nuclarium.predict.engine import Engine, start_engine
from nuclarium.predict.model import load_model
from nuclarium.predict.segment import available_cores
from nuclarium.predict.view import ViewSettings
from nuclarium.train.config import read_config

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "fluo.toml"
SIDE = 1024
MATRIX = 4096
DATA = Path("../shared/data/dsb2018")
ROUNDS = 5


def multiplications(network: nn.Module) -> float:
    """Multiplications of all convolutions, a megapixel."""
    counted: list[int] = []

    def count(layer: nn.Conv2d, _: object, output: torch.Tensor) -> None:
        height, width = layer.kernel_size
        counted.append(output.numel() * height * width * layer.in_channels // layer.groups)

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.zeros(1, 1, SIDE, SIDE))
    return sum(counted) / (SIDE**2 / 1e6)


def rate(product: Callable[[], object]) -> float:
    """Multiplications and additions a second in a product of two matrices."""
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        product()
        seconds.append(time.perf_counter() - began)
    return 2 * MATRIX**3 / min(seconds)


def float_product(dtype: torch.dtype) -> Callable[[], object]:
    a, b = (torch.randn(MATRIX, MATRIX).to(dtype) for _ in range(2))
    return lambda: a @ b


def integer_product() -> Callable[[], object]:
    shape = [MATRIX, MATRIX]
    kinds = {"a": TensorProto.UINT8, "b": TensorProto.INT8, "c": TensorProto.INT32}
    a, b, c = (helper.make_tensor_value_info(name, kind, shape) for name, kind in kinds.items())
    node = helper.make_node("MatMulInteger", ["a", "b"], ["c"])
    version = [helper.make_opsetid("", 18)]
    model = helper.make_model(
        helper.make_graph([node], "product", [a, b], [c]), opset_imports=version, ir_version=9
    )
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    rng = np.random.default_rng(0)
    given = {
        "a": rng.integers(0, 256, shape, np.uint8),
        "b": rng.integers(-64, 64, shape, np.int8),
    }
    return lambda: session.run(None, given)


@dataclass
class Watched:
    """An engine that counts its seconds and pixels."""

    engine: Engine
    name: str = "watched"
    seconds: float = 0.0
    pixels: int = 0

    def run(self, pixels: np.ndarray) -> np.ndarray:
        """Return logits; see `Engine`."""
        began = time.perf_counter()
        logits = self.engine.run(pixels)
        self.seconds += time.perf_counter() - began
        self.pixels += pixels.shape[2] * pixels.shape[3]
        return logits

    def release(self) -> None:
        """Give back memory; see `Engine`."""
        self.engine.release()


def small_images() -> tuple[float, float, float]:
    """Seconds a megapixel, those of the network, and pixels seen for each, medians of rounds."""
    model = load_model("fluo")
    started = start_engine(model.network, threads=available_cores())
    planes = []
    for name in (DATA / "fluorescence_val.txt").read_text().split():
        with open_image(DATA / "images" / f"{name}.png") as image:
            planes.append(image.read())
    total = sum(plane.size for plane in planes)
    rounds = []
    for _ in range(ROUNDS + 1):
        watched = Watched(started)
        began = time.perf_counter()
        for plane in planes:
            segmented(plane, ViewSettings(), model, watched)
        seconds = time.perf_counter() - began
        rounds.append(
            (1e6 * seconds / total, 1e6 * watched.seconds / total, watched.pixels / total)
        )
    whole, network, seen = np.median(rounds[1:], axis=0)
    return float(whole), float(network), float(seen)


def main() -> None:
    network = build_network(read_config(RECIPE).model_dump()).eval()
    operations = 2 * multiplications(network)
    print(f"network: {operations / 1e9:.1f} GFLOP/MP")
    products = {
        "float32": float_product(torch.float32),
        "bfloat16": float_product(torch.bfloat16),
        "8-bit integers": integer_product(),
    }
    for name, product in products.items():
        reached = rate(product)
        limit = operations / reached
        print(f"{name}: {reached / 1e9:.0f} GFLOP/s, which makes {limit:.3f} s/MP")
    whole, alone, seen = small_images()
    print(
        f"54 images: {whole:.3f} s/MP, of it {alone:.3f} the network, which sees {seen:.2f} pixels"
    )


if __name__ == "__main__":
    main()
