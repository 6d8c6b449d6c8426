"""Cellpose 3 or 4 in the loop of `serving`, for time and memory alone.

Its weights cannot be fetched where this was written, so the network has random ones: that costs the
same. What follows the network depends on the flows; here they are those of the true labels.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from cellpose import dynamics, models
from serving import Picture, serve

NUCLEI_DIAMETER_PX = 17.0  # what the released model "nuclei" of Cellpose 3 was trained for


@dataclass(frozen=True)
class Prepared:
    """Pixels, the diameter that the user would give, and flows as a perfect network has them."""

    pixels: np.ndarray
    diameter_px: float
    flows: np.ndarray
    probability: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    is_sam = version("cellpose").startswith("4")
    model = _sam() if is_sam else models.CellposeModel(diam_mean=NUCLEI_DIAMETER_PX)
    known: dict[Path, Prepared] = {}

    def prepare(picture: Picture) -> Prepared:
        if picture.path not in known:
            known[picture.path] = _prepared(picture)
        return known[picture.path]

    def network(prepared: Prepared) -> None:
        settings = {} if is_sam else {"channels": [0, 0], "diameter": prepared.diameter_px}
        model.eval(prepared.pixels, compute_masks=False, **settings)

    def masks(prepared: Prepared) -> None:
        rescale = 1.0 if is_sam else NUCLEI_DIAMETER_PX / prepared.diameter_px
        dynamics.resize_and_compute_masks(
            prepared.flows, prepared.probability, niter=round(200 / rescale)
        )

    serve({"network": network, "masks": masks}, prepare)


def _sam() -> models.CellposeModel:
    """Cellpose-SAM, whose weights must come from a file."""
    from cellpose.vit import CPSAM

    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "random"
        CPSAM().save_model(str(weights))
        return models.CellposeModel(pretrained_model=str(weights))


def _prepared(picture: Picture) -> Prepared:
    labels = picture.truth.astype(np.int32)
    areas = np.bincount(labels.ravel())[1:]
    diameter = 2 * float(np.median(np.sqrt(areas[areas > 0] / np.pi)))
    found = dynamics.labels_to_flows([labels], device=torch.device("cpu"))[0]
    flows = np.float32(5) * found[-2:].astype(np.float32)
    probability = np.where(labels > 0, np.float32(5), np.float32(-5))
    return Prepared(picture.pixels, diameter, flows, probability)


if __name__ == "__main__":
    main()
