"""Which predicted nucleus is which true one: the sparse table of overlaps, and matching in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from nuclarium.core.labels import Labels

_BAND = 1 << 24
"""Pixels that are compared at once, so that the working memory stays small."""


@dataclass(frozen=True, slots=True)
class OverlapTable:
    """Every pair of a true and a predicted nucleus that share a pixel, in one plane or volume.

    Parameters
    ----------
    truth_area, prediction_area : ndarray of int64, shapes (n,) and (m,)
        Pixels of each true and each predicted nucleus, in ascending order of their labels.
    truth_index, prediction_index : ndarray of int64, shape (pairs,)
        Rows of `truth_area` and `prediction_area` that overlap.
    intersection : ndarray of int64, shape (pairs,)
        Pixels that the two share; at least 1.
    """

    truth_area: npt.NDArray[np.int64]
    prediction_area: npt.NDArray[np.int64]
    truth_index: npt.NDArray[np.int64]
    prediction_index: npt.NDArray[np.int64]
    intersection: npt.NDArray[np.int64]

    @property
    def union(self) -> npt.NDArray[np.int64]:
        """Pixels of either nucleus of each pair."""
        areas = self.truth_area[self.truth_index] + self.prediction_area[self.prediction_index]
        union: npt.NDArray[np.int64] = areas - self.intersection
        return union

    @property
    def iou(self) -> npt.NDArray[np.float64]:
        """Intersection over union of each pair, in (0, 1]."""
        return self.intersection / self.union


def overlap_table(prediction: Labels, truth: Labels) -> OverlapTable:
    """Count the shared pixels of every true and every predicted nucleus.

    Parameters
    ----------
    prediction, truth : ndarray of int, shape (H, W)
        Label images of one shape; 0 is background, numbers need not be consecutive.

    Returns
    -------
    table : OverlapTable
        Without pairs where the two never overlap.

    Examples
    --------
    >>> table = overlap_table(np.array([[3, 3, 0, 4]]), np.array([[1, 1, 1, 0]]))
    >>> table.intersection, table.union
    (array([2]), array([3]))
    """
    return volume_overlap_table([(prediction, truth)])


def volume_overlap_table(slices: Iterable[tuple[Labels, Labels]]) -> OverlapTable:
    """Count the shared voxels of every true and every predicted nucleus of a stack.

    A number stands for the same nucleus in every slice. Memory is that of one slice and of the
    runs of labels, so a stack may be larger than memory.

    Parameters
    ----------
    slices : iterable of (prediction, truth)
        The label images of each slice, two ndarrays of int, shape (H, W).
    """
    bands = [_NO_RUNS, *(band for pair in slices for band in _bands(*pair))]
    predicted, true, length = (np.concatenate(parts) for parts in zip(*bands, strict=True))
    truth_area, truth_index = _areas(true, length)
    prediction_area, prediction_index = _areas(predicted, length)
    both = (truth_index >= 0) & (prediction_index >= 0)
    key = truth_index[both] * len(prediction_area) + prediction_index[both]
    pair, place = np.unique(key, return_inverse=True)
    shared = np.bincount(place, length[both], len(pair)).astype(np.int64)
    return OverlapTable(
        truth_area, prediction_area, *np.divmod(pair, max(1, len(prediction_area))), shared
    )


def match(
    table: OverlapTable, threshold: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Pair true and predicted nuclei one to one, where their IoU reaches a threshold.

    Above 0.5 no nucleus can have two partners, so the pairs are those that reach the threshold.
    At and below 0.5 the pairing with the most pairs is taken, and among such the one with the
    largest sum of IoU, as in StarDist [1]_ (which lets pairs below the threshold break ties too).

    Parameters
    ----------
    table : OverlapTable
        Of one plane.
    threshold : float
        In (0, 1]; an IoU equal to it is a match.

    Returns
    -------
    pairs : ndarray of int64, shape (matches,)
        Rows of the table that are matches, ascending.
    iou : ndarray of float64, shape (matches,)
        Their IoU.

    References
    ----------
    .. [1] Schmidt et al., 2018, doi:10.1007/978-3-030-00934-2_30; ``stardist.matching``.
    """
    if not 0 < threshold <= 1:
        raise ValueError(
            f"threshold must be above 0 and at most 1, but got {threshold}. "
            "Give the smallest IoU that counts as a match, such as 0.5."
        )
    iou = table.iou
    candidates = np.flatnonzero(iou >= threshold)
    smaller = max(1, min(len(table.truth_area), len(table.prediction_area)))
    pairs = assign(table, candidates, 1 + iou[candidates] / (2 * smaller))
    return pairs, iou[pairs]


