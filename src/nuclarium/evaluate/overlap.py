"""Pixel overlap of prediction and truth: Dice, IoU and the aggregated Jaccard index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nuclarium.evaluate.counts import Count, ratio
from nuclarium.evaluate.matching import OverlapTable, assign


@dataclass(frozen=True, slots=True)
class OverlapCounts:
    """Pixels that are shared, and pixels that are in either; counts of images add up."""

    intersection: Count = 0
    union: Count = 0

    def __add__(self, other: OverlapCounts) -> OverlapCounts:
        return OverlapCounts(self.intersection + other.intersection, self.union + other.union)

    @property
    def iou(self) -> Count:
        """Intersection over union, in [0, 1]; nan when there is nothing in either."""
        return ratio(self.intersection, self.union)

    @property
    def dice(self) -> Count:
        """Dice coefficient (the F1 of pixels), in [0, 1]; nan when there is nothing in either."""
        return ratio(2 * self.intersection, self.intersection + self.union)


def pixel_overlap(table: OverlapTable) -> OverlapCounts:
    """Count the nucleus pixels of one plane, whichever nucleus they belong to."""
    shared = int(table.intersection.sum())
    total = int(table.truth_area.sum()) + int(table.prediction_area.sum())
    return OverlapCounts(shared, total - shared)


def aggregated_overlap(table: OverlapTable) -> OverlapCounts:
    """Count the pixels of the aggregated Jaccard index (AJI) of one plane.

    Each true nucleus takes the predicted one with the largest IoU (on ties, the smallest label);
    intersections and unions are summed, and predicted nuclei that nobody took add their area to
    the union. A true nucleus that meets no predicted one adds its own area to the union.

    The index has a quirk: a predicted nucleus may be taken by several true ones, and its pixels
    then count in the union each time, so a merge costs more than its pixels. `unique_overlap`
    does without.

    References
    ----------
    .. [1] Kumar et al., 2017, doi:10.1109/TMI.2017.2677499, algorithm 1.
    """
    order = np.lexsort((table.prediction_index, -table.iou, table.truth_index))
    first = np.diff(table.truth_index[order], prepend=-1) != 0
    return _aggregated(table, order[first])


def unique_overlap(table: OverlapTable) -> OverlapCounts:
    """Count the pixels of AJI+: as AJI, but the pairs are one to one with the largest sum of IoU.

    References
    ----------
    .. [1] Graham et al., 2019, doi:10.1016/j.media.2019.101563, section 5.
    """
    return _aggregated(table, assign(table, np.arange(len(table.iou)), table.iou))


def _aggregated(table: OverlapTable, pairs: np.typing.NDArray[np.int64]) -> OverlapCounts:
    missed = np.ones(len(table.truth_area), bool)
    missed[table.truth_index[pairs]] = False
    unused = np.ones(len(table.prediction_area), bool)
    unused[table.prediction_index[pairs]] = False
    alone = int(table.truth_area[missed].sum()) + int(table.prediction_area[unused].sum())
    shared = int(table.intersection[pairs].sum())
    return OverlapCounts(shared, int(table.union[pairs].sum()) + alone)
