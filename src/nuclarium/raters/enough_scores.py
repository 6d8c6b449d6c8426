"""Scores of an inferred truth against a reference: detection, classes, order of probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
SCORES = ("detection_f1", "classification_mcc", "auroc_micro", "accuracy")


@dataclass(frozen=True, eq=False)
class Reference:
    """What is held to be true of the items, and which labels are no class of a nucleus.

    Parameters
    ----------
    label : ndarray of int32, shape (n_items,)
        Code of the label; −1 for an item that is in no score.
    undetected : int
        Code of the label of what is no nucleus; −1 if there is none, then every item is one.
    """

    label: Codes
    undetected: int


def scores_against(reference: Reference, label: Codes, probabilities: Floats) -> Floats:
    """Score one truth; shape (4,), in the order of `SCORES`.

    Parameters
    ----------
    reference : Reference
    label : ndarray of int32, shape (n_items,)
        Inferred; an item with −1 is in no score.
    probabilities : ndarray, shape (n_items, K)

    Returns
    -------
    scores : ndarray
        ``detection_f1`` of nucleus against undetected, nan if nothing can be undetected.
        ``classification_mcc``, the correlation of classes by Gorodkin [1]_, and ``auroc_micro``,
        the area under the curve of all classes pooled, over items that both hold to be nuclei;
        probabilities of the classes that occur there in the reference are made to add up to 1
        first. ``accuracy``, the share of items with the label of the reference. nan where a score
        is not defined: no item, or one class only.

    References
    ----------
    .. [1] Gorodkin, 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    known = (reference.label >= 0) & (label >= 0)
    true, found = reference.label[known], label[known]
    is_nucleus, is_found = true != reference.undetected, found != reference.undetected
    both = is_nucleus & is_found
    f1 = np.nan
    if reference.undetected >= 0:
        f1 = _ratio(2 * int(both.sum()), int(is_nucleus.sum() + is_found.sum()))
    return np.array(
        [
            f1,
            correlation(true[both], found[both], probabilities.shape[1]),
            auroc_micro(true[both], probabilities[known][both]),
            _ratio(int((true == found).sum()), len(true)),
        ]
    )


def correlation(true: Codes, found: Codes, n_labels: int) -> float:
    """Return Matthews' correlation for many classes; nan if either side has one class only."""
    n = float(len(true))
    right = float((true == found).sum())
    t = np.bincount(true, minlength=n_labels).astype(np.float64)
    f = np.bincount(found, minlength=n_labels).astype(np.float64)
    both, own, other = float(t @ f), float(t @ t), float(f @ f)
    return _ratio(right * n - both, math.sqrt((n * n - own) * (n * n - other)))


def auroc_micro(true: Codes, probabilities: Floats) -> float:
    """Return the area under the ROC curve of all pairs of item and class; ties count half.

    Only classes that occur in `true` take part. An item without any probability of them has equal
    ones.
    """
    present, code = np.unique(true, return_inverse=True)
    if len(present) < 2:
        return float("nan")
    share = probabilities[:, present]
    total = share.sum(axis=1, keepdims=True)
    equal = np.full(share.shape, 1 / len(present))
    share = np.divide(share, total, out=equal, where=total > 0)
    positive = np.zeros(share.shape, bool)
    positive[np.arange(len(code)), code] = True
    return _area(share.ravel(), positive.ravel())


def _area(score: Floats, positive: npt.NDArray[np.bool_]) -> float:
    """Return the share of pairs of a positive and a negative that are in order."""
    # Rounded, since sums in another order must not break a tie.
    low = np.sort(score[~positive].round(12))
    high = score[positive].round(12)
    below = int((np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")).sum())
    return _ratio(below / 2, len(low) * len(high))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
