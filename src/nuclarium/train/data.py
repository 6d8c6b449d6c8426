"""Images with their labels, and the patches that a run draws from them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.labels import Labels
from nuclarium.io import hash_file, open_image
from nuclarium.models.targets import foreground_and_distance, largest_distances
from nuclarium.predict.model import InputSpec
from nuclarium.preprocess.intensity import percentile_range
from nuclarium.train.augment import change_intensities, empty_field, random_patch
from nuclarium.train.config import TrainConfig

EMPTY_FRACTION = 0.04
DIAMETERS_PX = (6.0, 120.0)
Sample = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Example:
    """One image in memory with its truth.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W)
        With the two percentiles of its input mapped to 0 and 1.
    largest : ndarray of float32, shape (n + 1,)
        As `targets.largest_distances` gives them.
    """

    name: str
    pixels: npt.NDArray[np.float32]
    labels: Labels
    largest: npt.NDArray[np.float32]

    def scale_range(self, wanted: tuple[float, float]) -> tuple[float, float]:
        """Part of a range of magnifications in which the nuclei keep a size that can be learned."""
        widths = 2 * self.largest[self.largest > 0]
        if not len(widths):
            return wanted
        low, high = (limit / float(np.median(widths)) for limit in DIAMETERS_PX)
        lowest, highest = min(max(wanted[0], low), 1.0), max(min(wanted[1], high), 1.0)
        return lowest, highest


@dataclass(frozen=True)
class Pair:
    """An image file and the file of its labels."""

    name: str
    image: Path
    labels: Path


def list_pairs(config: TrainConfig) -> list[Pair]:
    """Find the images that a run may see, sorted by name.

    Raises
    ------
    InputNotFoundError
        If a folder, the index or a label image is missing.
    SettingsError
        If no image is left.
    """
    for path in (config.images, config.labels, config.index, config.exclude):
        if path is not None and not path.exists():
            raise InputNotFoundError(f"The settings name {path}, but it does not exist.")
    images = {path.stem: path for path in sorted(config.images.iterdir()) if path.is_file()}
    labels = {path.stem: path for path in config.labels.iterdir()}
    names = _chosen_names(config, images)
    missing = [name for name in names if name not in labels]
    if missing:
        raise InputNotFoundError(
            f"Each image must have labels of the same name in {config.labels}, but {len(missing)} "
            f"have none, such as {missing[0]}."
        )
    if len(names) < 2:
        raise SettingsError(
            f"Training needs at least two images, but {len(names)} are left in {config.images}. "
            "Look at `where` and `exclude` in the settings."
        )
    return [Pair(name, images[name], labels[name]) for name in names]


def _chosen_names(config: TrainConfig, images: dict[str, Path]) -> list[str]:
    names = set(images)
    if config.index is not None:
        with config.index.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if rows and "id" not in rows[0]:
            raise SettingsError(
                f"{config.index} must have a column id, but has {', '.join(map(str, rows[0]))}."
            )
        names &= {
            row["id"]
            for row in rows
            if all(row.get(column) == value for column, value in config.where.items())
        }
    if config.exclude is not None:
        names -= set(config.exclude.read_text(encoding="utf-8").split())
    return sorted(names)


def split_pairs(
    pairs: Sequence[Pair], fraction: float, rng: np.random.Generator
) -> tuple[list[Pair], list[Pair]]:
    """Split into training and validation images, at least one in each."""
    count = min(max(1, round(fraction * len(pairs))), len(pairs) - 1)
    held_out = set(rng.permutation(len(pairs))[:count].tolist())
    train = [pair for i, pair in enumerate(pairs) if i not in held_out]
    return train, [pairs[i] for i in sorted(held_out)]


def load_example(pair: Pair, spec: InputSpec) -> Example:
    """Read an image and its labels, with its intensities prepared as the model will see them."""
    with open_image(pair.image) as image, open_image(pair.labels) as truth:
        planes = image.shape[:3]
        pixels, labels = image.read(), truth.read().astype(np.int32)
    if pixels.ndim != 2 or planes != (1, 1, 1):
        came = "a colour image" if pixels.ndim != 2 else f"{planes} (time, channel, z)"
        raise SettingsError(
            f"{pair.image} must have one channel and one plane, but it is {came}. Leave it out "
            "with `exclude`, or save the plane by itself."
        )
    if pixels.shape[:2] != labels.shape:
        raise SettingsError(
            f"{pair.labels} must have the size of its image, {pixels.shape[:2]}, but has "
            f"{labels.shape}."
        )
    scaled = percentile_range(pixels, spec.percentiles).apply(pixels)
    return Example(pair.name, scaled, labels, largest_distances(labels))


def data_hash(pairs: Sequence[Pair]) -> str:
    """Hash of all images and labels together, for the model card."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(f"{pair.name} {hash_file(pair.image)} {hash_file(pair.labels)}\n".encode())
    return digest.hexdigest()


class RandomPatches(Dataset[Sample]):
    """Patches by number: number `i` is always the same patch, so a resumed run sees the same."""

    def __init__(self, examples: Sequence[Example], spec: InputSpec, config: TrainConfig) -> None:
        self.examples = examples
        self.spec = spec
        self.config = config
        weights = np.sqrt([example.labels.size for example in examples])
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.config.steps * self.config.batch_size

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self.config.seed, number))
        size = self.config.patch_size_px
        if rng.random() < EMPTY_FRACTION:
            pixels, targets = empty_field(size, rng), np.zeros((2, size, size), np.float32)
        else:
            example = self.examples[rng.choice(len(self.examples), p=self.weights)]
            pixels, labels, scale = random_patch(
                example.pixels,
                example.labels,
                size=size,
                scale_range=example.scale_range(self.config.scale_range),
                rng=rng,
            )
            pixels = change_intensities(pixels, rng)
            targets = foreground_and_distance(labels, example.largest * scale)
        prepared = self.spec.standardise(pixels)
        return torch.from_numpy(prepared[None]), torch.from_numpy(targets)


class CentrePatches(Dataset[Sample]):
    """The middle of each validation image, unchanged, padded where it is smaller than a patch."""

    def __init__(self, examples: Sequence[Example], spec: InputSpec, size: int) -> None:
        self.examples = examples
        self.spec = spec
        self.size = size

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Sample:
        example = self.examples[index]
        pixels = _centre(example.pixels, self.size, "reflect")
        labels = _centre(example.labels, self.size, "constant")
        targets = foreground_and_distance(labels, example.largest)
        return torch.from_numpy(self.spec.standardise(pixels)[None]), torch.from_numpy(targets)


def _centre(array: npt.NDArray[Any], size: int, mode: Literal["reflect", "constant"]) -> Any:
    """Return the middle square of an array, padded where it is too small."""
    for axis in (0, 1):
        length = array.shape[axis]
        if length < size:
            before = (size - length) // 2
            widths = [(0, 0), (0, 0)]
            widths[axis] = (before, size - length - before)
            array = np.pad(array, widths, mode=mode)
        start = (array.shape[axis] - size) // 2
        array = np.take(array, range(start, start + size), axis=axis)
    return array
