"""The image files of a run, each with its labels: found, checked, and split in two."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.read import read_dataset
from nuclarium.io import hash_file
from nuclarium.train.config import TrainConfig

Part = Literal["train", "val", "test"]


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


def train_and_watch(config: TrainConfig) -> tuple[list[Pair], list[Pair]]:
    """Find the images to train on and those that watch: of a dataset's split, or drawn.

    Raises
    ------
    InputNotFoundError
        If something that the settings name is missing.
    SettingsError
        If one of the two would be empty.
    """
    if config.dataset is not None:
        return split_of_dataset(config.dataset, "train"), split_of_dataset(config.dataset, "val")
    rng = np.random.default_rng(config.seed)
    return split_pairs(list_pairs(config), config.validation_fraction, rng)


def split_of_dataset(folder: Path, part: Part) -> list[Pair]:
    """Images of one part of a dataset.

    Raises
    ------
    SettingsError
        If that part is empty, has no pixels, or has nuclei without an outline, which a network
        would learn to take for background.
    """
    dataset = read_dataset(folder)
    items = dataset.of_split(part)
    if not items:
        raise SettingsError(
            f"The dataset {folder} must have images in its part {part}, but of its "
            f"{len(dataset.items)} images none is there. Split it so that every part holds some: "
            f"nuclarium dataset split {folder}"
        )
    _check_outlines(dataset, items)
    return [Pair(i.id, dataset.folder / i.image, dataset.folder / i.labels) for i in items]


def _check_outlines(dataset: Dataset, items: Sequence[Item]) -> None:
    bare = next((item.id for item in items if not item.has_pixels), None)
    if bare is not None:
        raise SettingsError(
            f"To train, every image must have pixels, but {bare} of {dataset.folder} has none: the "
            "dataset was made of tables alone."
        )
    marked = [item.read_marks(dataset.folder).numbers for item in items if item.marks]
    missing = sum(int((numbers == 0).sum()) for numbers in marked)
    if missing:
        total = sum(item.n_nuclei for item in items)
        raise SettingsError(
            f"To train outlines, every nucleus must have one, but {missing:,} of {total:,} in "
            f"{dataset.folder} are boxes or points alone, and would be learnt as background. "
            "Choose a dataset of outlines."
        )


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
    assert config.images is not None  # noqa: S101 - the settings were checked
    assert config.labels is not None  # noqa: S101
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


def data_hash(pairs: Sequence[Pair]) -> str:
    """Hash of all images and labels together, for the model card."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(f"{pair.name} {hash_file(pair.image)} {hash_file(pair.labels)}\n".encode())
    return digest.hexdigest()
