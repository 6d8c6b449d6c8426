"""Refuse marks that cannot be true: boxes elsewhere, unknown classes, one nucleus twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.dataset.marks import ItemMarks
from nuclarium.dataset.pairs import listed


def check_marks(
    found: ItemMarks,
    name: str,
    shape: tuple[int, int],
    labels: Labels | None,
    hierarchy: Hierarchy | None,
) -> None:
    """Check the marks of one image against its size, its labels and the classes of its dataset.

    A box may reach beyond its image, as those of cut nuclei do, but must have a part in it. A class
    may be empty, which is not known, only where the dataset has no hierarchy.

    Parameters
    ----------
    found : ItemMarks
    name : str
        Of the image, for the error.
    shape : (height, width)
        0 where it is not known.
    labels : ndarray of int32 or None
    hierarchy : Hierarchy or None

    Raises
    ------
    SettingsError
        With the first mark that is wrong, in the order of rows from 1.
    """
    for trouble in (
        _places(found, shape),
        _numbers(found, labels),
        _classes(found, hierarchy),
    ):
        for row, text in trouble:
            mark = f"Mark {row + 1} of {name}" + (
                f" ({found.marks.ids[row]})" if found.marks.ids[row] else ""
            )
            raise SettingsError(f"{mark} {text}.")
    present = () if labels is None else np.unique(labels)
    other = sorted({int(number) for number in present} - {0, *found.numbers.tolist()})
    if other:
        raise SettingsError(
            f"Every nucleus in the labels of {name} must have a mark, but "
            f"{listed([str(number) for number in other])} have none."
        )


def _places(found: ItemMarks, shape: tuple[int, int]) -> Iterator[tuple[int, str]]:
    height, width = shape
    y0, x0, y1, x1 = found.marks.boxes.T
    outside = (y0 > height) | (x0 > width) | (y1 < 0) | (x1 < 0)
    for row in np.flatnonzero(outside if height and width else ()).tolist():
        said = f"x {x0[row]:g} to {x1[row]:g}, y {y0[row]:g} to {y1[row]:g}"
        yield row, f"must lie in its image of {width} × {height} px, but has {said}"


def _numbers(found: ItemMarks, labels: Labels | None) -> Iterator[tuple[int, str]]:
    seen: dict[int, int] = {}
    present = set() if labels is None else set(np.unique(labels).tolist())
    for row, number in enumerate(found.numbers.tolist()):
        if number and number in seen:
            yield row, f"must be a nucleus of its own, but mark {seen[number] + 1} is {number} too"
        if number and labels is not None and number not in present:
            yield row, f"must be in the labels as {number}, but no pixel has that number"
        if number < 0:
            yield row, f"must have a number from 0, but has {number}"
        seen[number] = row


def _classes(found: ItemMarks, hierarchy: Hierarchy | None) -> Iterator[tuple[int, str]]:
    if hierarchy is None:
        return
    for row, label in enumerate(found.marks.labels):
        if not label:
            yield row, f"must have a class of {hierarchy.name}, but has none"
        elif hierarchy.level_of(label) is None:
            names = listed(hierarchy.levels[0].classes, 20)
            yield row, f"must be of a class of {hierarchy.name} ({names}), but is of {label!r}"
