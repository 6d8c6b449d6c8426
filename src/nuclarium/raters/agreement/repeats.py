"""Agreement of raters with themselves: the same person in two arms, or asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement.bootstrap import Method
from nuclarium.raters.agreement.counts import Told, Undetected, last_answers, told
from nuclarium.raters.agreement.distances import Distance, Floats, distance
from nuclarium.raters.agreement.pair_sums import PairSums, added_up
from nuclarium.raters.agreement.remarks import on_draws, on_fields
from nuclarium.raters.answer_codes import Answers


def intra_rater(
    first: Answers,
    second: Answers,
    weights: str = "nominal",
    *,
    undetected: Undetected = "value",
    scale: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "expanded",
) -> pd.DataFrame:
    """Compare what each rater said at two times, or in two arms.

    Parameters
    ----------
    first, second : Answers
        Items, raters, fields and labels are matched by their names; those of `first` count.
    weights, undetected, scale, rng, draws, interval
        As for `agreement_pairs.pairwise_kappa`.

    Returns
    -------
    table : pandas.DataFrame
        One row a rater of both: ``rater``, ``group``, ``kappa``, ``low``, ``high``, ``percent``
        (share of items with the same label), ``n_items`` (answered both times), ``remark``.

    Raises
    ------
    SettingsError
        If no rater is in both.
    """
    common = [name for name in first.raters if name in set(second.raters)]
    if not common:
        raise SettingsError(
            "Agreement of raters with themselves needs a rater in both, but no name is in both "
            f"{', '.join(first.raters[:3])} … and {', '.join(second.raters[:3])} …."
        )
    first, second = named_alike(first.only(raters=common), second)
    names = tuple(scale) if scale is not None else first.labels
    a, b = (told(x, undetected=undetected, scale=names) for x in (first, second))
    metric = distance(weights, a.labels, scale is not None)
    pairs = _own_pairs(a, b, metric)
    n_items = pairs.n_items.sum(axis=0)
    found = pairs.estimate(a.n_fields, rng or np.random.default_rng(0), draws, interval)
    apart = ratio(pairs.apart.sum(axis=0), n_items) / (metric.largest or 1)
    return pd.DataFrame(
        {
            "rater": common,
            "group": first.group or ("",) * len(common),
            "kappa": found.value,
            "low": found.low,
            "high": found.high,
            "percent": 1 - apart,
            "n_items": n_items.astype(np.int64),
            "remark": _remarks(first, a.n_fields, n_items, found.value, found.undefined),
        }
    )


def repeats_of(answers: Answers) -> tuple[Answers, Answers]:
    """Return the first and the last answers of raters to items that they answered several times.

    Raises
    ------
    SettingsError
        If nobody did.
    """
    pair = answers.item.astype(np.int64) * len(answers.raters) + answers.rater
    unique, earliest, number = np.unique(pair, return_index=True, return_counts=True)
    last = last_answers(answers)
    again = unique[number > 1]
    if not len(again):
        raise SettingsError(
            "Repeats need a rater who answered an item twice, but nobody did. "
            "Read the table with repeats='keep'."
        )
    return _rows(answers, earliest[number > 1]), _rows(answers, last[np.isin(pair[last], again)])


def _rows(answers: Answers, rows: npt.NDArray[np.int64]) -> Answers:
    return replace(
        answers, item=answers.item[rows], rater=answers.rater[rows], label=answers.label[rows]
    )


def named_alike(first: Answers, second: Answers) -> tuple[Answers, Answers]:
    """Return both with the items and raters of the first, and the labels of both."""
    labels = tuple(dict.fromkeys([*first.labels, *second.labels]))
    item = _places(first.items, second.items)[second.item]
    rater = _places(first.raters, second.raters)[second.rater]
    kept = (item >= 0) & (rater >= 0)
    label = _places(labels, second.labels)[second.label]
    return replace(first, labels=labels), replace(
        first, item=item[kept], rater=rater[kept], label=label[kept], labels=labels
    )


def _places(names: Sequence[str], others: Sequence[str]) -> npt.NDArray[np.int32]:
    """Return the place of each of the others among the names, -1 where there is none."""
    place = {name: i for i, name in enumerate(names)}
    return np.array([place.get(name, -1) for name in others], np.int32)


def _own_pairs(a: Told, b: Told, metric: Distance) -> PairSums:
    """Add up what kappas of raters with themselves are made of."""
    one, two = (x.item.astype(np.int64) * x.n_raters + x.rater for x in (a, b))
    both, i, j = np.intersect1d(one, two, assume_unique=True, return_indices=True)
    item, rater = np.divmod(both, a.n_raters)
    shape = a.n_raters, len(a.labels)
    return added_up(a.field[item], rater, (a.label[i], b.label[j]), shape, metric)


def _remarks(
    answers: Answers, n_fields: int, n_items: Floats, kappa: Floats, undefined: Floats
) -> list[str]:
    found = []
    for number, value, share in zip(n_items, kappa, undefined, strict=True):
        if number == 0:
            found.append("No item was answered both times.")
        elif np.isnan(value):
            found.append("One label only, both times, where kappa is undefined.")
        else:
            found.append(" ".join(filter(None, (on_fields(answers, n_fields), on_draws(share)))))
    return found
