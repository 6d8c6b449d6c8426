"""How much nuclei vary within groups and groups among themselves: one random intercept, by REML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from nuclarium.analysis.grouped import Floats, GroupSums

_GRID = 24
_GOLDEN_STEPS = 48
_GOLDEN = (np.sqrt(5) - 1) / 2
_LARGEST_SHARE = 1 - 1e-7


@dataclass(frozen=True, eq=False)
class Components:
    """Variances of F features, shape (F,); nan where no group has two nuclei.

    Parameters
    ----------
    between : ndarray of float64
        Variance of the true means of groups of one condition.
    within : ndarray of float64
        Variance of nuclei of one group.
    """

    between: Floats
    within: Floats

    @property
    def icc(self) -> Floats:
        """Intraclass correlation: the share of the variance that is between groups, 0 to 1."""
        total = self.between + self.within
        share: Floats = np.full(total.shape, np.nan)
        return np.divide(self.between, total, out=share, where=total > 0)


def fit_components(sums: GroupSums) -> Components:
    """Estimate both variances, common to all conditions, by restricted maximum likelihood.

    The model is ``value = mean of the condition + deviation of the group + deviation of the
    nucleus`` with normal deviations. The likelihood depends on the counts, means and inner sums of
    squares of the groups alone, and its maximum is sought over the one ratio of the variances,
    for all features at once: on a grid, then by golden section [1]_.

    Parameters
    ----------
    sums : GroupSums
        Some condition must have two groups, or nothing can be said of groups (nan).

    References
    ----------
    .. [1] Searle, Casella and McCulloch, 1992, doi:10.1002/9780470316856, chapters 3 and 6.
    """
    scale = _mean_count(sums)
    share = _least(lambda s: _deviance(sums, s / (1 - s) / scale), sums.count.shape[0])
    ratio = share / (1 - share) / scale
    weight = shrunk_weights(sums, ratio)
    free = sums.count.sum(axis=1) - (sums.groups > 0).sum(axis=1)
    sum_of_squares = _sum_of_squares(sums, weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.where(free > 0, sum_of_squares / free, np.nan)
    can_tell = (sums.count > 1).any(axis=1) & (sums.groups > 1).any(axis=1)
    within = np.where(can_tell, within, np.nan)
    return Components(ratio * within, within)


def icc_interval(sums: GroupSums, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return an interval of the intraclass correlation from the analysis of variance, shape (F,).

    It is exact for groups of one size and close for others [1]_. Where groups are few it is wide:
    an estimate of 0 does not say that groups are alike.

    References
    ----------
    .. [1] Searle, Casella and McCulloch, 1992, doi:10.1002/9780470316856, section 3.6.
    """
    total, nuclei = sums.count.sum(axis=1), sums.nuclei
    between = (sums.groups - 1).clip(0).sum(axis=1)
    within = total - sums.known.sum(axis=1)
    middle = np.nan_to_num(weighted_means(sums, sums.count)) @ sums.indicator.T
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (sums.count * (sums.mean - middle) ** 2).sum(axis=1) / between
        f = squares / (sums.within.sum(axis=1) / within)
        uneven = np.nan_to_num((sums.count**2 @ sums.indicator) / nuclei).sum(axis=1)
        size = (total - uneven) / between
        tails = [(1 + level) / 2, (1 - level) / 2]
        ratios = [f / stats.f.ppf(tail, between, within) - 1 for tail in tails]
        low, high = (np.clip(ratio / (ratio + size), 0, 1) for ratio in ratios)
    return low, high


def shrunk_weights(sums: GroupSums, ratio: Floats) -> Floats:
    """Weight of each group's mean where between over within is `ratio`, shape (F, G)."""
    return sums.count / (1 + ratio[:, None] * sums.count)


def weighted_means(sums: GroupSums, weight: Floats) -> Floats:
    """Mean of the groups of each condition, shape (F, C); nan where it has none."""
    total = weight @ sums.indicator
    mean: Floats = np.full(total.shape, np.nan)
    return np.divide((weight * sums.mean) @ sums.indicator, total, out=mean, where=total > 0)


def effective_nuclei(sums: GroupSums, components: Components) -> Floats:
    """Independent nuclei that would tell the mean of a condition as well, shape (F, C).

    A group of n nuclei counts like ``n / (1 + (n - 1) · ICC)``.
    """
    icc = components.icc[:, None]
    each = sums.count / (1 + (sums.count - 1) * icc)
    number: Floats = np.where(sums.known, each, 0) @ sums.indicator
    return np.where(np.isnan(icc), np.nan, number)


def _mean_count(sums: GroupSums) -> Floats:
    mean: Floats = sums.count.sum(axis=1) / np.maximum(sums.known.sum(axis=1), 1)
    return np.maximum(mean, 1)


def _sum_of_squares(sums: GroupSums, weight: Floats) -> Floats:
    middle = np.nan_to_num(weighted_means(sums, weight)) @ sums.indicator.T
    total: Floats = (sums.within + weight * (sums.mean - middle) ** 2).sum(axis=1)
    return total


def _deviance(sums: GroupSums, ratio: Floats) -> Floats:
    """Twice the negative restricted log likelihood at the best scale, less a constant."""
    weight = shrunk_weights(sums, ratio)
    by_condition = weight @ sums.indicator
    free = sums.count.sum(axis=1) - (sums.groups > 0).sum(axis=1)
    sum_of_squares = np.maximum(_sum_of_squares(sums, weight), np.finfo(float).tiny)
    deviance: Floats = (
        free * np.log(sum_of_squares)
        + np.log1p(ratio[:, None] * sums.count).sum(axis=1)
        + np.log(np.where(by_condition > 0, by_condition, 1)).sum(axis=1)
    )
    return deviance


def _least(function: Callable[[Floats], Floats], size: int) -> Floats:
    """Return where in [0, 1) a function is smallest, for `size` problems side by side."""
    grid = np.linspace(0, _LARGEST_SHARE, _GRID)
    heights = np.stack([function(np.full(size, share)) for share in grid])
    best = heights.argmin(axis=0)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, _GRID - 1)]
    for _ in range(_GOLDEN_STEPS):
        step = _GOLDEN * (high - low)
        left, right = high - step, low + step
        is_left = function(left) < function(right)
        low, high = np.where(is_left, low, left), np.where(is_left, right, high)
    found = (low + high) / 2
    return np.where(function(np.zeros(size)) <= function(found), 0.0, found)
