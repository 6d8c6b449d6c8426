"""Whether one kind of pair agrees more than another, tested with raters as the units."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, combinations_with_replacement

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.analysis.correction import holm
from nuclarium.core.errors import SettingsError
from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement_arrangements import chance_columns, deal
from nuclarium.raters.agreement_distances import Floats

Kind = tuple[int, int]


def compare_pairs(
    matrix: Floats,
    group: Sequence[str],
    *,
    drawn: Floats | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 20_000,
) -> pd.DataFrame:
    """Compare kinds of pairs, such as pathologist–pathologist with pathologist–student.

    Pairs that share a rater are not independent, so that no test may take pairs as units. Here the
    groups are dealt out anew to the raters: were groups of no account, any arrangement would be as
    likely. Where the two kinds have one group in common that is paired with two others, only those
    two are dealt out.

    Parameters
    ----------
    matrix : ndarray of float64, shape (R, R)
        Symmetric; kappa or another agreement of every two raters; nan where there is none.
    group : sequence of str
        Group of each rater.
    drawn : ndarray of float64, shape (n, R * (R - 1) / 2), optional
        The same in draws of fields, as `PairwiseKappa.drawn`, for intervals over fields.
    rng : numpy.random.Generator, optional
        Used only where not all arrangements are looked at; seed 0 when left out.
    draws : int
        Arrangements at most.

    Returns
    -------
    table : pandas.DataFrame
        One row a comparison: ``first``, ``second`` (kinds of pairs), ``mean_first``,
        ``mean_second``, ``difference`` (second less first), ``low``, ``high`` (95 % over fields,
        for these raters), ``pairs_first``, ``pairs_second``, ``p``, ``p_holm``, ``smallest_p``,
        ``is_exact``, ``remark``.

    Raises
    ------
    SettingsError
        If fewer than two kinds of pairs have a value.
    """
    names = tuple(dict.fromkeys(group))
    codes = np.array([names.index(name) for name in group], np.int64)
    kinds = _kinds(matrix, codes, len(names))
    if len(kinds) < 2:
        raise SettingsError(
            "To compare pairs, two kinds of them are needed, but groups are "
            f"{', '.join(name or '(none)' for name in names)}. Give raters their groups."
        )
    rng = rng or np.random.default_rng(0)
    rows = [
        _compared(matrix, codes, names, (first, second), drawn, rng, draws)
        for first, second in combinations(kinds, 2)
    ]
    table = pd.DataFrame(rows)
    table.insert(table.columns.tolist().index("p") + 1, "p_holm", holm(table["p"].to_numpy()))
    return table


def _kinds(matrix: Floats, codes: npt.NDArray[np.int64], number: int) -> list[Kind]:
    """Return the kinds of pairs of which at least one has a value."""
    found = []
    for a, b in combinations_with_replacement(range(number), 2):
        if _pairs(matrix, codes, (a, b)) > 0:
            found.append((a, b))
    return found


def _pairs(matrix: Floats, codes: npt.NDArray[np.int64], kind: Kind) -> int:
    known = _known(matrix)
    number = known[np.ix_(codes == kind[0], codes == kind[1])].sum()
    return int(number) // (2 if kind[0] == kind[1] else 1)


def _known(matrix: Floats) -> Floats:
    known = np.isfinite(matrix).astype(np.float64)
    np.fill_diagonal(known, 0)
    return known


def _mean(matrix: Floats, codes: npt.NDArray[np.int64], kind: Kind) -> Floats:
    """Return the mean of one kind of pairs under each arrangement, a row of codes."""
    known = _known(matrix)
    a, b = ((codes == g).astype(np.float64) for g in kind)
    total = ((a @ np.where(known > 0, matrix, 0)) * b).sum(axis=1)
    found: Floats = ratio(total, ((a @ known) * b).sum(axis=1))
    return found


def _compared(
    matrix: Floats,
    codes: npt.NDArray[np.int64],
    names: tuple[str, ...],
    kinds: tuple[Kind, Kind],
    drawn: Floats | None,
    rng: np.random.Generator,
    draws: int,
) -> dict[str, object]:
    first, second = kinds

    def gap(dealt: npt.NDArray[np.int64]) -> Floats:
        found: Floats = _mean(matrix, dealt, second) - _mean(matrix, dealt, first)
        return found

    movable = np.isin(codes, _exchanged(first, second))
    chance = deal(codes, movable, gap, rng, draws, True)
    means = [float(_mean(matrix, codes[None], kind)[0]) for kind in kinds]
    low, high = _over_fields(matrix, codes, kinds, drawn)
    return {
        "first": _title(names, first),
        "second": _title(names, second),
        "mean_first": means[0],
        "mean_second": means[1],
        "difference": means[1] - means[0],
        "low": low,
        "high": high,
        "pairs_first": _pairs(matrix, codes, first),
        "pairs_second": _pairs(matrix, codes, second),
        **chance_columns(chance),
    }


def _title(names: tuple[str, ...], kind: Kind) -> str:
    return "–".join(names[g] or "(none)" for g in kind)


def _exchanged(first: Kind, second: Kind) -> list[int]:
    """Return the groups that are dealt out to tell two kinds of pairs apart."""
    common = set(first) & set(second)
    if len(common) == 1 and first[0] != first[1] and second[0] != second[1]:
        return sorted({*first, *second} - common)
    return sorted({*first, *second})


def _over_fields(
    matrix: Floats, codes: npt.NDArray[np.int64], kinds: tuple[Kind, Kind], drawn: Floats | None
) -> tuple[float, float]:
    """Return the interval of the difference over draws of fields, of these raters."""
    if drawn is None or not len(drawn):
        return np.nan, np.nan
    a, b = (codes[i] for i in np.triu_indices(len(matrix), 1))
    means = []
    for kind in kinds:
        own = drawn[:, ((a == kind[0]) & (b == kind[1])) | ((a == kind[1]) & (b == kind[0]))]
        known = np.isfinite(own)
        means.append(ratio(np.where(known, own, 0).sum(axis=1), known.sum(axis=1)))
    gap = means[1] - means[0]
    gap = gap[np.isfinite(gap)]
    if not len(gap):
        return np.nan, np.nan
    low, high = np.quantile(gap, [0.025, 0.975])
    return float(low), float(high)
