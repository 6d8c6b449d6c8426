"""The most disputed items of a study, with crops of their images and what raters drew there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import NuclariumError
from nuclarium.core.geometry import Box
from nuclarium.io.readers import open_image
from nuclarium.raters.answers import Answers
from nuclarium.raters.truth import Truth
from nuclarium.report.disputed import DisputedItem, Drawn

SHOWN = 24
_LEAST_SIDE = 48
_AROUND = 0.75
_ENDINGS = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".ome.tif", ".svs", ".ndpi", ".czi", ".lsm")


@dataclass(frozen=True, eq=False)
class Place:
    """Where an item is, and what raters drew there.

    Parameters
    ----------
    field : str
        Name of the image in the table, before any name of a rater was hidden in it.
    box : ndarray of float64, shape (4,)
        ``y0, x0, y1, x1`` in pixels of the image.
    drawn : tuple of Drawn
        In pixels of the image.
    """

    field: str
    box: npt.NDArray[np.float64]
    drawn: tuple[Drawn, ...] = ()


def disputed_items(
    items: Sequence[str],
    answers: Answers,
    truth: Truth,
    places: Mapping[str, Place],
    images: Path | None,
) -> tuple[tuple[DisputedItem, ...], tuple[str, ...]]:
    """Return the items to show, and remarks on images that could not be shown.

    Parameters
    ----------
    items : sequence of str
        The most disputed first.
    answers : Answers
        What was said of them.
    truth : Truth
        Of the same items.
    places : mapping of str to Place
        Item → where it is.
    images : Path or None
        Folder of images whose names begin with those of fields.
    """
    found: list[DisputedItem] = []
    missing: list[str] = []
    labels, confidence = truth.labels_of_items, truth.confidence
    for name in items[:SHOWN]:
        crop, drawn = None, ()
        place = places.get(name)
        if place is not None and images is not None:
            path = image_of(place.field, images)
            try:
                if path is None:
                    missing.append(place.field)
                else:
                    crop, drawn = _crop(path, place)
            except NuclariumError as error:
                missing.append(f"{place.field} ({error})")
        item = answers.items.index(name)
        said = _said(item, answers)
        label = truth.labels[labels[item]] if labels[item] >= 0 else ""
        found.append(DisputedItem(name, label, float(confidence[item]), said, crop, drawn))
    remarks = ()
    if missing:
        some = ", ".join(dict.fromkeys(missing[:5]))
        remarks = (
            f"{len(set(missing))} fields have no image that can be read in the folder of --images, "
            f"such as {some}; their nuclei are shown without pixels.",
        )
    return tuple(found), remarks


def image_of(field: str, images: Path) -> Path | None:
    """Return the image of a field: a file of that name, with an ending or without."""
    for name in (field, *(f"{field}{ending}" for ending in _ENDINGS)):
        path = images / name
        if path.is_file() and path.resolve().is_relative_to(images.resolve()):
            return path
    return None


def _said(item: int, answers: Answers) -> dict[str, list[str]]:
    """Return raters by label, the most frequent label first."""
    said: dict[str, list[str]] = {}
    for place in np.flatnonzero(answers.item == item).tolist():
        label = answers.labels[answers.label[place]]
        said.setdefault(label, []).append(answers.raters[answers.rater[place]])
    return dict(sorted(said.items(), key=lambda pair: -len(pair[1])))


def _crop(path: Path, place: Place) -> tuple[npt.NDArray[Any], tuple[Drawn, ...]]:
    """Return the pixels around an item, and its marks on them; nothing outside the image."""
    corners = np.concatenate([place.box.reshape(2, 2), *(d.corners for d in place.drawn)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    side = max(float((high - low).max()) * (1 + _AROUND), _LEAST_SIDE)
    middle = (low + high) / 2
    with open_image(path) as image:
        shape = np.array(image.plane_shape)
        if (high < 0).any() or (low > shape).any():
            return np.zeros((0, 0), np.uint8), ()
        size = np.minimum(round(side), shape)
        begin = np.clip(np.rint(middle - side / 2), 0, shape - size).astype(int)
        end = begin + size
        pixels = image.read(Box(*begin.tolist(), *end.tolist()))
    drawn = tuple(Drawn(d.rater, d.label, d.corners - begin) for d in place.drawn)
    return pixels, drawn
