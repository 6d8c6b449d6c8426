"""How near two marks are: IoU of boxes or outlines, and points on the same scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.raters.marks import OUTLINE, POINT, RaterMarks
from nuclarium.raters.outline_runs import Runs

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Nearness:
    """When two marks may be of one nucleus, and by what they are compared.

    Parameters
    ----------
    min_iou : float
        Least IoU of two marks of one nucleus; over 0, at most 1.
    by : {"box", "outline"}
        With ``outline``, two outlines are compared by the pixels whose centres they enclose;
        an outline and a box still by their boxes.
    point_distance : float
        Largest distance of two points of one nucleus, in pixels, or in the unit of `pixel_size`.
    pixel_size : (float, float)
        Height and width of a pixel; in µm, and `point_distance` is in µm.
    inclusive : bool
        Boxes as the original has them: both edges belong to the box, so that it is one pixel
        larger, and a point is a box of one pixel.
    """

    min_iou: float = 0.25
    by: str = "box"
    point_distance: float = 12.0
    pixel_size: tuple[float, float] = (1.0, 1.0)
    inclusive: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.min_iou <= 1:
            raise SettingsError(
                f"min_iou must be over 0 and at most 1, but is {self.min_iou}. NuCLS took 0.25."
            )
        if self.by not in ("box", "outline"):
            raise SettingsError(f"Marks are compared by box or outline, not by {self.by!r}.")
        if not (self.point_distance > 0 and min(self.pixel_size) > 0):
            raise SettingsError(
                "The largest distance of points and the size of pixels must be positive, but are "
                f"{self.point_distance} and {self.pixel_size}."
            )


class Similarity:
    """IoU of pairs of marks, or what stands for it, in [0, 1]; two of one nucleus have `min_iou`.

    - Two boxes, or an outline and a box: IoU of their boxes.
    - Two outlines, with ``by="outline"``: IoU of their pixels.
    - Two points: ``1 - (1 - min_iou) · distance / point_distance``; 0 if they are farther apart.
    - A point and a box or an outline: ``1 - (1 - min_iou) · r``, where r is 0 in the middle of the
      box and 1 at its edge; 0 if the point is not in the box, or not in the outline.

    The farthest points that are still allowed are thus at the cut, whatever `min_iou` is.
    """

    def __init__(self, marks: RaterMarks, nearness: Nearness) -> None:
        self._boxes = marks.boxes
        self._near = nearness
        self._is_point = marks.kind == POINT
        self._outlines = marks.outlines
        grow = 1.0 if nearness.inclusive else 0.0
        self._grow = grow
        self._area = (marks.boxes[:, 2:] - marks.boxes[:, :2] + grow).prod(axis=1)
        self._has_points = bool(self._is_point.any()) and not nearness.inclusive
        self._is_outline = marks.kind == OUTLINE
        by_outline = nearness.by == "outline" and bool(self._is_outline.any())
        self._runs = Runs.of(marks.outlines) if by_outline else None

    def __call__(self, a: Places, b: Places) -> Floats:
        """Return how near each mark of `a` is to that of `b`, shape (pairs,)."""
        near = self.box_iou(a, b)
        if self._runs is not None:
            both = np.flatnonzero(self._is_outline[a] & self._is_outline[b])
            if len(both):
                near[both] = self._runs.iou(a[both], b[both])
        if self._has_points:
            points = self._is_point[a].astype(np.int8) + self._is_point[b]
            two, one = np.flatnonzero(points == 2), np.flatnonzero(points == 1)
            near[two] = self._points(a[two], b[two])
            is_first = self._is_point[a[one]]
            point, other = np.where(is_first, a[one], b[one]), np.where(is_first, b[one], a[one])
            near[one] = self._point_in(point, other)
        return near

    def box_iou(self, a: Places, b: Places) -> Floats:
        """Return the IoU of the boxes of each pair; 0 where both have no area."""
        first, second = self._boxes[a], self._boxes[b]
        inner = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
        shared = np.maximum(inner + self._grow, 0).prod(axis=1)
        union = self._area[a] + self._area[b] - shared
        ratio: Floats = np.zeros(len(shared))
        np.divide(shared, union, out=ratio, where=union > 0)
        return ratio

    def _points(self, a: Places, b: Places) -> Floats:
        gap = (self._boxes[a, :2] - self._boxes[b, :2]) * self._near.pixel_size
        share = np.hypot(gap[:, 0], gap[:, 1]) / self._near.point_distance
        return self._scaled(share, share <= 1)

    def _point_in(self, point: Places, other: Places) -> Floats:
        place, box = self._boxes[point, :2], self._boxes[other]
        half = (box[:, 2:] - box[:, :2]) / 2
        share = (np.abs(place - (box[:, :2] + box[:, 2:]) / 2) / half).max(axis=1)
        is_in = share <= 1
        for row in np.flatnonzero(is_in & self._is_outline[other]).tolist():
            corners = self._outlines[other[row]]
            is_in[row] = corners is not None and encloses(corners, place[row])
        return self._scaled(share, is_in)

    def _scaled(self, share: Floats, is_near: Mask) -> Floats:
        least = self._near.min_iou
        return np.where(is_near, np.maximum(1 - (1 - least) * share, least), 0.0)


def encloses(corners: Floats, place: Floats) -> bool:
    """Whether a closed line goes around a place ``(y, x)``, by the even-odd rule."""
    start, end = corners, np.roll(corners, -1, axis=0)
    crosses = (start[:, 0] <= place[0]) != (end[:, 0] <= place[0])
    start, end = start[crosses], end[crosses]
    share = (place[0] - start[:, 0]) / (end[:, 0] - start[:, 0])
    x = start[:, 1] + share * (end[:, 1] - start[:, 1])
    return bool((x > place[1]).sum() % 2)
