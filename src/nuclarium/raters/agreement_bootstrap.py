"""Intervals by drawing whole fields with replacement: fields are weighted, nothing is rebuilt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from nuclarium.raters.agreement_distances import Floats

Method = Literal["percentile", "bca"]
Statistic = Callable[[Floats], Floats]
"""Weights of fields, shape (B, F), to values of shape (B, ...); nan where one is undefined."""

LEVEL = 0.95
_CELLS = 1 << 22
_KEPT_CELLS = 1 << 25


@dataclass(frozen=True, eq=False)
class Estimate:
    """Values of a statistic with their intervals; arrays of one shape.

    Parameters
    ----------
    value, low, high : ndarray of float64
        Bounds are nan where there are fewer than two fields, or no value.
    undefined : ndarray of float64
        Share of draws in which there was no value; these are left out of the interval.
    drawn : ndarray of float64, shape (draws, ...)
        The value in each draw. The same seed draws the same fields.
    """

    value: Floats
    low: Floats
    high: Floats
    undefined: Floats
    drawn: Floats


def estimate(
    statistic: Statistic,
    n_fields: int,
    *,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    method: Method = "percentile",
    level: float = LEVEL,
    width: int = 1,
    weights: Floats | None = None,
) -> Estimate:
    """Evaluate a statistic, and bound it by a bootstrap over fields.

    Parameters
    ----------
    statistic : callable
        Takes weights of fields, see `Statistic`.
    n_fields : int
    rng : numpy.random.Generator, optional
        One of seed 0 when left out.
    draws : int
        0 for no interval.
    method : {"percentile", "bca"}
        Percentiles of the draws, or those corrected for bias and acceleration, where the
        acceleration is that of the jackknife over fields [1]_.
    level : float
        0.95: from the 2.5th to the 97.5th percentile.
    width : int
        Numbers that the statistic holds for each draw; keeps memory bounded.
    weights : ndarray of float64, shape (draws, n_fields), optional
        Draws that were made before, see `field_weights`; then `rng` is not used.

    References
    ----------
    .. [1] Efron, 1987, doi:10.1080/01621459.1987.10478410.
    """
    value = statistic(np.ones((1, n_fields)))[0]
    none = np.full(value.shape, np.nan)
    if n_fields < 2 or draws < 1:
        return Estimate(value, none, none, np.zeros(value.shape), np.empty((0, *value.shape)))
    if weights is not None:
        drawn = _in_parts(statistic, weights, width)
    else:
        drawn = draw(statistic, n_fields, rng or np.random.default_rng(0), draws, width)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        jackknife = _in_parts(statistic, 1 - np.eye(n_fields), width)
        low, high = _each(_bca, value, drawn, jackknife, tails)
    else:
        low, high = _each(_percentile, value, drawn, drawn, tails)
    return Estimate(value, low, high, np.isnan(drawn).mean(axis=0), drawn)


def draw(
    statistic: Statistic, n_fields: int, rng: np.random.Generator, draws: int, width: int = 1
) -> Floats:
    """Return the statistic of `draws` samples of fields with replacement, shape (draws, ...)."""
    step = max(1, _CELLS // max(width, n_fields, 1))
    parts = []
    even = np.full(n_fields, 1 / n_fields)
    for begin in range(0, draws, step):
        weight = rng.multinomial(n_fields, even, min(step, draws - begin))
        parts.append(statistic(weight.astype(np.float64)))
    return np.concatenate(parts)


def field_weights(n_fields: int, draws: int, rng: np.random.Generator) -> Floats | None:
    """Draw fields once for many statistics; None where that would be more than 2^25 numbers."""
    if n_fields < 2 or not 0 < n_fields * draws <= _KEPT_CELLS:
        return None
    return rng.multinomial(n_fields, np.full(n_fields, 1 / n_fields), draws).astype(np.float64)


def _in_parts(statistic: Statistic, weight: Floats, width: int) -> Floats:
    step = max(1, _CELLS // max(width, weight.shape[1]))
    parts = [statistic(weight[begin : begin + step]) for begin in range(0, len(weight), step)]
    return np.concatenate(parts)


def _each(
    bounds: Callable[[float, Floats, Floats, Floats], Floats],
    value: Floats,
    drawn: Floats,
    jackknife: Floats,
    tails: Floats,
) -> tuple[Floats, Floats]:
    """Return the bounds of every value; nan where there is no value or no draw."""
    found = np.full((value.size, 2), np.nan)
    columns = drawn.reshape(len(drawn), -1).T, jackknife.reshape(len(jackknife), -1).T
    for i, (one, draws, left_out) in enumerate(zip(value.ravel(), *columns, strict=True)):
        known = draws[~np.isnan(draws)]
        if np.isfinite(one) and len(known):
            found[i] = bounds(float(one), known, left_out, tails)
    low, high = found.T.reshape(2, *value.shape)
    return low, high


def _percentile(_: float, drawn: Floats, __: Floats, tails: Floats) -> Floats:
    bounds: Floats = np.quantile(drawn, tails)
    return bounds


def _bca(value: float, drawn: Floats, jackknife: Floats, tails: Floats) -> Floats:
    below = ((drawn < value).mean() + (drawn <= value).mean()) / 2
    bias = stats.norm.ppf(np.clip(below, 0.5 / len(drawn), 1 - 0.5 / len(drawn)))
    known = jackknife[~np.isnan(jackknife)]
    gap = known.mean() - known if len(known) else known
    squares = (gap**2).sum()
    acceleration = (gap**3).sum() / (6 * squares**1.5) if squares > 0 else 0.0
    z = bias + stats.norm.ppf(tails)
    bounds: Floats = np.quantile(drawn, stats.norm.cdf(bias + z / (1 - acceleration * z)))
    return bounds
