"""Agreement on what is a nucleus at all: which of the items both of two raters saw both marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement_bootstrap import Estimate, Method, estimate
from nuclarium.raters.agreement_counts import fields_of, last_answers
from nuclarium.raters.agreement_distances import Floats
from nuclarium.raters.agreement_levels import is_undetected
from nuclarium.raters.agreement_remarks import on_fields
from nuclarium.raters.answer_codes import UNDETECTED, Answers

SELECTED = (
    "Every item here was detected by {} raters or more: what one rater alone marked is gone, and "
    "agreement of detection is flattered. Take all items."
)


_CELLS = 1 << 27


@dataclass(frozen=True, eq=False)
class DetectionAgreement:
    """Agreement of detection, of all pairs together and of each.

    Parameters
    ----------
    positive : float
        Positive agreement of all pairs pooled: the F1 of one rater against another; `low` and
        `high` are its 95 % interval over fields.
    pairs : pandas.DataFrame
        One row a pair: ``rater_a``, ``rater_b``, ``both``, ``only_a``, ``only_b`` (items),
        ``share_both`` (both over any), ``positive``, ``low``, ``high``.
    remarks : tuple of str
    """

    positive: float
    low: float
    high: float
    pairs: pd.DataFrame
    remarks: tuple[str, ...]


def detection_agreement(
    answers: Answers,
    *,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "percentile",
) -> DetectionAgreement:
    """Measure how far raters agree on what is a nucleus.

    Only items whose field both of a pair saw count. Items that neither marked do not: how many
    there are depends on what other raters marked, and so there is no kappa of detection [1]_.

    Raises
    ------
    SettingsError
        If nobody ever said ``undetected``, so that nobody is known to have looked in vain.

    References
    ----------
    .. [1] Cicchetti and Feinstein, 1990, doi:10.1016/0895-4356(90)90159-M.
    """
    if not is_undetected(answers).any():
        raise SettingsError(
            f"Agreement of detection needs answers '{UNDETECTED}', but there are none. Add a row "
            "for each field that a rater saw, or make answers of marks."
        )
    field, n_fields = fields_of(answers)
    if n_fields * len(answers.raters) ** 2 > _CELLS:
        raise SettingsError(
            f"Pairs of {len(answers.raters)} raters in {n_fields} fields do not fit in memory. "
            "Choose fewer raters, or give items their fields."
        )
    detected, seen = _tables(answers)
    sums = _sums(detected, seen, field, n_fields)
    rng = rng or np.random.default_rng(0)
    found = _estimated(sums, n_fields, rng, draws, interval)
    both, a, b = (part.sum(axis=0) for part in sums)
    first, second = np.triu_indices(len(answers.raters), 1)
    names = np.array(answers.raters, object)
    pairs = pd.DataFrame(
        {
            "rater_a": names[first],
            "rater_b": names[second],
            "both": both.astype(np.int64),
            "only_a": (a - both).astype(np.int64),
            "only_b": (b - both).astype(np.int64),
            "share_both": ratio(both, a + b - both),
            "positive": found.value[:-1],
            "low": found.low[:-1],
            "high": found.high[:-1],
        }
    )
    return DetectionAgreement(
        float(found.value[-1]),
        float(found.low[-1]),
        float(found.high[-1]),
        pairs,
        _remarks(answers, detected, n_fields, pairs),
    )


def _tables(answers: Answers) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which rater detected, and which saw, each item; shape (n_raters, n_items) each."""
    kept = last_answers(answers)
    shape = len(answers.raters), len(answers.items)
    seen, detected = np.zeros(shape, bool), np.zeros(shape, bool)
    where = answers.rater[kept], answers.item[kept]
    seen[where] = True
    detected[where] = ~is_undetected(answers)[kept]
    return detected, seen


def _sums(
    detected: npt.NDArray[np.bool_],
    seen: npt.NDArray[np.bool_],
    field: npt.NDArray[np.int64],
    n_fields: int,
) -> tuple[Floats, Floats, Floats]:
    """Return items that both, the first, and the second of a pair detected, shape (F, P) each."""
    order = np.argsort(field, kind="stable")
    ends = np.searchsorted(field[order], np.arange(n_fields + 1))
    upper = np.triu_indices(len(detected), 1)
    sums = np.zeros((3, n_fields, len(upper[0])))
    for f in range(n_fields):
        part = order[ends[f] : ends[f + 1]]
        d, s = detected[:, part].astype(np.float64), seen[:, part].astype(np.float64)
        of_first = d @ s.T
        sums[:, f] = (d @ d.T)[upper], of_first[upper], of_first.T[upper]
    return sums[0], sums[1], sums[2]


def _estimated(
    sums: tuple[Floats, Floats, Floats],
    n_fields: int,
    rng: np.random.Generator,
    draws: int,
    interval: Method,
) -> Estimate:
    """Return the positive agreement of each pair, and last that of all pairs pooled."""
    both = np.column_stack([sums[0], sums[0].sum(axis=1)])
    either = sums[1] + sums[2]
    total = np.column_stack([either, either.sum(axis=1)])
    return estimate(
        lambda weight: np.asarray(ratio(2 * (weight @ both), weight @ total)),
        n_fields,
        rng=rng,
        draws=draws,
        method=interval,
        width=2 * both.shape[1],
    )


def _remarks(
    answers: Answers, detected: npt.NDArray[np.bool_], n_fields: int, pairs: pd.DataFrame
) -> tuple[str, ...]:
    fewest = int(detected.sum(axis=0).min())
    without = int(pairs["positive"].isna().sum())
    sentences = [
        SELECTED.format(fewest) if fewest >= 2 else "",
        f"{without} of {len(pairs)} pairs detected nothing in common fields." if without else "",
        on_fields(answers, n_fields),
    ]
    return tuple(filter(None, sentences))
