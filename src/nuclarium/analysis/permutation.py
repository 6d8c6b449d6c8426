"""Whether groups could change their conditions without anyone noticing: permutation of labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from nuclarium.analysis.grouped import Floats, GroupSums

_TIE = 1e-9
_CHUNK = 1 << 21


@dataclass(frozen=True, eq=False)
class Permutation:
    """P values of F features, and how they came about.

    Parameters
    ----------
    p : ndarray of float64, shape (F,)
        nan where a condition has fewer than two groups.
    smallest : float
        The smallest p that so few groups can give.
    is_exact : bool
        Whether every arrangement was looked at, or a sample.
    """

    p: Floats
    smallest: float
    is_exact: bool


def permutation_test(
    sums: GroupSums,
    index: int,
    reference: int,
    *,
    rng: np.random.Generator,
    draws: int = 20_000,
) -> Permutation:
    """Test two conditions by dealing out their groups anew, two-sided.

    The statistic is Welch's t of the means of groups. All arrangements are looked at where there
    are no more than `draws`; else as many are drawn, and the one that was observed is added [1]_.
    It supposes that, were there no effect, groups of both conditions would be exchangeable: that
    they vary alike.

    Parameters
    ----------
    sums : GroupSums
        Groups of other conditions are not looked at.
    index, reference : int
        The two conditions.
    rng : numpy.random.Generator
        Used only where not all arrangements are looked at.
    draws : int
        Arrangements at most.

    References
    ----------
    .. [1] Phipson and Smyth, 2010, doi:10.2202/1544-6115.1585.
    """
    chosen = np.flatnonzero(np.isin(sums.condition, [index, reference]))
    is_first = sums.condition[chosen] == index
    whole = sums.known[:, chosen].all(axis=1)
    p = np.full(len(sums.count), np.nan)
    p[whole] = _p(sums.mean[whole][:, chosen], is_first, rng, draws)
    for row in np.flatnonzero(~whole):
        known = sums.known[row, chosen]
        p[row] = _p(sums.mean[[row]][:, chosen[known]], is_first[known], rng, draws)[0]
    total, first = len(chosen), int(is_first.sum())
    number = math.comb(total, first)
    mirrored = 2 if 2 * first == total else 1
    smallest = mirrored / number if number <= draws else 1 / (draws + 1)
    return Permutation(p, smallest, number <= draws)


def _p(
    mean: Floats, is_first: npt.NDArray[np.bool_], rng: np.random.Generator, draws: int
) -> Floats:
    total, first = len(is_first), int(is_first.sum())
    if min(first, total - first) < 2:
        return np.full(len(mean), np.nan)
    observed = _welch(mean, is_first[None].astype(np.float64))
    exact = math.comb(total, first) <= draws
    dealt = _all_arrangements(total, first) if exact else _drawn(total, first, rng, draws)
    extreme = np.zeros(len(mean))
    step = max(1, _CHUNK // max(len(mean), 1))
    for begin in range(0, len(dealt), step):
        statistic = _welch(mean, dealt[begin : begin + step])
        extreme += (statistic >= observed * (1 - _TIE) - _TIE).sum(axis=1)
    result: Floats = extreme / len(dealt) if exact else (extreme + 1) / (len(dealt) + 1)
    return result


def _all_arrangements(total: int, first: int) -> Floats:
    places = np.array(list(combinations(range(total), first)))
    dealt = np.zeros((len(places), total))
    np.put_along_axis(dealt, places, 1, axis=1)
    return dealt


def _drawn(total: int, first: int, rng: np.random.Generator, draws: int) -> Floats:
    order = rng.random((draws, total)).argsort(axis=1)
    drawn: Floats = (order < first).astype(np.float64)
    return drawn


def _welch(mean: Floats, dealt: Floats) -> Floats:
    """Absolute t of every feature (rows) under every arrangement (columns)."""
    centred = mean - mean.mean(axis=1, keepdims=True)
    n = dealt.sum(axis=1)
    m = dealt.shape[1] - n
    a, aa = centred @ dealt.T, centred**2 @ dealt.T
    b, bb = centred.sum(axis=1, keepdims=True) - a, (centred**2).sum(axis=1, keepdims=True) - aa
    spread = _per_group(aa - a**2 / n, n) + _per_group(bb - b**2 / m, m)
    gap = np.abs(a / n - b / m)
    # Where nothing varies, every arrangement is as extreme as the one that was observed.
    size = np.sqrt((centred**2).mean(axis=1, keepdims=True))
    scale = np.where(size > 0, size, 1)
    statistic: Floats = gap / np.maximum(np.sqrt(spread), 1e-9 * scale)
    return statistic


def _per_group(squares: Floats, n: Floats) -> Floats:
    share: Floats = np.maximum(squares, 0) / (np.maximum(n - 1, 1) * n)
    return share
