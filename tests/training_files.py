"""A folder of synthetic training images with settings for a run of seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from nuclarium.synthetic.plane import synthetic_nuclei

SETTINGS = """
name = "tiny"
images = "images"
labels = "labels"
encoder = "tu-test_resnet"
decoder_channels = [8, 8, 8, 8]
validation_fraction = 0.25
patch_size_px = 64
batch_size = 2
steps = 6
steps_per_epoch = 2
precision = "32-true"
workers = 0
"""


def write_training_files(folder: Path, *, count: int = 4, settings: str = "") -> Path:
    """Write images, labels and ``run.toml``, whose path is returned."""
    rng = np.random.default_rng(0)
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        pixels, labels = synthetic_nuclei((80 + 8 * index, 96), 10, rng, diameter_px=18)
        tifffile.imwrite(folder / "images" / f"field{index}.tif", pixels)
        tifffile.imwrite(folder / "labels" / f"field{index}.tif", labels.astype(np.uint16))
    (folder / "run.toml").write_text(SETTINGS + settings)
    return folder / "run.toml"


def run_here(processes, step, *arguments) -> None:
    """Stand in for `FreshProcesses.run` in this process: a fresh one imports torch first."""
    step(*arguments)
