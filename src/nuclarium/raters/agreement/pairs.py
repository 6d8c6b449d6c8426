"""Agreement of every two raters: Cohen's kappa, unweighted or weighted, as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement.bootstrap import (
    Estimate,
    Method,
    field_weights,
)
from nuclarium.raters.agreement.counts import Told, Undetected, told
from nuclarium.raters.agreement.distances import Distance, Floats, distance
from nuclarium.raters.agreement.pair_sums import PairSums, pair_sums
from nuclarium.raters.agreement.remarks import on_fields, on_repeats
from nuclarium.raters.answer_codes import Answers

WEIGHTS = ("nominal", "linear", "quadratic")
_KEPT_CELLS = 1 << 26


@dataclass(frozen=True, eq=False)
class PairwiseKappa:
    """Kappa of every two of R raters; matrices are symmetric, with nan on the diagonal.

    Parameters
    ----------
    raters : tuple of str
        Names of rows and columns.
    group : tuple of str or None
        Group of each rater.
    kappa, low, high : ndarray of float64, shape (R, R)
        Cohen's kappa and its 95 % interval over fields; nan where undefined.
    percent : ndarray of float64, shape (R, R)
        Share of common items with the same label; partly the same, where weighted.
    n_items : ndarray of int64, shape (R, R)
        Items that both answered; on the diagonal, those that one answered.
    drawn : ndarray of float64, shape (draws, R * (R - 1) / 2), or None
        Kappa of each pair, in the order of `table`, in each draw of fields; None where that would
        be more than 2^26 numbers.
    remarks : tuple of str
        Sentences on what is undefined, and on intervals.
    """

    raters: tuple[str, ...]
    group: tuple[str, ...] | None
    kappa: Floats
    low: Floats
    high: Floats
    percent: Floats
    n_items: npt.NDArray[np.int64]
    drawn: Floats | None
    remarks: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return one row a pair: raters, groups, kappa, low, high, percent, n_items, remark."""
        a, b = np.triu_indices(len(self.raters), 1)
        names = np.array(self.raters, object)
        groups = np.array(self.group or ("",) * len(names), object)
        undefined = np.isnan(self.kappa[a, b])
        why = np.where(self.n_items[a, b] == 0, "no common item", "both gave one label only")
        return pd.DataFrame(
            {
                "rater_a": names[a],
                "rater_b": names[b],
                "group_a": groups[a],
                "group_b": groups[b],
                "kappa": self.kappa[a, b],
                "low": self.low[a, b],
                "high": self.high[a, b],
                "percent": self.percent[a, b],
                "n_items": self.n_items[a, b],
                "remark": np.where(undefined, why, ""),
            }
        )


def pairwise_kappa(
    answers: Answers,
    weights: str = "nominal",
    *,
    undetected: Undetected = "value",
    scale: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "expanded",
) -> PairwiseKappa:
    """Compute Cohen's kappa of every two raters on the items that both answered.

    Parameters
    ----------
    answers : Answers
        Of several answers of a rater to an item the last counts.
    weights : {"nominal", "linear", "quadratic"}
        What a disagreement counts: 1, the distance of labels, or its square.
    undetected : {"value", "missing"}
        With ``missing``, only items that both detected count.
    scale : sequence of str, optional
        Labels from low to high; needed for weights unless labels are numbers.
    rng, draws, interval
        As for `agreement.bootstrap.estimate`; all pairs see the same draws.

    References
    ----------
    .. [1] Cohen, 1960, doi:10.1177/001316446002000104.
    .. [2] Cohen, 1968, doi:10.1037/h0026256.
    """
    if weights not in WEIGHTS:
        raise SettingsError(f"weights must be one of {', '.join(WEIGHTS)}, but got '{weights}'.")
    rows = told(answers, undetected=undetected, scale=scale)
    metric = distance(weights, rows.labels, scale is not None)
    seed = int((rng or np.random.default_rng(0)).integers(1 << 62))
    weights_of_fields = field_weights(rows.n_fields, draws, np.random.default_rng(seed))
    r = rows.n_raters
    found = _blank(r, draws if rows.n_fields > 1 else 0)
    for a in range(r):
        found["n_items"][a, a] = (rows.rater == a).sum()
        if a + 1 < r:
            pairs, same = pair_sums(rows, metric, a), np.random.default_rng(seed)
            kappas = pairs.estimate(rows.n_fields, same, draws, interval, weights_of_fields)
            _fill(found, a, pairs, kappas, metric)
    drawn = found.pop("drawn") if "drawn" in found else None
    n_items = found.pop("n_items").astype(np.int64)
    return PairwiseKappa(
        answers.raters,
        answers.group,
        **found,
        n_items=n_items,
        drawn=drawn,
        remarks=_remarks(answers, rows, found["kappa"], n_items),
    )


def _blank(raters: int, draws: int) -> dict[str, Floats]:
    names = ("kappa", "low", "high", "percent")
    found = {name: np.full((raters, raters), np.nan) for name in names}
    found["n_items"] = np.zeros((raters, raters))
    pairs = raters * (raters - 1) // 2
    if 0 < draws * pairs <= _KEPT_CELLS:
        found["drawn"] = np.full((draws, pairs), np.nan)
    return found


def _fill(
    found: dict[str, Floats], a: int, pairs: PairSums, kappas: Estimate, metric: Distance
) -> None:
    n_items = pairs.n_items.sum(axis=0)
    apart = ratio(pairs.apart.sum(axis=0), n_items) / (metric.largest or 1)
    rows = {"kappa": kappas.value, "low": kappas.low, "high": kappas.high, "percent": 1 - apart}
    for name, row in {**rows, "n_items": n_items}.items():
        found[name][a, a + 1 :] = found[name][a + 1 :, a] = row
    if "drawn" in found:
        r = len(found["kappa"])
        begin = a * (2 * r - a - 1) // 2
        found["drawn"][:, begin : begin + len(n_items)] = kappas.drawn


def _remarks(
    answers: Answers, rows: Told, kappa: Floats, n_items: npt.NDArray[np.int64]
) -> tuple[str, ...]:
    a, b = np.triu_indices(len(kappa), 1)
    apart = int((n_items[a, b] == 0).sum())
    alike = int((np.isnan(kappa[a, b]) & (n_items[a, b] > 0)).sum())
    few = int(((n_items[a, b] > 0) & (n_items[a, b] < 10)).sum())
    sentences = [
        "There is one rater only, and so no pair." if len(kappa) < 2 else "",
        f"{apart} of {len(a)} pairs have no common item, and so no kappa." if apart else "",
        f"{alike} of {len(a)} pairs gave one label only, where kappa is undefined."
        if alike
        else "",
        f"{few} of {len(a)} pairs have fewer than 10 common items." if few else "",
        on_repeats(answers),
        on_fields(answers, rows.n_fields),
    ]
    return tuple(filter(None, sentences))
