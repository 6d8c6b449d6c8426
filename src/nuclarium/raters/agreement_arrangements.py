"""All ways, or a sample of the ways, to deal labels of groups out to raters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from nuclarium.raters.agreement_distances import Floats

_TIE = 1e-9
_LIMIT = 0.05


@dataclass(frozen=True)
class Chance:
    """How often chance does as much: a p value, and how it came about.

    Parameters
    ----------
    p : float
        Two-sided; nan where there is nothing to deal out.
    smallest : float
        The smallest p that so few raters can give.
    is_exact : bool
        Whether every arrangement was looked at, or a sample.
    """

    p: float
    smallest: float
    is_exact: bool


def arrangements(
    codes: npt.NDArray[np.int64], draws: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], bool]:
    """Return codes dealt out anew, one arrangement a row, and whether these are all.

    All are returned where there are no more than `draws`; else as many are drawn.
    """
    sizes = Counter(codes.tolist())
    number = math.factorial(len(codes))
    for size in sizes.values():
        number //= math.factorial(size)
    if number > draws:
        order = rng.random((draws, len(codes))).argsort(axis=1)
        return codes[order], False
    return _all(np.arange(len(codes)), dict(sorted(sizes.items())), len(codes)), True


def _all(free: npt.NDArray[np.int64], sizes: dict[int, int], total: int) -> npt.NDArray[np.int64]:
    """Return every way to give codes to free places, shape (n, total); other places are 0."""
    if not sizes:
        return np.zeros((1, total), np.int64)
    (code, size), *others = sizes.items()
    parts = []
    for chosen in combinations(free.tolist(), size):
        rest = _all(np.setdiff1d(free, chosen), dict(others), total)
        rest[:, list(chosen)] = code
        parts.append(rest)
    return np.concatenate(parts)


def two_sided(dealt: Floats, observed: float, is_exact: bool) -> float:
    """Return the share of arrangements that are as extreme as what was observed.

    An arrangement without a value counts as extreme. Where arrangements were drawn, the observed
    one is added [1]_.

    References
    ----------
    .. [1] Phipson and Smyth, 2010, doi:10.2202/1544-6115.1585.
    """
    size = abs(observed) * (1 - _TIE) - _TIE
    extreme = int((~(np.abs(dealt) < size)).sum())
    return extreme / len(dealt) if is_exact else (extreme + 1) / (len(dealt) + 1)


def deal(
    codes: npt.NDArray[np.int64],
    movable: npt.NDArray[np.bool_],
    gap: Callable[[npt.NDArray[np.int64]], Floats],
    rng: np.random.Generator,
    draws: int,
    is_fit: bool,
) -> Chance:
    """Test a difference that `gap` computes of rows of codes, by dealing out some of these.

    Parameters
    ----------
    codes : ndarray of int64, shape (n,)
        Group of each rater.
    movable : ndarray of bool, shape (n,)
        Whose groups are dealt out.
    gap : callable
        Difference under each arrangement, a row of codes.
    rng, draws
        As for `arrangements`.
    is_fit : bool
        Whether there is a difference to test.
    """
    if not is_fit or len(np.unique(codes[movable])) < 2:
        return Chance(np.nan, np.nan, True)
    moved, is_exact = arrangements(codes[movable], draws, rng)
    dealt = np.repeat(codes[None], len(moved), axis=0)
    dealt[:, movable] = moved
    values = gap(dealt)
    observed = float(gap(codes[None])[0])
    p = two_sided(values, observed, is_exact)
    extreme = np.nanmax(np.abs(values))
    smallest = two_sided(values, float(extreme), is_exact) if is_exact else 1 / (draws + 1)
    return Chance(p, smallest, is_exact)


def chance_columns(chance: Chance) -> dict[str, object]:
    """Return p, smallest_p, is_exact and a remark, for a row of a table."""
    remark = ""
    if np.isnan(chance.p):
        remark = "There is nothing to deal out: one of the groups has no rater with a value."
    elif chance.smallest > _LIMIT:
        remark = f"With so few raters p cannot be below {chance.smallest:.2g}."
    return {
        "p": chance.p,
        "smallest_p": chance.smallest,
        "is_exact": chance.is_exact,
        "remark": remark,
    }
