"""The marks of an image in a file beside its labels: boxes, outlines and points with classes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.labels import Labels
from nuclarium.core.marks import Marks, Points
from nuclarium.core.outlines import iter_outlines
from nuclarium.io.interchange.polygons import fill, one_ring

_EDGES = ("xmin", "ymin", "xmax", "ymax")
_CORNERS = ("outline_x", "outline_y")
_HEADER = ("id", "number", "kind", "class_name", *_EDGES, *_CORNERS)


@dataclass(frozen=True)
class ItemMarks:
    """What is marked in one image, and which nucleus of its label image each mark is.

    Parameters
    ----------
    marks : Marks
    numbers : ndarray of int32, shape (n,)
        Number in the label image; 0 for what has no pixels there, as boxes and points.
    untraced : ndarray of bool, shape (n,), or None
        Which boxes are of outlines whose corners are not known, as in tables without them; None
        for none of them.
    """

    marks: Marks
    numbers: npt.NDArray[np.int32]
    untraced: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.marks)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kind of each mark as it was made: ``outline`` for untraced ones too."""
        if self.untraced is None:
            return self.marks.kinds
        told = zip(self.marks.kinds, self.untraced.tolist(), strict=True)
        return tuple("outline" if untraced else kind for kind, untraced in told)


def checked_marks(
    boxes: Sequence[Sequence[float]],
    kinds: Sequence[str],
    labels: Sequence[str],
    outlines: Sequence[Points | None],
    ids: Sequence[str],
    *,
    place: str,
) -> Marks:
    """Make marks of what a file holds; `place` names it in the error.

    Raises
    ------
    SettingsError
        If the values do not fit together, as a box of no numbers or of negative size.
    """
    array = np.array(boxes, np.float64).reshape(-1, 4)
    try:
        return Marks(array, tuple(kinds), tuple(labels), tuple(outlines), tuple(ids))  # type: ignore[arg-type]
    except ValueError as error:
        raise SettingsError(f"{place}: {error}") from error


def marks_bytes(found: ItemMarks) -> bytes:
    """Return marks as the CSV that a dataset keeps; the same marks give the same bytes.

    Columns are those of tables of raters: half-open edges ``xmin`` to ``ymax`` in pixels, and
    ``outline_x`` and ``outline_y``, the corners joined by commas.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    marks, kinds = found.marks, found.kinds
    for row, (y0, x0, y1, x1) in enumerate(marks.boxes.tolist()):
        outline = marks.outlines[row]
        corners = ("", "") if outline is None else (_joined(outline[:, 1]), _joined(outline[:, 0]))
        facts = (marks.ids[row], int(found.numbers[row]), kinds[row], marks.labels[row])
        writer.writerow([*facts, *map(_number, (x0, y0, x1, y1)), *corners])
    return text.getvalue().encode("utf-8")


def read_marks(path: Path) -> ItemMarks:
    """Read what `marks_bytes` gave.

    Raises
    ------
    InputNotFoundError, SettingsError
        If the file is missing, or a row is wrong: with its number, the header being row 1.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputNotFoundError(
            f"{path} belongs to the dataset, but is not there. Restore it, or build it again."
        ) from error
    return parse_marks(text, str(path))


def parse_marks(text: str, place: str) -> ItemMarks:
    """Read marks from the text of a CSV; `place` names it in errors."""
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in _HEADER if name not in (reader.fieldnames or ())]
    if missing:
        raise SettingsError(f"{place} must be a table of marks, but lacks {', '.join(missing)}.")
    rows = list(reader)
    try:
        boxes = [[float(row[n]) for n in ("ymin", "xmin", "ymax", "xmax")] for row in rows]
        numbers = np.array([int(row["number"]) for row in rows], np.int32)
        outlines = [_outline(row) for row in rows]
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{place} must hold numbers, but does not: {error}.") from error
    untraced = [row["kind"] == "outline" and not row["outline_x"] for row in rows]
    marks = checked_marks(
        boxes,
        ["box" if is_bare else row["kind"] for row, is_bare in zip(rows, untraced, strict=True)],
        [row["class_name"] for row in rows],
        outlines,
        [row["id"] for row in rows],
        place=place,
    )
    return ItemMarks(marks, numbers, np.array(untraced, bool) if any(untraced) else None)


def marks_of_labels(labels: Labels) -> ItemMarks:
    """Return the nuclei of a label image as outlines without classes.

    Holes and parts are one line that the even-odd rule fills to the same pixels.
    """
    found = list(iter_outlines(labels))
    rings = [one_ring(outline).astype(np.float64) for outline in found]
    marks = Marks(
        boxes=np.array([_extent(ring) for ring in rings], np.float64).reshape(-1, 4),
        kinds=tuple("outline" for _ in found),
        labels=("",) * len(found),
        outlines=tuple(rings),
        ids=tuple(str(outline.label) for outline in found),
    )
    return ItemMarks(marks, np.array([outline.label for outline in found], np.int32))


def draw_labels(marks: Marks, shape: tuple[int, int]) -> tuple[Labels, npt.NDArray[np.int32]]:
    """Fill the outlines of marks, large ones first; boxes and points are not drawn.

    Parameters
    ----------
    marks : Marks
    shape : (height, width)

    Returns
    -------
    labels : ndarray of int32, shape (H, W)
        Mark `i` has the number ``i + 1``, so that numbers are those of the rows.
    numbers : ndarray of int32, shape (n,)
        Numbers that occur; 0 for marks without a pixel, as where smaller nuclei cover one.
    """
    labels = np.zeros(shape, np.int32)
    known = [(row, ring) for row, ring in enumerate(marks.outlines) if ring is not None]
    windows = [(row, *_window(ring, shape)) for row, ring in known]
    windows.sort(key=lambda found: (-int(found[2].sum()), found[0]))
    for row, corner, mask in windows:
        y, x = corner
        labels[y : y + mask.shape[0], x : x + mask.shape[1]][mask] = row + 1
    numbers = np.zeros(len(marks.kinds), np.int32)
    present = np.unique(labels)
    numbers[present[present > 0] - 1] = present[present > 0]
    return labels, numbers


def _window(ring: Points, shape: tuple[int, int]) -> tuple[tuple[int, int], npt.NDArray[np.bool_]]:
    """Pixels of an outline, in the smallest window that holds them, and its corner."""
    low = np.clip(np.floor(ring.min(axis=0)), 0, shape).astype(np.int64)
    high = np.clip(np.ceil(ring.max(axis=0)), low, shape).astype(np.int64)
    height, width = (high - low).tolist()
    return (int(low[0]), int(low[1])), fill([ring - low], (height, width))


def _extent(ring: Points) -> tuple[float, float, float, float]:
    (y0, x0), (y1, x1) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
    return y0, x0, y1, x1


def _outline(row: Mapping[str, str]) -> Points | None:
    if not row["outline_x"]:
        return None
    x, y = (np.array([float(v) for v in row[name].split(",")]) for name in _CORNERS)
    if len(x) != len(y):
        raise ValueError(f"an outline has {len(x)} x and {len(y)} y")
    return np.stack([y, x], axis=1)


def _joined(values: Points) -> str:
    return ",".join(map(_number, values.tolist()))


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
