"""Which predicted mark is which true one, where some of the truth is not to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from nuclarium.core.classes import Hierarchy
from nuclarium.core.marks import Marks
from nuclarium.evaluate.counts import MatchCounts
from nuclarium.evaluate.mark_overlap import Floats, box_areas, box_intersections, mark_iou

Method = Literal["hungarian", "greedy"]
METHODS: tuple[Method, ...] = ("hungarian", "greedy")
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Detections:
    """What was found in one image.

    Parameters
    ----------
    marks : Marks
    confidence : ndarray of float64, shape (n,)
        How sure each is to be a nucleus; any scale, larger is surer. Finite.
    probabilities : ndarray of float64, shape (n, K), or None
        Of `classes`; None where there are labels alone.
    classes : tuple of K str
    """

    marks: Marks
    confidence: Floats
    probabilities: Floats | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.marks)
        if np.shape(self.confidence) != (count,) or not np.isfinite(self.confidence).all():
            raise ValueError(f"confidence must be a finite number for each of {count} marks.")
        if self.probabilities is not None and np.shape(self.probabilities) != (
            count,
            len(self.classes),
        ):
            raise ValueError(
                f"probabilities must have the shape {(count, len(self.classes))} of marks and "
                f"classes, but got {np.shape(self.probabilities)}."
            )


@dataclass(frozen=True)
class MarkMatch:
    """Pairs of one image.

    Parameters
    ----------
    truth, prediction : ndarray of int64, shape (pairs,)
        Rows of both, ascending by truth.
    iou : ndarray of float64, shape (pairs,)
    missed : ndarray of int64
        True marks that were to be found, and were not.
    invented : ndarray of int64
        Predicted marks that are none.
    ignored : ndarray of int64
        Predicted marks on truth that is not judged: neither right nor wrong.
    """

    truth: Rows
    prediction: Rows
    iou: Floats
    missed: Rows
    invented: Rows
    ignored: Rows

    @property
    def counts(self) -> MatchCounts:
        """Counts that add up over images."""
        numbers = len(self.truth), len(self.invented), len(self.missed)
        return MatchCounts(*numbers, float(self.iou.sum()))


def is_judged(truth: Marks, hierarchy: Hierarchy | None) -> npt.NDArray[np.bool_]:
    """Which true marks count: those that are not ambiguous and have an area.

    Returns
    -------
    judged : ndarray of bool, shape (n,)
        A point has no overlap to be judged by; it is treated as ambiguous.
    """
    ambiguous = ambiguous_labels(truth.labels, hierarchy)
    return np.array(
        [
            label not in ambiguous and kind != "point"
            for label, kind in zip(truth.labels, truth.kinds, strict=True)
        ],
        bool,
    )


def match_marks(
    truth: Marks,
    found: Detections | Marks,
    hierarchy: Hierarchy | None = None,
    *,
    threshold: float = 0.5,
    method: Method = "hungarian",
    legacy: bool = False,
) -> MarkMatch:
    """Pair true and predicted marks one to one by their overlap, whatever their classes.

    Truth that is ambiguous, and points, are not judged: they are never missed, and a prediction
    without a partner that lies in one with `threshold` of its own area or more is ignored, as COCO
    does it with crowds [1]_. Predicted points are ignored too: they have no area to be judged by.

    Parameters
    ----------
    truth : Marks
    found : Detections or Marks
        Of marks without a confidence all are equally sure.
    hierarchy : Hierarchy, optional
        Says what is ambiguous; without one nothing is.
    threshold : float
        In (0, 1]; an IoU equal to it is a match.
    method : "hungarian" or "greedy"
        ``hungarian``: the most pairs, and among such the largest sum of IoU. ``greedy``: from the
        surest prediction on, each takes the free truth that it overlaps most, as COCO does.
    legacy : bool
        Ambiguous truth is as if it were not there, so that what is found on it is wrong: as the
        original evaluation of NuCLS does, whose crowds have a category of their own.

    References
    ----------
    .. [1] Lin et al., 2014, doi:10.1007/978-3-319-10602-1_48; ``pycocotools.cocoeval``.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, but got {threshold}.")
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, but got {method}.")
    detections = found if isinstance(found, Detections) else equally_sure(found)
    judged = is_judged(truth, hierarchy)
    rows = np.flatnonzero(judged)
    iou = mark_iou(truth.only(judged), detections.marks)
    pair = _hungarian if method == "hungarian" else _greedy
    one, other = pair(iou, threshold, detections.confidence)
    free = np.setdiff1d(np.arange(len(detections.marks)), other)
    rest = detections.marks.only(free)
    on_ignored = np.array([kind == "point" for kind in rest.kinds], bool)
    if not legacy:
        on_ignored |= share_inside(rest, truth.only(~judged)).max(axis=1, initial=0) >= threshold
    return MarkMatch(
        truth=rows[one],
        prediction=other,
        iou=iou[one, other],
        missed=np.setdiff1d(rows, rows[one]),
        invented=free[~on_ignored],
        ignored=free[on_ignored],
    )


def equally_sure(marks: Marks) -> Detections:
    """Return marks without a confidence as detections that are all equally sure."""
    return Detections(marks, np.ones(len(marks)))


def share_inside(prediction: Marks, aside: Marks) -> Floats:
    """Share of each predicted box that lies in each mark that is not judged, shape (n, m).

    A point that lies in a predicted box takes all of it.
    """
    shared = box_intersections(prediction.boxes, aside.boxes)
    areas = np.broadcast_to(box_areas(prediction.boxes)[:, None], shared.shape)
    share = np.divide(shared, areas, out=np.zeros_like(shared), where=areas > 0)
    low, high = prediction.boxes[:, None, :2], prediction.boxes[:, None, 2:]
    holds = ((low <= aside.centres) & (aside.centres < high)).all(axis=-1)
    is_point = np.array([kind == "point" for kind in aside.kinds], bool)
    result: Floats = np.where(holds & is_point, 1.0, share)
    return result


def ambiguous_labels(labels: Sequence[str], hierarchy: Hierarchy | None) -> set[str]:
    """Return the labels that roll up to what is ambiguous at the coarsest level."""
    if hierarchy is None or hierarchy.ambiguous is None:
        return set()
    coarsest = hierarchy.levels[-1].name
    return {
        label
        for label in set(labels)
        if label and hierarchy.roll_up(label, coarsest) == hierarchy.ambiguous
    }


def _hungarian(iou: Floats, threshold: float, confidence: Floats) -> tuple[Rows, Rows]:
    allowed = iou >= threshold
    gain = np.where(allowed, 1 + iou / (2 * max(1, min(iou.shape))), 0)
    one, other = linear_sum_assignment(gain, maximize=True)
    kept = allowed[one, other]
    return one[kept].astype(np.int64), other[kept].astype(np.int64)


def _greedy(iou: Floats, threshold: float, confidence: Floats) -> tuple[Rows, Rows]:
    free = np.ones(len(iou), bool)
    pairs = []
    for column in np.argsort(-confidence, kind="stable").tolist():
        values = np.where(free, iou[:, column], -1)
        row = int(values.argmax()) if len(values) else -1
        if row >= 0 and values[row] >= threshold:
            free[row] = False
            pairs.append((row, column))
    found = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
