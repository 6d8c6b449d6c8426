"""Images with label images beside them: BMGD's folders, Cellpose's names, StarDist's folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile

from nuclarium.core.errors import OutputError
from nuclarium.dataset.formats.companions import write_plain_labels
from nuclarium.dataset.intake import Intake, IntakeSettings, take_folder
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.pairs import safe_id
from nuclarium.dataset.pixels import write_tiff

Advance = Callable[[int], None]
_NO_CONDITION = "no_condition"


def write_bmgd(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write a folder for each condition, with images, masks (255 on 0) and labels in it."""
    for item in dataset.items:
        place = folder / (safe_id(item.condition) if item.condition else _NO_CONDITION)
        labels = item.read_labels(dataset.folder)
        _write_image(dataset, item, place / "images")
        for kind in ("masks", "labels"):
            (place / kind).mkdir(parents=True, exist_ok=True)
        mask = np.where(labels > 0, 255, 0).astype(np.uint8)
        tifffile.imwrite(place / "masks" / f"{item.id}.tif", mask, compression="zlib")
        write_plain_labels(place / "labels" / f"{item.id}.tif", labels)
        advance(1)


def write_stardist(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write the folders images and masks, within one for each part where there are parts."""
    for item in dataset.items:
        place = folder / (item.split or "")
        _write_image(dataset, item, place / "images")
        (place / "masks").mkdir(parents=True, exist_ok=True)
        write_plain_labels(place / "masks" / f"{item.id}.tif", item.read_labels(dataset.folder))
        advance(1)


def write_cellpose(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write ``ID.tif`` and ``ID_masks.tif``, in a folder for each part where there are parts."""
    names = {item.id.casefold() for item in dataset.items}
    taken = sorted(name for name in names if f"{name}_masks" in names)
    if taken:
        raise OutputError(
            f"In Cellpose's layout {taken[0]}_masks are the labels of {taken[0]}, but it is an "
            "image of its own. Rename it, or choose another format."
        )
    for item in dataset.items:
        place = folder / (item.split or "")
        _write_image(dataset, item, place)
        write_plain_labels(place / f"{item.id}_masks.tif", item.read_labels(dataset.folder))
        advance(1)


def read_bmgd(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read folders by condition; see `pairs.find_pairs` for the names that are understood."""
    return take_folder(folder, settings, advance=advance)


def read_label_files(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read label images, where a file with one value is one nucleus and no mask."""
    truth = "labels" if settings.truth == "auto" else settings.truth
    named = replace(settings, truth=truth)
    return take_folder(folder, named, advance=advance)


def _write_image(dataset: Dataset, item: Item, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_tiff(folder / f"{item.id}.tif", item.read_image(dataset.folder), item.spacing)
