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
from nuclarium.preprocess.intensity import percentile_range, type_range
from nuclarium.train.augment import change_intensities, empty_field, random_patch
from nuclarium.train.config import TrainConfig
from nuclarium.train.stain import change_stain, stained

EMPTY_FRACTION = 0.04
RESTAINED_FRACTION = 0.5
DIAMETERS_PX = (6.0, 120.0)
Pixels = npt.NDArray[np.float32]
Sample = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Example:
    """One image in memory with its truth.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W) or (H, W, 3)
        With the two percentiles of its input mapped to 0 and 1, or the range of its type.
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
    """An image file and the file of its labels.

    Parameters
    ----------
    restained : bool
        Whether it is an image of one channel that is trained on as if it were stained.
    """

    name: str
    image: Path
    labels: Path
    restained: bool = False


def list_pairs(config: TrainConfig) -> list[Pair]:
    """Find the images that a run may see, sorted by name.

    Raises
    ------
    InputNotFoundError
        If a folder, the index or a label image is missing.
    SettingsError
        If no image is left.
    """
    for path in (config.images, config.labels, config.index, *config.exclude):
        if path is not None and not path.exists():
            raise InputNotFoundError(f"The settings name {path}, but it does not exist.")
    images = {path.stem: path for path in sorted(config.images.iterdir()) if path.is_file()}
    labels = {path.stem: path for path in config.labels.iterdir()}
    chosen, restained = _chosen_names(config, images)
    names = sorted(chosen | restained)
    missing = [name for name in names if name not in labels]
    if missing:
        raise InputNotFoundError(
            f"Each image must have labels of the same name in {config.labels}, but {len(missing)} "
            f"have none, such as {missing[0]}."
        )
    needed, number = (2, "two images") if config.validation_fraction else (1, "one image")
    if len(chosen) < needed:
        raise SettingsError(
            f"Training needs at least {number}, but {len(chosen)} are "
            f"left in {config.images}. Look at `where` and `exclude` in the settings."
        )
    return [Pair(name, images[name], labels[name], name not in chosen) for name in names]


def _chosen_names(config: TrainConfig, images: dict[str, Path]) -> tuple[set[str], set[str]]:
    """Names of the images to train on, and of those to train on as if stained."""
    names, restained = set(images), set[str]()
    if config.index is not None:
        with config.index.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if rows and "id" not in rows[0]:
            raise SettingsError(
                f"{config.index} must have a column id, but has {', '.join(map(str, rows[0]))}."
            )
        if config.restain:
            restained = names & _ids(rows, config.restain)
        names &= _ids(rows, config.where)
    for path in config.exclude:
        excluded = set(path.read_text(encoding="utf-8").split())
        names, restained = names - excluded, restained - excluded
    return names, restained - names


def _ids(rows: Sequence[dict[str, str]], where: dict[str, str]) -> set[str]:
    return {
        row["id"]
        for row in rows
        if all(row.get(column) == value for column, value in where.items())
    }


def split_pairs(
    pairs: Sequence[Pair], fraction: float, rng: np.random.Generator
) -> tuple[list[Pair], list[Pair]]:
    """Split into training and validation images, at least one in each.

    What is trained on as if stained is never held out; with a fraction of 0 nothing is.
    """
    own = [i for i, pair in enumerate(pairs) if not pair.restained]
    count = min(max(1, round(fraction * len(own))), len(own) - 1) if fraction else 0
    held_out = {own[i] for i in rng.permutation(len(own))[:count].tolist()}
    train = [pair for i, pair in enumerate(pairs) if i not in held_out]
    return train, [pairs[i] for i in sorted(held_out)]


def load_example(pair: Pair, spec: InputSpec) -> Example:
    """Read an image and its labels, with its intensities prepared as the model will see them."""
    with open_image(pair.image) as image, open_image(pair.labels) as truth:
        planes = image.shape[:3]
        pixels, labels = image.read(), truth.read().astype(np.int32)
    is_colour = spec.kind == "colour" and not pair.restained
    if (pixels.ndim != 2 and not is_colour) or planes != (1, 1, 1):
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
    if is_colour:
        shades = np.broadcast_to(pixels.reshape(*labels.shape, -1), (*labels.shape, 3))
        scaled = type_range(pixels).apply(shades)
    else:
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
        as_if = np.array([self._is_restained(example) for example in examples])
        if as_if.any():
            weights[as_if] *= RESTAINED_FRACTION / weights[as_if].sum()
            weights[~as_if] *= (1 - RESTAINED_FRACTION) / weights[~as_if].sum()
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        return self.config.steps * self.config.batch_size

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self.config.seed, number))
        size = self.config.patch_size_px
        if rng.random() < EMPTY_FRACTION:
            targets = np.zeros((2, size, size), np.float32)
            pixels = self._empty(targets, rng)
        else:
            example = self.examples[rng.choice(len(self.examples), p=self.weights)]
            pixels, labels, scale = random_patch(
                example.pixels,
                example.labels,
                size=size,
                scale_range=example.scale_range(self.config.scale_range),
                rng=rng,
            )
            targets = foreground_and_distance(labels, example.largest * scale)
            pixels = self._changed(pixels, targets, rng)
        return _sample(self.spec.standardise(pixels), targets)

    def _is_restained(self, example: Example) -> bool:
        return self.spec.kind == "colour" and example.pixels.ndim == 2

    def _empty(self, targets: Pixels, rng: np.random.Generator) -> Pixels:
        if self.spec.kind == "colour":
            return change_stain(stained(targets[0], targets, rng), targets, rng)
        return empty_field(targets.shape[1], rng)

    def _changed(self, pixels: Pixels, targets: Pixels, rng: np.random.Generator) -> Pixels:
        if self.spec.kind != "colour":
            return change_intensities(pixels, rng)
        colours = stained(pixels, targets, rng) if pixels.ndim == 2 else pixels
        return change_stain(colours, targets, rng)


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
        return _sample(self.spec.standardise(pixels), targets)


def _sample(pixels: Pixels, targets: Pixels) -> Sample:
    """Tensors of shapes (C, H, W) and (2, H, W)."""
    channels = np.moveaxis(np.atleast_3d(pixels), 2, 0)
    return torch.from_numpy(np.ascontiguousarray(channels)), torch.from_numpy(targets)


def _centre(array: npt.NDArray[Any], size: int, mode: Literal["reflect", "constant"]) -> Any:
    """Return the middle square of an array, padded where it is too small."""
    for axis in (0, 1):
        length = array.shape[axis]
        if length < size:
            before = (size - length) // 2
            widths = [(0, 0)] * array.ndim
            widths[axis] = (before, size - length - before)
            array = np.pad(array, widths, mode=mode)
        start = (array.shape[axis] - size) // 2
        array = np.take(array, range(start, start + size), axis=axis)
    return array
