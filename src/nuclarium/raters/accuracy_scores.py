"""Scores of detection and classification from counts of fields, as functions of their weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.evaluate.counts import MatchCounts, ratio
from nuclarium.raters.agreement_distances import Floats

DETECTION = ("detection_precision", "detection_recall", "detection_f1")
OVERALL = ("accuracy", "mcc", "aggregate_mcc")
BY_CLASS = ("precision", "recall", "specificity", "f1", "mcc")


@dataclass(frozen=True, eq=False)
class FieldCounts:
    """Counts of one rater, or of several pooled, in F fields and K classes.

    Parameters
    ----------
    active : ndarray of int64, shape (F,)
        Fields with a judged item; the others have no weight.
    detection : ndarray of float64, shape (F, 3)
        True positives, false positives and false negatives.
    true, answered, right : ndarray of float64, shape (F, K + 1)
        Detected nuclei by true class, by the class answered, and where both are the same; the last
        place is that of answers that are no class.
    """

    active: npt.NDArray[np.int64]
    detection: Floats
    true: Floats
    answered: Floats
    right: Floats

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return int(self.true.shape[1]) - 1

    def scores(self, weight: Floats) -> Floats:
        """Return scores in the order of `names`, shape (B, n), of weighted fields."""
        weight = weight[:, self.active]
        tp, fp, fn = (weight @ self.detection).T
        matches = MatchCounts(tp, fp, fn)
        true, answered, right = (weight @ part for part in (self.true, self.answered, self.right))
        columns = [matches.precision, matches.recall, matches.f1]
        columns += [*_overall(true, answered, right)]
        total = true.sum(axis=1, keepdims=True)
        cells = _one_vs_rest(true[:, :-1], answered[:, :-1], right[:, :-1], total)
        by_class = np.stack(_by_class(*cells))
        found: Floats = np.concatenate([np.stack(columns), *by_class.transpose(2, 0, 1)]).T
        return found


def names(labels: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the name and class of every score of `FieldCounts.scores`; no class is empty."""
    several = [(score, "") for score in (*DETECTION, *OVERALL)]
    return several + [(score, label) for label in labels for score in BY_CLASS]


def _overall(true: Floats, answered: Floats, right: Floats) -> tuple[Floats, Floats, Floats]:
    """Return accuracy, multi-class MCC, and the MCC of one-vs-rest counts added up.

    References
    ----------
    .. [1] Gorodkin, 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    total, hits = true.sum(axis=1), right.sum(axis=1)
    covariance = hits * total - (true * answered).sum(axis=1)
    spread = (total**2 - (true**2).sum(axis=1)) * (total**2 - (answered**2).sum(axis=1))
    classes = true.shape[1] - 1
    told = answered[:, :-1].sum(axis=1)
    cells = hits, told - hits, total - hits, classes * total - told - total + hits
    return ratio(hits, total), ratio(covariance, np.sqrt(spread)), mcc(*cells)


def _one_vs_rest(
    true: Floats, answered: Floats, right: Floats, total: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    return right, answered - right, true - right, total - answered - true + right


def _by_class(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> tuple[Floats, ...]:
    """Return the scores of `BY_CLASS`; nan for a class that truth does not have."""
    there = np.where(tp + fn > 0, 1, np.nan)
    matches = MatchCounts(tp, fp, fn)
    return (
        matches.precision * there,
        matches.recall,
        ratio(tn, tn + fp) * there,
        matches.f1 * there,
        mcc(tp, fp, fn, tn) * there,
    )


def mcc(tp: Floats, fp: Floats, fn: Floats, tn: Floats) -> Floats:
    """Matthews' correlation coefficient; nan where a row or column of the table is empty.

    References
    ----------
    .. [1] Matthews, 1975, doi:10.1016/0005-2795(75)90109-9.
    """
    below = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
    found: Floats = ratio(tp * tn - fp * fn, below)
    return found
