"""Whether any condition differs, and whether there is a trend over ordered ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from nuclarium.analysis.contrasts import ConditionMeans
from nuclarium.analysis.grouped import Floats, GroupSums


@dataclass(frozen=True, eq=False)
class Overall:
    """Welch's analysis of variance of F features, shape (F,) each; nan where it cannot be made."""

    f: Floats
    df_between: Floats
    df_within: Floats
    p: Floats


@dataclass(frozen=True, eq=False)
class Trend:
    """Slope of the means of groups over a number, of F features, shape (F,) each."""

    slope: Floats
    low: Floats
    high: Floats
    df: Floats
    p: Floats


def welch_anova(means: ConditionMeans) -> Overall:
    """Test whether conditions have one mean, where each may vary as it likes [1]_.

    Conditions of a single group take no part; two conditions are needed.

    References
    ----------
    .. [1] Welch, 1951, doi:10.1093/biomet/38.3-4.330.
    """
    taken = means.variance > 0
    number = taken.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(taken, 1 / means.variance, 0)
        total = weight.sum(axis=1)
        centre = (weight * np.nan_to_num(means.mean)).sum(axis=1) / total
        gap = np.where(taken, means.mean - centre[:, None], 0)
        lost = np.where(taken, (1 - weight / total[:, None]) ** 2 / means.df, 0).sum(axis=1)
        between = (weight * gap**2).sum(axis=1) / (number - 1)
        f = between / (1 + 2 * (number - 2) / (number**2 - 1) * lost)
        df_within = (number**2 - 1) / (3 * lost)
    f = np.where(number > 1, f, np.nan)
    p = stats.f.sf(f, np.maximum(number - 1, 1), df_within)
    return Overall(f, (number - 1).astype(np.float64), df_within, np.where(number > 1, p, np.nan))


def trend(sums: GroupSums, dose: Floats, *, level: float = 0.95) -> Trend:
    """Fit a line through the means of groups, each group one value.

    Parameters
    ----------
    sums : GroupSums
    dose : ndarray of float64, shape (C,)
        Number of each condition. Three different ones with a value, and a group more than two,
        are needed; elsewhere the result is nan.
    """
    x = np.where(sums.known, dose[sums.condition], 0)
    n = sums.known.sum(axis=1)
    known = sums.known.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        dx = known * (x - (x.sum(axis=1) / n)[:, None])
        dy = known * (sums.mean - ((known * sums.mean).sum(axis=1) / n)[:, None])
        sxx = (dx**2).sum(axis=1)
        slope = (dx * dy).sum(axis=1) / sxx
        df = (n - 2).astype(np.float64)
        error = np.sqrt(((dy - slope[:, None] * dx) ** 2).sum(axis=1) / df / sxx)
        p = 2 * stats.t.sf(np.abs(slope / error), df)
        reach = stats.t.ppf((1 + level) / 2, df) * error
    enough = ((sums.groups > 0).sum(axis=1) > 2) & (df > 0)
    columns = (slope, slope - reach, slope + reach, df, p)
    return Trend(*(np.where(enough, column, np.nan) for column in columns))
