"""Which nucleus of a mask is which row of its table: masks do not say, so their places do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.core.marks import Marks
from nuclarium.io.interchange.nucls_marks import inclusive
from nuclarium.io.interchange.nucls_mask import NuclsMask
from nuclarium.io.interchange.nucls_paint import paint_marks
from nuclarium.io.interchange.nucls_remarks import listed

_SLACK_PX = 2
_LEAST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Joined:
    """A mask whose nuclei are rows of a table.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        Label ``i`` is row ``i - 1``; nuclei without a row are background.
    remarks : tuple of str
        Rows and nuclei that found no partner, and classes that differ.
    """

    labels: Labels
    remarks: tuple[str, ...]


def join_mask(mask: NuclsMask, marks: Marks, hierarchy: Hierarchy, name: str) -> Joined:
    """Join the nuclei of a mask with the rows of its table.

    The table is drawn as a mask would be, and nucleus and row belong together where they share
    more than half of what both cover. Nuclei that are left, mostly hidden ones, go to the smallest
    box of a row that is left, has their class and holds them.

    Parameters
    ----------
    mask : NuclsMask
    marks : Marks
        Of the table, with labels of the hierarchy.
    hierarchy : Hierarchy
    name : str
        Of the mask's file, for sentences.

    Raises
    ------
    SettingsError
        If fewer than half of the nuclei find their row, or of the rows that should be seen their
        nucleus: the mask is that of another field, or was moved or scaled.
    """
    drawn = paint_marks(marks, mask.codes.shape)
    row_of = _overlapping(drawn, mask.numbers, len(marks))
    codes = _codes_of(mask)
    expected = np.array([0, *_codes_of_rows(marks, hierarchy)], np.int64)
    _add_hidden(row_of, mask, marks, codes, expected)
    seen = np.unique(drawn[drawn > 0])
    there = np.unique(mask.numbers[mask.numbers > 0])
    lost = np.setdiff1d(seen, row_of)
    alone = there[row_of[there] == 0]
    _refuse_strangers(len(seen), len(lost), len(there), len(alone), name)
    joined = there[row_of[there] > 0]
    unlike = joined[codes[joined] != expected[row_of[joined]]]
    remarks = []
    if len(lost):
        remarks.append(listed("nuclei that the mask does not show", _ids(marks, lost)))
    covered = np.setdiff1d(np.arange(1, len(marks) + 1), np.concatenate([seen, row_of]))
    if len(covered):
        remarks.append(listed("nuclei under others or beyond the image", _ids(marks, covered)))
    if len(alone):
        at = [tuple(int(v[0]) for v in np.nonzero(mask.numbers == n)) for n in alone[:5].tolist()]
        first = ", ".join(f"(y {y}, x {x})" for y, x in at)
        remarks.append(f"{len(alone)} nuclei of the mask that the table does not have, at {first}")
    if len(unlike):
        rows = _ids(marks, row_of[unlike])
        remarks.append(listed("classes that differ between mask and table", rows))
    return Joined(row_of[mask.numbers].astype(np.int32), tuple(remarks))


def _overlapping(drawn: Labels, numbers: Labels, rows: int) -> npt.NDArray[np.int64]:
    """Row (from 1) that shares more than half with each number; 0 where none does."""
    row_of = np.zeros(int(numbers.max(initial=0)) + 1, np.int64)
    both = (drawn > 0) & (numbers > 0)
    pairs = drawn[both].astype(np.int64) * len(row_of) + numbers[both]
    found, shared = np.unique(pairs, return_counts=True)
    row, number = found // len(row_of), found % len(row_of)
    whole = np.bincount(drawn.ravel(), minlength=rows + 1)[row]
    whole = whole + np.bincount(numbers.ravel(), minlength=len(row_of))[number] - shared
    same = 2 * shared > whole
    row_of[number[same]] = row[same]
    return row_of


def _add_hidden(
    row_of: npt.NDArray[np.int64],
    mask: NuclsMask,
    marks: Marks,
    codes: npt.NDArray[np.int64],
    expected: npt.NDArray[np.int64],
) -> None:
    boxes = inclusive(marks.boxes)
    areas = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
    taken = np.zeros(len(marks) + 1, bool)
    taken[row_of] = True
    for number, place in enumerate(ndimage.find_objects(mask.numbers), start=1):
        if place is None or row_of[number]:
            continue
        y, x = place
        holds = (boxes[:, :2] <= np.array([x.start, y.start]) + _SLACK_PX).all(axis=1)
        holds &= (boxes[:, 2:] >= np.array([x.stop, y.stop]) - 1 - _SLACK_PX).all(axis=1)
        holds &= (expected[1:] == codes[number]) & ~taken[1:]
        if holds.any():
            row_of[number] = 1 + int(np.argmin(np.where(holds, areas, areas.max() + 1)))
            taken[row_of[number]] = True


def _codes_of(mask: NuclsMask) -> npt.NDArray[np.int64]:
    codes = np.zeros(int(mask.numbers.max(initial=0)) + 1, np.int64)
    codes[mask.numbers] = mask.codes
    return codes


def _codes_of_rows(marks: Marks, hierarchy: Hierarchy) -> list[int]:
    finest = hierarchy.levels[0]
    return [finest.codes[label] for label in hierarchy.roll_up_many(marks.labels, finest.name)]


def _refuse_strangers(seen: int, lost: int, there: int, alone: int, name: str) -> None:
    if seen - lost < _LEAST_SHARE * seen or there - alone < _LEAST_SHARE * there:
        raise SettingsError(
            f"{name} must show the nuclei of its table, but {lost} of {seen} rows are not seen in "
            f"it, and {alone} of its {there} nuclei are in no row. Is it the mask of another "
            "field, or was it scaled?"
        )


def _ids(marks: Marks, rows: npt.NDArray[np.int64]) -> list[str]:
    return [marks.ids[row - 1] for row in rows.tolist()]
