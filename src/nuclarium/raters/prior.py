"""What is thought of raters before they answer: near classes are confused more often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.raters.answer_codes import UNDETECTED
from nuclarium.raters.fit import Floats


def shared_levels(labels: Sequence[str], hierarchy: Hierarchy | None = None) -> Floats:
    """Return how near two labels are: the number of levels at which they are one class.

    Levels above that of the labels count, other than a class with itself at its own level. To be
    missed is near to every class, as if it shared one level, since raters miss more often than they
    confuse what is far apart. A label that the hierarchy does not know is near to none.

    Parameters
    ----------
    labels : sequence of K str
        Classes of any one level, and ``undetected``.
    hierarchy : Hierarchy, optional
        All classes are equally far apart without one.

    Returns
    -------
    near : ndarray of float64, shape (K, K)
        0 on the diagonal.
    """
    near = np.zeros((len(labels), len(labels)))
    for a, first in enumerate(labels):
        for b, second in enumerate(labels):
            if a == b:
                continue
            if UNDETECTED in (first, second):
                near[a, b] = hierarchy is not None
            elif hierarchy is not None:
                near[a, b] = _shared(first, second, hierarchy)
    return near


def _shared(first: str, second: str, hierarchy: Hierarchy) -> int:
    number = 0
    for level in hierarchy.levels[1:]:
        own, other = _rolled(first, level.name, hierarchy), _rolled(second, level.name, hierarchy)
        number += own is not None and own == other and own != first
    return number


def _rolled(label: str, level: str, hierarchy: Hierarchy) -> str | None:
    known = hierarchy.level_of(label)
    names = [each.name for each in hierarchy.levels]
    if known is None or names.index(known) > names.index(level):
        return None
    return hierarchy.roll_up(label, level)


def confusion_prior(near: Floats, *, right: float, strength: float, closeness: float) -> Floats:
    """Return counts of a Dirichlet prior of each row of a confusion matrix.

    Row t has `strength` counts in all, of which a share `right` lies at t. The rest is divided
    among the other labels in proportion to `closeness` to the power of how near they are.

    Parameters
    ----------
    near : ndarray of float64, shape (K, K)
        As of `shared_levels`.
    right : float
        Between 0 and 1.
    strength : float
        Answers that the prior weighs as much as, for each true class.
    closeness : float
        How many times more often two classes that share one more level are confused.

    Returns
    -------
    counts : ndarray of float64, shape (K, K)
    """
    weight = np.power(closeness, np.asarray(near, np.float64))
    np.fill_diagonal(weight, 0)
    total = weight.sum(axis=1, keepdims=True)
    rest = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    mean = (1 - right) * rest
    np.fill_diagonal(mean, 1 - mean.sum(axis=1))
    counts: Floats = strength * mean
    return counts
