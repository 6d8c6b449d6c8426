"""How far many raters agree, by the coefficient of one's choice, with an interval over fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.raters.agreement.bootstrap import Method, Statistic, estimate
from nuclarium.raters.agreement.coefficients import fleiss, gwet, krippendorff, percent
from nuclarium.raters.agreement.counts import LabelCounts, Undetected, label_counts, told
from nuclarium.raters.agreement.remarks import remark_on
from nuclarium.raters.answer_codes import UNDETECTED, Answers

_WEIGHTED = ("nominal", "linear", "quadratic")


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement: its name in a sentence, its levels, and what computes it."""

    title: str
    levels: tuple[str, ...]
    statistic: Callable[[LabelCounts, str, bool], Statistic]


COEFFICIENTS: Mapping[str, Coefficient] = {
    "krippendorff": Coefficient(
        "Krippendorff's alpha", ("nominal", "ordinal", "interval", "ratio"), krippendorff
    ),
    "fleiss": Coefficient("Fleiss' kappa", _WEIGHTED, fleiss),
    "gwet": Coefficient("Gwet's AC", _WEIGHTED, gwet),
    "percent": Coefficient("percent agreement", _WEIGHTED, percent),
}
"""Coefficients by name; docs/agreement.md says which answers which question."""


@dataclass(frozen=True)
class Agreement:
    """How far raters agree.

    Parameters
    ----------
    value : float
        1 for full agreement, 0 for what chance gives (for ``percent``, 0 for none); nan where it
        is undefined, and then `remark` says why.
    low, high : float
        Ends of the 95 % interval; nan where there is none.
    n_items : int
        Items with the answers of two raters or more.
    n_raters : int
        Raters with an answer to one of them.
    remark : str
        What to know before the value is trusted, in sentences; empty where there is nothing.
    coefficient, level : str
        As asked for.
    """

    value: float
    low: float
    high: float
    n_items: int
    n_raters: int
    remark: str = ""
    coefficient: str = "krippendorff"
    level: str = "nominal"


def agreement(
    answers: Answers,
    coefficient: str = "krippendorff",
    level: str = "nominal",
    *,
    undetected: Undetected = "value",
    scale: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "expanded",
) -> Agreement:
    """Measure how far raters agree.

    Parameters
    ----------
    answers : Answers
        Of several answers of a rater to an item the last counts.
    coefficient : str
        A name of `COEFFICIENTS`.
    level : str
        What a disagreement counts. ``nominal``: any two labels differ alike. For Krippendorff's
        alpha also ``ordinal``, ``interval``, ``ratio``; for the others ``linear`` and
        ``quadratic`` weights.
    undetected : {"value", "missing"}
        ``value``: to overlook is an answer, so that detection and classification are judged
        together. ``missing``: those who detected are judged on the class alone.
    scale : sequence of str, optional
        All labels that could be given, from low to high; where left out, those that were given.
        Levels with an order need it unless labels are numbers. Gwet's coefficients depend on how
        many labels there are.
    rng, draws, interval
        As for `agreement.bootstrap.estimate`.

    Returns
    -------
    agreement : Agreement

    Raises
    ------
    SettingsError
        If there is no such coefficient or level, or the labels do not fit the level.

    Examples
    --------
    >>> import pandas as pd
    >>> from nuclarium.raters.answers import read_answers
    >>> rows = [("a", "r1", "x"), ("a", "r2", "x"), ("b", "r1", "y"), ("b", "r2", "y"),
    ...         ("c", "r1", "x"), ("c", "r2", "y")]
    >>> answers, _ = read_answers(pd.DataFrame(rows, columns=["item", "rater", "label"]))
    >>> round(agreement(answers).value, 3)
    0.444
    """
    statistic, counts = _prepared(answers, coefficient, level, undetected, scale)
    width = len(counts.labels) + (counts.table.shape[0] if level == "ordinal" else 0)
    found = estimate(statistic, counts.n_fields, rng=rng, draws=draws, method=interval, width=width)
    judged = np.flatnonzero(counts.raters_of_items >= 2)
    who = _raters_with(answers, judged, undetected)
    return Agreement(
        float(found.value),
        float(found.low),
        float(found.high),
        len(judged),
        who,
        remark_on(answers, counts, found, is_asked=draws > 0),
        coefficient,
        level,
    )


def agreement_difference(
    first: Answers,
    second: Answers,
    coefficient: str = "krippendorff",
    level: str = "nominal",
    *,
    undetected: Undetected = "value",
    scale: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "expanded",
) -> Agreement:
    """Measure how much more the raters of `second` agree than those of `first`.

    Fields are drawn for both at once, so that what is hard about a field does not blur the
    difference. A field in one of them only counts there.

    Returns
    -------
    difference : Agreement
        `value` is second less first. With 95 % confidence there is a difference where the interval
        leaves out 0. `n_items` and `n_raters` are the smaller of both.
    """
    a, b = (
        _prepared(answers, coefficient, level, undetected, scale) for answers in (first, second)
    )
    place_a, place_b, n_fields = _joint_fields(first, second)

    def difference(weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = b[0](weight[:, place_b]) - a[0](weight[:, place_a])
        return found

    width = sum(len(x.labels) + x.table.shape[0] * (level == "ordinal") for _, x in (a, b))
    found = estimate(difference, n_fields, rng=rng, draws=draws, method=interval, width=width)
    parts = [
        agreement(x, coefficient, level, undetected=undetected, scale=scale, draws=0)
        for x in (first, second)
    ]
    return Agreement(
        float(found.value),
        float(found.low),
        float(found.high),
        min(part.n_items for part in parts),
        min(part.n_raters for part in parts),
        " ".join(dict.fromkeys(part.remark for part in parts if part.remark)),
        coefficient,
        level,
    )


def _prepared(
    answers: Answers,
    coefficient: str,
    level: str,
    undetected: Undetected,
    scale: Sequence[str] | None,
) -> tuple[Statistic, LabelCounts]:
    if coefficient not in COEFFICIENTS:
        raise SettingsError(
            f"coefficient must be one of {', '.join(COEFFICIENTS)}, but got '{coefficient}'."
        )
    known = COEFFICIENTS[coefficient]
    if level not in known.levels:
        raise SettingsError(
            f"{known.title} has the levels {', '.join(known.levels)}, but got '{level}'."
        )
    counts = label_counts(told(answers, undetected=undetected, scale=scale))
    return known.statistic(counts, level, scale is not None), counts


def _raters_with(answers: Answers, items: npt.NDArray[np.int64], undetected: Undetected) -> int:
    among = np.isin(answers.item, items)
    if undetected == "missing" and UNDETECTED in answers.labels:
        among &= answers.label != answers.labels.index(UNDETECTED)
    return len(np.unique(answers.rater[among]))


def _joint_fields(
    first: Answers, second: Answers
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Return the places of the fields of both in one list, and its length."""
    names = [_names_of_fields(answers) for answers in (first, second)]
    place = {name: i for i, name in enumerate(dict.fromkeys([*names[0], *names[1]]))}
    a, b = (np.array([place[name] for name in part], np.int64) for part in names)
    return a, b, len(place)


def _names_of_fields(answers: Answers) -> tuple[str, ...]:
    """Return the names of fields in the order of `fields_of`."""
    if answers.field is None:
        return answers.items
    return tuple(answers.fields[f] for f in np.unique(answers.field))
