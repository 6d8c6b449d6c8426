"""Differences in units of a spread, with intervals."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from scipy.special import gammaln

from nuclarium.analysis.contrasts import ConditionMeans
from nuclarium.analysis.grouped import Floats, GroupSums

_FARTHEST = 60.0


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
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (means.variance[:, pair] * number * (number - 1)).sum(axis=1) / df
        d = (means.mean[:, index] - means.mean[:, reference]) / np.sqrt(spread)
        reach = np.sqrt(number.prod(axis=1) / number.sum(axis=1))
    g, low, high = np.full((3, len(d)), np.nan)
    for row in np.flatnonzero(np.isfinite(d) & (number > 1).all(axis=1)):
        factor = _unbiased(float(df[row])) / reach[row]
        t = float(d[row] * reach[row])
        bounds = noncentrality_interval(t, float(df[row]), level=level)
        g[row], low[row], high[row] = t * factor, bounds[0] * factor, bounds[1] * factor
    return g, low, high


def noncentrality_interval(t: float, df: float, *, level: float = 0.95) -> tuple[float, float]:
    """Return the noncentralities under which `t` is just at the upper and lower tail.

    nan beyond 60, where the distribution cannot be computed well.
    """

    def bound(tail: float) -> float:
        middle, reach = t, 8 + abs(t) * 4 / np.sqrt(df)

        def gap(noncentrality: float) -> float:
            return float(stats.nct.cdf(t, df, noncentrality)) - tail

        low, high = max(middle - reach, -_FARTHEST), min(middle + reach, _FARTHEST)
        if not gap(low) > 0 > gap(high):
            return float("nan")
        return float(brentq(gap, low, high, xtol=1e-6))

    return bound((1 + level) / 2), bound((1 - level) / 2)


def _unbiased(df: float) -> float:
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))
