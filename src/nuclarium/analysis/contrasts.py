"""The difference of two conditions with its error, by means of groups or by the mixed model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from nuclarium.analysis.components import (
    Components,
    fit_components,
    shrunk_weights,
    weighted_means,
)
from nuclarium.analysis.grouped import Floats, GroupSums


@dataclass(frozen=True, eq=False)
class ConditionMeans:
    """Means of C conditions in F features, and how sure they are; shapes (F, C).

    Parameters
    ----------
    mean : ndarray of float64
        nan where the condition has no value.
    variance : ndarray of float64
        Squared standard error of the mean; nan where one group is all there is.
    df : ndarray of float64
        Degrees of freedom of that variance; of the difference where `difference_df` is given.
    """

    mean: Floats
    variance: Floats
    df: Floats


@dataclass(frozen=True, eq=False)
class Difference:
    """A condition less the reference, of F features; shape (F,) each, nan where unknown."""

    reference: Floats
    value: Floats
    difference: Floats
    standard_error: Floats
    df: Floats
    low: Floats
    high: Floats
    ratio_low: Floats
    ratio_high: Floats
    p: Floats


def means_of_groups(sums: GroupSums) -> ConditionMeans:
    """Take each group as one value, whatever its number of nuclei."""
    number = sums.groups
    flat = sums.of_groups()
    mean = weighted_means(flat, flat.count)
    middle = np.nan_to_num(mean) @ sums.indicator.T
    spread = (flat.count * (sums.mean - middle) ** 2) @ sums.indicator
    variance, free = np.full(number.shape, np.nan), number - 1
    np.divide(spread, free * number, out=variance, where=free > 0)
    return ConditionMeans(mean, variance, np.where(free > 0, free, np.nan))


def welch_difference(
    means: ConditionMeans, index: int, reference: int, *, level: float = 0.95
) -> Difference:
    """Compare two conditions that may vary differently.

    Degrees of freedom are Satterthwaite's [1]_; the interval of the ratio is Fieller's [2]_ with
    the same ones, so that it holds 1 exactly where that of the difference holds 0.

    References
    ----------
    .. [1] Welch, 1947, doi:10.1093/biomet/34.1-2.28.
    .. [2] Fieller, 1954, doi:10.1111/j.2517-6161.1954.tb00159.x.
    """
    a, b = means.variance[:, index], means.variance[:, reference]
    total = a + b
    df_a, df_b = means.df[:, index], means.df[:, reference]
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / (a**2 / df_a + b**2 / df_b)
    return difference(means.mean[:, index], means.mean[:, reference], a, b, df, level=level)


def mixed_difference(
    sums: GroupSums,
    index: int,
    reference: int,
    components: Components | None = None,
    *,
    level: float = 0.95,
) -> Difference:
    """Compare two conditions by the random-intercept model of all nuclei of all conditions.

    Degrees of freedom are Satterthwaite's, from the expected information of the two variances;
    see [1]_ for the approximation and [2]_ for its use in mixed models.

    References
    ----------
    .. [1] Giesbrecht and Burns, 1985, doi:10.2307/2530872.
    .. [2] Kuznetsova, Brockhoff and Christensen, 2017, doi:10.18637/jss.v082.i13.
    """
    found = components or fit_components(sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = found.between / found.within
    weight = shrunk_weights(sums, ratio)
    mean = weighted_means(sums, weight)
    pair = [index, reference]
    enough = (sums.groups[:, pair] > 0).all(axis=1) & (sums.groups[:, pair].max(axis=1) > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = found.within[:, None] / (weight @ sums.indicator)
    variance = np.where(enough[:, None], variance, np.nan)
    return difference(
        mean[:, index],
        mean[:, reference],
        variance[:, index],
        variance[:, reference],
        _satterthwaite(sums, found, pair),
        level=level,
    )


def difference(
    value: Floats,
    reference: Floats,
    variance: Floats,
    reference_variance: Floats,
    df: Floats,
    *,
    level: float = 0.95,
) -> Difference:
    """Put together the difference of two means, its interval, that of the ratio, and p."""
    total = variance + reference_variance
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(total)
        t = (value - reference) / error
        p: Floats = np.asarray(2 * stats.t.sf(np.abs(t), df))
        reach: Floats = np.asarray(stats.t.ppf((1 + level) / 2, df))
    ratio_low, ratio_high = _fieller(value, reference, variance, reference_variance, reach)
    return Difference(
        reference,
        value,
        value - reference,
        error,
        df,
        value - reference - reach * error,
        value - reference + reach * error,
        ratio_low,
        ratio_high,
        p,
    )


def _fieller(
    value: Floats, reference: Floats, variance: Floats, reference_variance: Floats, reach: Floats
) -> tuple[Floats, Floats]:
    """Return the interval of ``value / reference``; nan where it has no two ends."""
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = reach**2
        a = reference**2 - squared * reference_variance
        c = value**2 - squared * variance
        root = np.sqrt((value * reference) ** 2 - a * c)
        low, high = (value * reference - root) / a, (value * reference + root) / a
    bounded = (a > 0) & (reference > 0)
    return np.where(bounded, low, np.nan), np.where(bounded, high, np.nan)


def _satterthwaite(sums: GroupSums, components: Components, pair: list[int]) -> Floats:
    """Degrees of freedom of the variance of a difference of two conditions, shape (F,)."""
    within, between = components.within[:, None], components.between[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        level = within + sums.count * between
        precision = np.where(sums.known, sums.count / level, 0)
        total = precision @ sums.indicator
        variance = (1 / total)[:, pair].sum(axis=1)
        slopes = [
            (((precision**2 * power) @ sums.indicator) / total**2)[:, pair].sum(axis=1)
            for power in (1.0, 1 / np.maximum(sums.count, 1))
        ]
        ee, ea, aa = _information(sums, components, precision, total)
        determinant = ee * aa - ea**2
        spread = (
            slopes[0] ** 2 * ee - 2 * slopes[0] * slopes[1] * ea + slopes[1] ** 2 * aa
        ) / determinant
        df: Floats = 2 * variance**2 / spread
    return df


def _information(
    sums: GroupSums, components: Components, precision: Floats, total: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the expected information of within (e) and between (a): ee, ea, aa."""
    level = components.within[:, None] + sums.count * components.between[:, None]
    inverse = np.where(sums.known, 1 / level, 0)
    leverage = precision * inverse  # squared weights of the means that were estimated
    ones, count = np.ones_like(level), sums.count

    def trace(a: Floats, b: Floats) -> Floats:
        inner = (a * b * inverse**2).sum(axis=1)
        mixed = np.nan_to_num(((a * b * leverage * inverse) @ sums.indicator) / total).sum(axis=1)
        each = ((a * leverage) @ sums.indicator) * ((b * leverage) @ sums.indicator)
        result: Floats = inner - 2 * mixed + np.nan_to_num(each / total**2).sum(axis=1)
        return result / 2

    inside = np.maximum(count - 1, 0).sum(axis=1) / components.within**2 / 2
    return inside + trace(ones, ones), trace(ones, count), trace(count, count)
