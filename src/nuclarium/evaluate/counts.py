"""Counts of matched, missed, invented, split and merged nuclei; counts of images add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.evaluate.matching import OverlapTable, match

Count = Any
"""A number, or an array of them: counts of many resamples are divided at once."""


def ratio(numerator: Count, denominator: Count) -> Count:
    """Divide; where the denominator is 0 there is nothing to judge, and the result is nan."""
    below = np.asarray(denominator, np.float64)
    out = np.full(below.shape, np.nan)
    np.divide(numerator, below, out=out, where=below != 0)
    return out if out.ndim else float(out)


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Matches of predicted and true nuclei at one IoU threshold; counts of images add up.

    Parameters
    ----------
    true_positive : int
        Pairs of a true and a predicted nucleus.
    false_positive, false_negative : int
        Predicted nuclei without a true one, and true ones without a predicted one.
    iou_sum : float
        Sum of the IoU of the pairs.

    Examples
    --------
    >>> counts = MatchCounts(3, 1, 0, 2.4) + MatchCounts(1, 0, 1, 0.8)
    >>> counts.recall, counts.mean_matched_iou
    (0.8, 0.8)
    """

    true_positive: Count = 0
    false_positive: Count = 0
    false_negative: Count = 0
    iou_sum: Count = 0.0

    def __add__(self, other: MatchCounts) -> MatchCounts:
        return MatchCounts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
            self.iou_sum + other.iou_sum,
        )

    @property
    def precision(self) -> Count:
        """Share of predicted nuclei that are true, in [0, 1]; nan when none is predicted."""
        return ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> Count:
        """Share of true nuclei that are found, in [0, 1]; nan when there is no true one."""
        return ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> Count:
        """Harmonic mean of precision and recall, in [0, 1]; nan when there is no nucleus at all."""
        doubled = 2 * self.true_positive
        return ratio(doubled, doubled + self.false_positive + self.false_negative)

    @property
    def average_precision(self) -> Count:
        """TP / (TP + FP + FN) as in StarDist and the Data Science Bowl 2018; nan without nuclei."""
        total = self.true_positive + self.false_positive + self.false_negative
        return ratio(self.true_positive, total)

    @property
    def mean_matched_iou(self) -> Count:
        """Mean IoU of the pairs, from the threshold to 1; nan when there is no pair."""
        return ratio(self.iou_sum, self.true_positive)

    @property
    def segmentation_quality(self) -> Count:
        """First factor of the panoptic quality: another name of `mean_matched_iou`."""
        return self.mean_matched_iou

    @property
    def recognition_quality(self) -> Count:
        """Second factor of the panoptic quality: another name of `f1`."""
        return self.f1

    @property
    def panoptic_quality(self) -> Count:
        """Sum of matched IoU / (TP + FP/2 + FN/2), in [0, 1]; nan when there is no nucleus at all.

        0, not nan, when there are nuclei but no pair.
        """
        halves = (self.false_positive + self.false_negative) / 2
        return ratio(self.iou_sum, self.true_positive + halves)


@dataclass(frozen=True, slots=True)
class NucleusCounts:
    """How many nuclei there are, and how many are split or merged; counts of images add up.

    Parameters
    ----------
    truth, prediction : int
        Nuclei of each.
    absolute_difference : int
        ``|prediction - truth|``, taken image by image before adding.
    split : int
        True nuclei that are cut to pieces.
    merged : int
        Predicted nuclei that lump several true ones.
    """

    truth: Count = 0
    prediction: Count = 0
    absolute_difference: Count = 0
    split: Count = 0
    merged: Count = 0

    def __add__(self, other: NucleusCounts) -> NucleusCounts:
        return NucleusCounts(
            self.truth + other.truth,
            self.prediction + other.prediction,
            self.absolute_difference + other.absolute_difference,
            self.split + other.split,
            self.merged + other.merged,
        )

    @property
    def count_error(self) -> Count:
        """``(prediction - truth) / truth``; negative for too few; nan when there is no true one."""
        return ratio(self.prediction - self.truth, self.truth)

    @property
    def absolute_count_error(self) -> Count:
        """Sum over images of ``|prediction - truth|``, over the true nuclei; nan without those."""
        return ratio(self.absolute_difference, self.truth)

    @property
    def split_rate(self) -> Count:
        """Share of true nuclei that are split; nan when there is no true one."""
        return ratio(self.split, self.truth)

    @property
    def merge_rate(self) -> Count:
        """Share of predicted nuclei that are merges; nan when none is predicted."""
        return ratio(self.merged, self.prediction)


def match_counts(table: OverlapTable, threshold: float) -> MatchCounts:
    """Count the matches of one plane at an IoU threshold; see `matching.match`."""
    pairs, iou = match(table, threshold)
    found = len(pairs)
    return MatchCounts(
        true_positive=found,
        false_positive=len(table.prediction_area) - found,
        false_negative=len(table.truth_area) - found,
        iou_sum=float(iou.sum()),
    )


def nucleus_counts(table: OverlapTable) -> NucleusCounts:
    """Count the nuclei of one plane, and how many are split or merged.

    A *piece* of a true nucleus is a predicted one that has more than half of its own area inside
    it and covers at least a tenth of it. A true nucleus of two or more pieces is split. Turned
    round: a predicted nucleus is a merge when two or more true nuclei have more than half of their
    own area inside it and each fills at least a tenth of it.
    """
    true, predicted = table.truth_index, table.prediction_index
    truth_area, prediction_area = table.truth_area, table.prediction_area
    pieces = _mostly_inside(table.intersection, prediction_area[predicted], truth_area[true])
    lumped = _mostly_inside(table.intersection, truth_area[true], prediction_area[predicted])
    return NucleusCounts(
        truth=len(truth_area),
        prediction=len(prediction_area),
        absolute_difference=abs(len(prediction_area) - len(truth_area)),
        split=int((np.bincount(true[pieces]) > 1).sum()),
        merged=int((np.bincount(predicted[lumped]) > 1).sum()),
    )


def _mostly_inside(
    shared: npt.NDArray[np.int64], inner: npt.NDArray[np.int64], outer: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (2 * shared > inner) & (10 * shared >= outer)
    return inside
