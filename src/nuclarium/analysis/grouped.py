"""What a test needs of the nuclei of each group: how many, their mean, their spread within."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Count, mean and spread of F features in G groups, which belong to conditions.

    Parameters
    ----------
    count : ndarray of float64, shape (F, G)
        Nuclei with a finite value; 0 where a group has none.
    mean : ndarray of float64, shape (F, G)
        Their mean; 0 where there is none.
    within : ndarray of float64, shape (F, G)
        Sum of squared deviations from that mean.
    condition : ndarray of int64, shape (G,)
        Index of the condition of each group, from 0.
    """

    count: Floats
    mean: Floats
    within: Floats
    condition: Ints

    @cached_property
    def indicator(self) -> Floats:
        """Which group belongs to which condition: 0 and 1, shape (G, C)."""
        marks: Floats = np.eye(int(self.condition.max()) + 1)[self.condition]
        return marks

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which groups have a value, shape (F, G)."""
        return self.count > 0

    @property
    def groups(self) -> Floats:
        """Groups with a value in each condition, shape (F, C)."""
        number: Floats = self.known.astype(np.float64) @ self.indicator
        return number

    @property
    def nuclei(self) -> Floats:
        """Nuclei with a value in each condition, shape (F, C)."""
        number: Floats = self.count @ self.indicator
        return number

    def of_groups(self) -> GroupSums:
        """Return the means of the groups as if each were one nucleus."""
        return replace(self, count=self.known.astype(np.float64), within=np.zeros_like(self.within))


def group_sums(values: npt.NDArray[Any], group: Ints, condition: Ints) -> GroupSums:
    """Sum up features over groups; what is not finite is left out, feature by feature.

    Parameters
    ----------
    values : ndarray, shape (F, n)
        One row a feature, one column a nucleus.
    group : ndarray of int64, shape (n,)
        Index of the group of each nucleus, from 0 to G - 1.
    condition : ndarray of int64, shape (G,)
        Index of the condition of each group.

    Examples
    --------
    >>> owner, condition = np.array([0, 0, 1, 1]), np.array([0, 1])
    >>> sums = group_sums(np.array([[1.0, 3.0, 5.0, np.nan]]), owner, condition)
    >>> sums.count.tolist(), sums.mean.tolist(), sums.within.tolist()
    ([[2.0, 1.0]], [[2.0, 5.0]], [[2.0, 0.0]])
    """
    shape = (len(values), len(condition))
    count, mean, within = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for row, raw in enumerate(values):
        feature = np.asarray(raw, np.float64)
        finite = np.isfinite(feature)
        value, owner = (feature, group) if finite.all() else (feature[finite], group[finite])
        count[row] = np.bincount(owner, minlength=shape[1])
        total = np.bincount(owner, value, shape[1])
        np.divide(total, count[row], out=mean[row], where=count[row] > 0)
        within[row] = np.bincount(owner, (value - mean[row][owner]) ** 2, shape[1])
    return GroupSums(count, mean, within, condition)
