"""The scores of an image: counts that add up, and every score that is computed from them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels, as_labels
from nuclarium.evaluate.counts import (
    Count,
    MatchCounts,
    NucleusCounts,
    match_counts,
    nucleus_counts,
)
from nuclarium.evaluate.matching import OverlapTable, overlap_table, volume_overlap_table
from nuclarium.evaluate.overlap import (
    OverlapCounts,
    aggregated_overlap,
    pixel_overlap,
    unique_overlap,
)

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""IoU from which a predicted nucleus counts as found."""


@dataclass(frozen=True, slots=True)
class ImageScores:
    """Everything that is counted when a prediction is compared with the truth.

    Scores of images add up: ``score(a, b) + score(c, d)`` holds the pooled counts.

    Parameters
    ----------
    matches : tuple of MatchCounts
        One for each of `THRESHOLDS`.
    nuclei : NucleusCounts
        Numbers of nuclei, splits and merges.
    pixels, aggregated, aggregated_unique : OverlapCounts
        Pixels of Dice and IoU, of AJI, and of AJI+.
    """

    matches: tuple[MatchCounts, ...] = (MatchCounts(),) * len(THRESHOLDS)
    nuclei: NucleusCounts = field(default_factory=NucleusCounts)
    pixels: OverlapCounts = field(default_factory=OverlapCounts)
    aggregated: OverlapCounts = field(default_factory=OverlapCounts)
    aggregated_unique: OverlapCounts = field(default_factory=OverlapCounts)

    def __add__(self, other: ImageScores) -> ImageScores:
        return ImageScores(
            tuple(a + b for a, b in zip(self.matches, other.matches, strict=True)),
            self.nuclei + other.nuclei,
            self.pixels + other.pixels,
            self.aggregated + other.aggregated,
            self.aggregated_unique + other.aggregated_unique,
        )

    def counts(self) -> npt.NDArray[np.float64]:
        """Return all counts in one row, shape (counts,); `from_counts` turns it back."""
        groups: list[Any] = [*self.matches, self.nuclei, self.pixels]
        groups += [self.aggregated, self.aggregated_unique]
        return np.array([count for group in groups for count in astuple(group)], np.float64)

    @classmethod
    def from_counts(cls, counts: npt.NDArray[np.float64]) -> ImageScores:
        """Return the scores of counts, shape (counts,) or (counts, n) for n resamples at once."""
        taken = iter(counts)

        def take(number: int) -> list[Any]:
            return list(itertools.islice(taken, number))

        return cls(
            tuple(MatchCounts(*take(4)) for _ in THRESHOLDS),
            NucleusCounts(*take(5)),
            OverlapCounts(*take(2)),
            OverlapCounts(*take(2)),
            OverlapCounts(*take(2)),
        )

    def match(self, threshold: float = 0.5) -> MatchCounts:
        """Return the matches at one of `THRESHOLDS`."""
        if threshold not in THRESHOLDS:
            raise ValueError(f"threshold must be one of {THRESHOLDS}, but got {threshold}.")
        return self.matches[THRESHOLDS.index(threshold)]

    def values(self) -> dict[str, Count]:
        """Return every score by name, in the order of `SCORES`."""
        return {name: formula(self) for name, formula in SCORES.items()}


def score(prediction: npt.ArrayLike, truth: npt.ArrayLike) -> ImageScores:
    """Compare the predicted nuclei of an image with the true ones.

    Parameters
    ----------
    prediction, truth : array_like of int, shape (H, W) or (Z, H, W)
        Label images of one shape; 0 is background. The planes of a stack are compared one by one
        and added up; `score_volume` compares nuclei in three dimensions.

    Returns
    -------
    scores : ImageScores
        Counts that add; an image without pixels or nuclei counts nothing.

    Raises
    ------
    ValueError
        If the shapes differ, or an array is not a label image.

    Examples
    --------
    >>> truth = np.array([[1, 1, 0, 2, 2]])
    >>> prediction = np.array([[1, 1, 0, 0, 2]])
    >>> score(prediction, truth).match(0.5)
    MatchCounts(true_positive=2, false_positive=0, false_negative=0, iou_sum=1.5)
    """
    predicted, true = _checked(prediction, truth)
    if true.ndim == 3:
        planes = (score(p, t) for p, t in zip(predicted, true, strict=True))
        return sum(planes, start=ImageScores())
    return _scores(overlap_table(predicted, true))


def score_volume(slices: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]) -> ImageScores:
    """Compare the predicted nuclei of a stack with the true ones, in three dimensions.

    Parameters
    ----------
    slices : iterable of (prediction, truth)
        The label images of each slice, of shape (H, W), read when their turn comes; for two stacks
        in memory, ``zip(prediction, truth)``. A number stands for the same nucleus in every slice;
        areas, unions and IoU are of voxels.

    Returns
    -------
    scores : ImageScores
        For a stack of one slice, those of `score`.

    Examples
    --------
    >>> truth = np.array([[[1, 1, 0]], [[1, 1, 0]]])
    >>> prediction = np.array([[[0, 0, 0]], [[8, 8, 8]]])
    >>> score_volume(zip(prediction, truth)).match(0.5).true_positive  # 2 of 5 voxels are shared
    0
    """
    return _scores(volume_overlap_table(_checked(*pair) for pair in slices))


def _checked(prediction: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Labels, Labels]:
    predicted, true = as_labels(prediction, "prediction"), as_labels(truth, "truth")
    if predicted.shape != true.shape:
        raise ValueError(
            f"prediction must have the shape of truth, {true.shape}, but got {predicted.shape}. "
            "Check that both belong to one image, at one resolution."
        )
    return predicted, true


def _scores(table: OverlapTable) -> ImageScores:
    return ImageScores(
        tuple(match_counts(table, threshold) for threshold in THRESHOLDS),
        nucleus_counts(table),
        pixel_overlap(table),
        aggregated_overlap(table),
        unique_overlap(table),
    )


def _at(name: str, threshold: float, scores: ImageScores) -> Count:
    return getattr(scores.match(threshold), name)


def _mean_average_precision(scores: ImageScores) -> Count:
    mean = np.mean([counts.average_precision for counts in scores.matches], axis=0)
    return mean if mean.ndim else float(mean)


SCORES: dict[str, Callable[[ImageScores], Count]] = {
    "dice": lambda s: s.pixels.dice,
    "iou": lambda s: s.pixels.iou,
    "aji": lambda s: s.aggregated.iou,
    "aji_plus": lambda s: s.aggregated_unique.iou,
    "panoptic_quality": partial(_at, "panoptic_quality", 0.5),
    "segmentation_quality": partial(_at, "segmentation_quality", 0.5),
    "recognition_quality": partial(_at, "recognition_quality", 0.5),
    "precision@0.50": partial(_at, "precision", 0.5),
    "recall@0.50": partial(_at, "recall", 0.5),
    "f1@0.50": partial(_at, "f1", 0.5),
    "f1@0.70": partial(_at, "f1", 0.7),
    "f1@0.90": partial(_at, "f1", 0.9),
    "average_precision@0.50:0.95": _mean_average_precision,
    **{
        f"average_precision@{threshold:.2f}": partial(_at, "average_precision", threshold)
        for threshold in THRESHOLDS
    },
    "count_error": lambda s: s.nuclei.count_error,
    "absolute_count_error": lambda s: s.nuclei.absolute_count_error,
    "split_rate": lambda s: s.nuclei.split_rate,
    "merge_rate": lambda s: s.nuclei.merge_rate,
}
"""Every score by name; docs/scores.md says what each means."""
