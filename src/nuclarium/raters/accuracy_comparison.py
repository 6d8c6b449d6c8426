"""Whether raters of one group do better than those of another, or one time than another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.analysis.correction import holm
from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement_arrangements import Chance, chance_columns, deal, two_sided
from nuclarium.raters.agreement_distances import Floats


def compare_raters(
    values: Sequence[float] | Floats,
    group: Sequence[str],
    *,
    rng: np.random.Generator | None = None,
    draws: int = 20_000,
) -> pd.DataFrame:
    """Compare a number of each rater, such as the MCC, between groups.

    Returns
    -------
    table : pandas.DataFrame
        One row for every two groups: ``first``, ``second``, ``mean_first``, ``mean_second``,
        ``difference`` (second less first), ``raters_first``, ``raters_second``, ``p``,
        ``p_holm``, ``smallest_p``, ``is_exact``, ``remark``. Raters without a value are left out.
    """
    known = np.isfinite(np.asarray(values, np.float64))
    numbers = np.asarray(values, np.float64)[known]
    names = tuple(dict.fromkeys(group))
    codes = np.array([names.index(name) for name in group], np.int64)[known]
    rng = rng or np.random.default_rng(0)
    rows = []
    for a, b in combinations(range(len(names)), 2):
        chosen = np.isin(codes, (a, b))
        own, number = codes[chosen], numbers[chosen]
        sizes = int((own == a).sum()), int((own == b).sum())

        def gap(dealt: npt.NDArray[np.int64], number: Floats = number, b: int = b) -> Floats:
            is_second = (dealt == b).astype(np.float64)
            second = ratio(is_second @ number, is_second.sum(axis=1))
            found: Floats = second - ratio((1 - is_second) @ number, (1 - is_second).sum(axis=1))
            return found

        chance = deal(own, np.ones(len(own), bool), gap, rng, draws, min(sizes) > 0)
        means = [
            float(ratio(number[own == g].sum(), n)) for g, n in zip((a, b), sizes, strict=True)
        ]
        rows.append(
            {
                "first": names[a],
                "second": names[b],
                "mean_first": means[0],
                "mean_second": means[1],
                "difference": means[1] - means[0],
                "raters_first": sizes[0],
                "raters_second": sizes[1],
                **chance_columns(chance),
            }
        )
    table = pd.DataFrame(rows)
    if len(table):
        table.insert(table.columns.tolist().index("p") + 1, "p_holm", holm(table["p"].to_numpy()))
    return table


def paired_raters(
    first: Sequence[float] | Floats,
    second: Sequence[float] | Floats,
    *,
    rng: np.random.Generator | None = None,
    draws: int = 20_000,
) -> Chance:
    """Test a number that each rater has twice, by turning round the sign of each difference.

    All turns are looked at where there are no more than `draws`. Raters without both are left out.
    """
    gap = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    gap = gap[np.isfinite(gap)]
    if not len(gap):
        return Chance(np.nan, np.nan, True)
    is_exact = 2 ** len(gap) <= draws
    if is_exact:
        turns = (np.arange(2 ** len(gap))[:, None] >> np.arange(len(gap))) & 1
    else:
        turns = (rng or np.random.default_rng(0)).integers(0, 2, (draws, len(gap)))
    dealt = (1 - 2 * turns) @ gap
    smallest = 2 / 2 ** len(gap) if is_exact else 1 / (draws + 1)
    return Chance(two_sided(dealt, float(gap.sum()), is_exact), smallest, is_exact)
