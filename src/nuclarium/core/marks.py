"""Marks of nuclei in one image: boxes, outlines and points, mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

Kind = Literal["outline", "box", "point"]
Points = npt.NDArray[np.float64]
"""Corners ``(y, x)`` of a closed line, shape (k, 2), the last not equal to the first; the upper
left pixel reaches from 0 to 1."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, eq=False)
class Marks:
    """What is marked in one image; row ``i`` of every field is the same nucleus.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        Extent ``y0, x0, y1, x1`` in pixels, half-open: the upper left pixel is ``0, 0, 1, 1``.
        Finite; ``y0 <= y1`` and ``x0 <= x1``. A point has zero size, and lies at its centre.
    kinds : tuple of n str
        ``"outline"``, ``"box"`` or ``"point"``.
    labels : tuple of n str
        Class of each; empty where it is not known.
    outlines : tuple of n (ndarray of float64, shape (k, 2)) or None
        Corners ``(y, x)``, at least 3, not closed; None for boxes and points.
    ids : tuple of n str
        No two alike.

    Raises
    ------
    ValueError
        If the fields do not fit together; the row is named.
    """

    boxes: npt.NDArray[np.float64]
    kinds: tuple[Kind, ...]
    labels: tuple[str, ...]
    outlines: tuple[Points | None, ...]
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes", np.asarray(self.boxes, np.float64).reshape(-1, 4))
        for name in ("kinds", "labels", "outlines", "ids"):
            values = tuple(getattr(self, name))
            object.__setattr__(self, name, values)
            if len(values) != len(self.boxes):
                raise ValueError(
                    f"{name} must have a value for each of {len(self.boxes)} boxes, but got "
                    f"{len(values)}."
                )
        self._check_rows()

    def __len__(self) -> int:
        return len(self.boxes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Marks):
            return NotImplemented
        same = (self.kinds, self.labels, self.ids) == (other.kinds, other.labels, other.ids)
        return (
            same
            and np.array_equal(self.boxes, other.boxes)
            and all(map(_equal, self.outlines, other.outlines))
        )

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """Middle ``(y, x)`` of each box, shape (n, 2)."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2

    @property
    def sizes(self) -> npt.NDArray[np.float64]:
        """Height and width of each box in pixels, shape (n, 2); 0 for points."""
        return self.boxes[:, 2:] - self.boxes[:, :2]

    def only(self, rows: npt.NDArray[Any] | Sequence[int]) -> Marks:
        """Return the marks of these rows (numbers or a mask), in their order."""
        chosen = np.arange(len(self))[np.asarray(rows, None if len(rows) else np.intp)]
        return Marks(
            self.boxes[chosen],
            *(
                tuple(values[i] for i in chosen.tolist())
                for values in (self.kinds, self.labels, self.outlines, self.ids)
            ),
        )

    def _check_rows(self) -> None:
        bad = ~np.isfinite(self.boxes).all(axis=1) | (self.sizes < 0).any(axis=1)
        if bad.any():
            row = int(np.argmax(bad))
            raise ValueError(
                f"boxes must be finite with y0 <= y1 and x0 <= x1, but row {row} is "
                f"{self.boxes[row].tolist()}."
            )
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("ids must differ, but some are alike.")
        for row, (kind, outline) in enumerate(zip(self.kinds, self.outlines, strict=True)):
            if kind not in KINDS:
                raise ValueError(f"kinds must be of {KINDS}, but row {row} is {kind!r}.")
            if (kind == "outline") != (outline is not None):
                raise ValueError(f"An outline goes with kind 'outline', but row {row} is a {kind}.")
            if kind == "point" and self.sizes[row].any():
                raise ValueError(f"A point has zero size, but row {row} has {self.sizes[row]}.")
            if outline is not None and not _is_outline(outline):
                raise ValueError(
                    f"An outline must have 3 or more finite corners (y, x), but row {row} is "
                    f"of shape {np.shape(outline)}."
                )


def no_marks() -> Marks:
    """Return the marks of an image that shows none."""
    return Marks(np.zeros((0, 4)), (), (), (), ())


def _is_outline(outline: Points) -> bool:
    shaped = outline.ndim == 2 and outline.shape[1] == 2 and len(outline) >= 3
    return shaped and bool(np.isfinite(outline).all())


def _equal(one: Points | None, other: Points | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
