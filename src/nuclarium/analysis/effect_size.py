"""Differences in units of a spread, with intervals."""

from __future__ import annotations

import numpy as np
from scipy import special

from nuclarium.analysis.contrasts import ConditionMeans
from nuclarium.analysis.grouped import Floats, GroupSums

_NODES = 160
_HALVINGS = 60


def hedges_g(
    sums: GroupSums, means: ConditionMeans, index: int, reference: int, *, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Return the difference of two conditions in standard deviations of group means.

    The standard deviation is pooled over both conditions, the bias of few groups removed [1]_,
    and the interval is that of the noncentral t distribution.

    Returns
    -------
    g, low, high : ndarray of float64, shape (F,)
        nan where a condition has one group, or nothing varies.

    References
    ----------
    .. [1] Hedges, 1981, doi:10.3102/10769986006002107.
    """
    pair = [index, reference]
    number = sums.groups[:, pair]
    df = number.sum(axis=1) - 2
    told = (number > 1).all(axis=1) & ((means.variance[:, pair]).sum(axis=1) > 0)
    number, df = number[told], df[told]
    spread = (means.variance[told][:, pair] * number * (number - 1)).sum(axis=1) / df
    reach = np.sqrt(number.prod(axis=1) / number.sum(axis=1))
    t = (means.mean[told, index] - means.mean[told, reference]) / np.sqrt(spread) * reach
    factor = _unbiased(df) / reach
    result = np.full((3, len(told)), np.nan)
    result[:, told] = np.stack([t, *noncentrality_interval(t, df, level=level)]) * factor
    return result[0], result[1], result[2]


def noncentrality_interval(t: Floats, df: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the noncentralities under which each `t` is just at the upper and lower tail.

    Parameters
    ----------
    t, df : ndarray of float64, shape (n,)
        Finite.
    """
    # T = (Z + noncentrality) / S, so that P(T <= t) is the mean of P(Z <= t S - noncentrality).
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    chance = (nodes + 1) / 2
    scaled = np.sqrt(2 * special.gammaincinv(df[:, None] / 2, chance) / df[:, None]) * t[:, None]

    def bound(tail: float) -> Floats:
        reach = 12 + scaled.max(axis=1, initial=0) - scaled.min(axis=1, initial=0)
        low, high = t - reach, t + reach
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = special.ndtr(scaled - middle[:, None]) @ weights / 2
            low, high = np.where(below > tail, middle, low), np.where(below > tail, high, middle)
        found: Floats = (low + high) / 2
        return found

    return bound((1 + level) / 2), bound((1 - level) / 2)


def _unbiased(df: Floats) -> Floats:
    log = special.gammaln(df / 2) - special.gammaln((df - 1) / 2)
    factor: Floats = np.exp(log) / np.sqrt(df / 2)
    return factor
