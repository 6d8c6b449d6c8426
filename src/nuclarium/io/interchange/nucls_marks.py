"""NuCLS's tables to marks and back: inclusive whole pixels to half-open edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.marks import Kind, Marks, Points
from nuclarium.io.interchange.nucls_csv import BOX, COORDS, class_columns

_KINDS: dict[str, Kind] = {"rectangle": "box", "polyline": "outline", "point": "point"}
_TYPES = {kind: name for name, kind in _KINDS.items()}


def marks_of_table(table: pd.DataFrame) -> Marks:
    """Turn the table of a field into marks.

    NuCLS counts pixels: a box reaches from pixel ``xmin`` to pixel ``xmax`` inclusive, as its own
    overlap of boxes takes it, so the half-open box ends at ``xmax + 1``. A vertex or a point is
    the middle of its pixel, ``+ 0.5``. Boxes therefore cover the pixels that an outline runs
    through, half a pixel more than the line itself on every side.

    Parameters
    ----------
    table : DataFrame
        As `read_nucls_csv` gives it.

    Returns
    -------
    marks : Marks
        In the order of the rows; labels as they stand, with prefixes; ids are the table's index.
        A polyline of fewer than 3 different vertices, or without any, becomes a box.
    """
    label = table.columns[0]
    outlines = [
        _outline(*row) for row in zip(table["type"], *(table[c] for c in COORDS), strict=True)
    ]
    kinds: list[Kind] = [
        "box" if kind == "polyline" and outline is None else _KINDS[kind]
        for kind, outline in zip(table["type"], outlines, strict=True)
    ]
    xmin, ymin, xmax, ymax = (table[name].to_numpy(np.float64) for name in BOX)
    boxes = np.stack([ymin, xmin, ymax + 1, xmax + 1], axis=1).reshape(-1, 4)
    is_point = np.array([kind == "point" for kind in kinds], bool)
    boxes[is_point] += [0.5, 0.5, -0.5, -0.5]
    return Marks(
        boxes, tuple(kinds), tuple(table[label]), tuple(outlines), tuple(map(str, table.index))
    )


def table_of_marks(marks: Marks, hierarchy: Hierarchy | None = None) -> pd.DataFrame:
    """Turn marks into the table of a field, as NuCLS writes it.

    What `marks_of_table` made comes back as it was, but for vertices that close a line: outlines
    are written closed. Other boxes become the pixels that they touch, other vertices their
    pixels; a vertex on the edge of two pixels goes to the one that lies towards the box's middle,
    so that outlines along the edges of pixels become the outermost pixels inside.

    Parameters
    ----------
    marks : Marks
        Their labels are of the finest level, or empty, which is refused.
    hierarchy : Hierarchy, optional
        NuCLS's own by default; gives the coarser classes.

    Raises
    ------
    SettingsError
        If a label is no class of the hierarchy.
    """
    hierarchy = hierarchy or shipped_hierarchy()
    pixels = inclusive(marks.boxes)
    coords = [
        _coords(*row) for row in zip(marks.kinds, pixels.tolist(), vertices(marks), strict=True)
    ]
    columns: dict[str, object] = dict(
        zip(class_columns(hierarchy), _levels(marks, hierarchy), strict=True)
    )
    columns["type"] = [_TYPES[kind] for kind in marks.kinds]
    columns |= {name: pixels[:, i] for i, name in enumerate(BOX)}
    columns |= {name: [pair[i] for pair in coords] for i, name in enumerate(COORDS)}
    numbered = all(text.isdecimal() and str(int(text)) == text for text in marks.ids)
    index = [int(text) for text in marks.ids] if numbered else range(len(marks))
    return pd.DataFrame(columns, index=pd.Index(index, dtype="int64"))


def inclusive(boxes: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return pixels ``xmin, ymin, xmax, ymax`` that half-open boxes touch; shape (n, 4)."""
    y0, x0, y1, x1 = np.moveaxis(np.asarray(boxes, np.float64), -1, 0)
    low = np.floor([x0, y0])
    high = np.maximum(np.ceil([x1, y1]) - 1, low)
    return np.moveaxis(np.concatenate([low, high]), 0, -1).astype(np.int64)


def vertices(marks: Marks) -> list[npt.NDArray[np.int64] | None]:
    """Pixels ``(y, x)`` of the vertices of each outline, None where there is none."""
    return [
        None if outline is None else _towards(outline, centre)
        for outline, centre in zip(marks.outlines, marks.centres, strict=True)
    ]


def _towards(outline: Points, centre: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    down = np.floor(outline)
    on_edge = (down == outline) & (outline > centre)
    return np.asarray(down - on_edge, np.int64)


def _outline(kind: str, xs: str, ys: str) -> Points | None:
    if kind != "polyline" or not xs:
        return None
    points = np.array([ys.split(","), xs.split(",")], np.float64).T + 0.5
    if len(points) > 1 and (points[0] == points[-1]).all():
        points = points[:-1]
    return points if len(np.unique(points, axis=0)) >= 3 else None


def _coords(kind: Kind, box: list[int], line: npt.NDArray[np.int64] | None) -> tuple[str, str]:
    xmin, ymin, xmax, ymax = box
    if kind == "point":
        return str(xmin), str(ymin)
    if line is None:
        return _joined([xmin, xmax, xmax, xmin, xmin]), _joined([ymin, ymin, ymax, ymax, ymin])
    closed = np.concatenate([line, line[:1]]).tolist()
    return _joined([x for _, x in closed]), _joined([y for y, _ in closed])


def _joined(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))


def _levels(marks: Marks, hierarchy: Hierarchy) -> list[tuple[str, ...]]:
    hierarchy.roll_up_many(
        [label or "an empty label" for label in marks.labels], hierarchy.levels[0].name
    )
    coarser = [hierarchy.roll_up_many(marks.labels, level.name) for level in hierarchy.levels[1:]]
    return [marks.labels, *coarser]