def assign(
    table: OverlapTable, candidates: npt.NDArray[np.int64], gain: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Choose pairs with the largest total gain so that each nucleus is in one pair at most.

    Parameters
    ----------
    table : OverlapTable
        Of one plane.
    candidates : ndarray of int64, shape (k,)
        Rows of the table that may be chosen.
    gain : ndarray of float64, shape (k,)
        What choosing each is worth; positive.

    Returns
    -------
    chosen : ndarray of int64
        Some of `candidates`, ascending.
    """
    true, predicted = table.truth_index[candidates], table.prediction_index[candidates]
    rival = (np.bincount(true)[true] > 1) | (np.bincount(predicted)[predicted] > 1)
    if not rival.any():
        return candidates
    won = _best_pairs(true[rival], predicted[rival], gain[rival])
    return np.sort(np.concatenate([candidates[~rival], candidates[rival][won]]))


def _best_pairs(
    true: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], gain: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Solve the sparse assignment; a spare partner for each true nucleus lets it stay alone."""
    rows, row = np.unique(true, return_inverse=True)
    columns, column = np.unique(predicted, return_inverse=True)
    spare = np.arange(len(rows))
    alone = gain.max() + 1
    cost = sparse.csr_array(
        (
            np.concatenate([alone - gain, np.full(len(rows), alone)]),
            (np.concatenate([row, spare]), np.concatenate([column, len(columns) + spare])),
        ),
        shape=(len(rows), len(columns) + len(rows)),
    )
    chosen_row, chosen_column = min_weight_full_bipartite_matching(cost)
    width = len(columns) + len(rows)
    won = np.isin(row * width + column, chosen_row.astype(np.int64) * width + chosen_column)
    pairs: npt.NDArray[np.int64] = np.flatnonzero(won)
    return pairs


_NONE = np.zeros(0, np.int64)
_NO_RUNS = (_NONE, _NONE, _NONE)
_Runs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]


def _bands(prediction: Labels, truth: Labels) -> Iterable[_Runs]:
    """Yield the pairs of labels of some rows at a time, each once with its pixels."""
    rows = max(1, _BAND // max(1, truth.shape[1]))
    for y in range(0, truth.shape[0], rows):
        yield _counted(*_shared_runs(prediction[y : y + rows].ravel(), truth[y : y + rows].ravel()))


def _counted(
    prediction: npt.NDArray[np.int64], truth: npt.NDArray[np.int64], length: npt.NDArray[np.int64]
) -> _Runs:
    """Add up the runs of each pair of labels, so that what is kept of a slice is small."""
    pair, place = np.unique((truth << 32) | prediction, return_inverse=True)
    pixels = np.bincount(place, length, len(pair)).astype(np.int64)
    return pair & 0xFFFFFFFF, pair >> 32, pixels


def _shared_runs(prediction: npt.NDArray[Any], truth: npt.NDArray[Any]) -> _Runs:
    """Return both labels and the length of each stretch in which neither changes."""
    begins = np.ones(truth.size, bool)
    begins[1:] = (truth[1:] != truth[:-1]) | (prediction[1:] != prediction[:-1])
    first = np.flatnonzero(begins)
    length = np.diff(first, append=truth.size)
    return prediction[first].astype(np.int64), truth[first].astype(np.int64), length


def _areas(
    label: npt.NDArray[np.int64], length: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pixels of each nucleus, and the row of each stretch, -1 for background."""
    present, index = np.unique(label, return_inverse=True)
    area = np.bincount(index, length, len(present)).astype(np.int64)
    background = int(len(present) > 0 and present[0] == 0)
    return area[background:], index.astype(np.int64) - background
