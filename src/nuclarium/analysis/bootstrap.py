"""Intervals by drawing whole groups with replacement."""

from __future__ import annotations

import numpy as np

from nuclarium.analysis.grouped import Floats, GroupSums


def bootstrap_interval(
    sums: GroupSums,
    index: int,
    reference: int,
    *,
    rng: np.random.Generator,
    draws: int = 5_000,
    level: float = 0.95,
) -> tuple[Floats, Floats]:
    """Return the percentile interval of a difference of means of groups, shape (F,) each.

    Groups are drawn within their conditions [1]_. With fewer than about ten groups a condition it
    is too short: its variance lacks the factor ``k / (k - 1)``, and it knows no t. It is reported
    beside the interval of the model, which it needs no normal distribution to check.

    References
    ----------
    .. [1] Davison and Hinkley, 1997, doi:10.1017/CBO9780511802843, section 3.8.
    """
    change = _drawn_means(sums, index, rng, draws) - _drawn_means(sums, reference, rng, draws)
    some = (sums.groups[:, [index, reference]] > 1).all(axis=1)
    bounds = np.full((2, len(change)), np.nan)
    tails = [100 * (1 - level) / 2, 100 * (1 + level) / 2]
    if some.any():
        bounds[:, some] = np.nanpercentile(change[some], tails, axis=1)
    return bounds[0], bounds[1]


def _drawn_means(sums: GroupSums, condition: int, rng: np.random.Generator, draws: int) -> Floats:
    places = np.flatnonzero(sums.condition == condition)
    if len(places) == 0:
        return np.full((len(sums.count), draws), np.nan)
    weight = rng.multinomial(len(places), np.full(len(places), 1 / len(places)), draws).T
    known = sums.known[:, places].astype(np.float64)
    total, number = (known * sums.mean[:, places]) @ weight, known @ weight
    mean: Floats = np.full(total.shape, np.nan)
    return np.divide(total, number, out=mean, where=number > 0)
