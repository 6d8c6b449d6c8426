"""What every export holds beside images and labels: the sheet of items, the card, a data sheet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

from nuclarium.core.classes import read_hierarchy
from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.core.labels import Labels
from nuclarium.dataset.manifest import CLASSES, Dataset
from nuclarium.dataset.pixels import Pixels, write_tiff
from nuclarium.dataset.sheet import Sheet, read_sheet, write_sheet

SHEET = "items.csv"
CARD = "dataset.json"
_KEPT = ("name", "format", "licence", "origin", "annotation", "split")


def write_companions(dataset: Dataset, folder: Path, kind: str) -> None:
    """Write ``items.csv``, ``dataset.json`` and ``README.md``, from which facts are read back.

    The hierarchy of classes, ``classes.toml``, comes with them where there is one.
    """
    from nuclarium.dataset.formats.datasheet import datasheet

    write_sheet(folder / SHEET, dataset.items)
    card = {"name": dataset.name, "version": dataset.version, "format": kind, **dataset.meta}
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / "README.md").write_text(datasheet(dataset), encoding="utf-8")
    if dataset.meta.get("classes"):
        (folder / CLASSES).write_bytes((dataset.folder / CLASSES).read_bytes())


def read_classes(folder: Path) -> str:
    """Return the hierarchy of classes that lies in an export, as TOML; empty where there is none.

    Raises
    ------
    SettingsError
        If it is no hierarchy.
    """
    path = folder / CLASSES
    if not path.is_file():
        return ""
    read_hierarchy(path)
    return path.read_text(encoding="utf-8")


def read_card(folder: Path) -> dict[str, Any]:
    """Return what an export says of the dataset as a whole; nothing where there is no card."""
    path = folder / CARD
    if not path.is_file():
        return {}
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        return {key: card[key] for key in _KEPT if card.get(key)}
    except (ValueError, AttributeError, TypeError) as error:
        raise SettingsError(f"{path} must be a card in JSON, but is not: {error}.") from error


def known_facts(folder: Path) -> Sheet | None:
    """Return the sheet of an export, or None where another program wrote the folder."""
    path = folder / SHEET
    return read_sheet(path) if path.is_file() else None


def facts_of(sheet: Sheet | None, name: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an image: those of the sheet, or else the defaults."""
    found = None if sheet is None else sheet.facts(name)
    return {**defaults, **(found or {})}


def is_picture(pixels: Pixels) -> bool:
    """Whether PNG keeps the pixels as they are: unsigned integers of 8 or 16 bits."""
    return pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2


def write_picture(folder: Path, name: str, pixels: Pixels, spacing: Spacing | None) -> str:
    """Write an image as PNG, or as TIFF where PNG would change it; give the name of the file."""
    if not is_picture(pixels):
        write_tiff(folder / f"{name}.tif", pixels, spacing)
        return f"{name}.tif"
    (folder / f"{name}.png").write_bytes(png_bytes(pixels))
    return f"{name}.png"


def png_bytes(pixels: Pixels) -> bytes:
    """Return pixels of 8 or 16 bits as the bytes of a PNG."""
    ordered = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    done, data = cv2.imencode(
        ".png", np.ascontiguousarray(ordered), [cv2.IMWRITE_PNG_COMPRESSION, 3]
    )
    if not done:
        raise OutputError(f"An image of shape {pixels.shape} cannot be written as PNG.")
    return bytes(data)


def write_plain_labels(path: Path, labels: Labels) -> None:
    """Write labels as a plain TIFF of 16 bits, or 32 where numbers need them."""
    small = int(labels.max(initial=0)) < 2**16
    tifffile.imwrite(path, labels.astype(np.uint16 if small else np.int32), compression="zlib")


def label_order(labels: Labels) -> Sequence[int]:
    """Return the labels that occur, ascending."""
    found = np.unique(labels)
    return [int(n) for n in found[found > 0]]
