"""What the network multiplies, and how fast this processor can: the limit of its time.

    python benchmarks/arithmetic.py

Multiplications are those of the convolutions of `fluo`'s recipe, a megapixel; the rate is that of
the product of two matrices of 4096 × 4096 in PyTorch, the best of five. Needs the extra `train`.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn

from nuclarium.models.build import build_network
from nuclarium.train.config import read_config

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "fluo.toml"
SIDE = 1024
MATRIX = 4096


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


def rate(dtype: torch.dtype) -> float:
    """Multiplications and additions a second in a product of matrices."""
    a, b = (torch.randn(MATRIX, MATRIX).to(dtype) for _ in range(2))
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - began)
    return 2 * MATRIX**3 / min(seconds)


def main() -> None:
    network = build_network(read_config(RECIPE).model_dump()).eval()
    operations = 2 * multiplications(network)
    print(f"network: {operations / 1e9:.1f} GFLOP/MP")
    for dtype in (torch.float32, torch.bfloat16):
        reached = rate(dtype)
        limit = operations / reached
        print(f"{dtype}: {reached / 1e9:.0f} GFLOP/s, which makes {limit:.3f} s/MP")


if __name__ == "__main__":
    main()
