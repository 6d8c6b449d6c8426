"""Comparisons as sentences that one can copy into a paper."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nuclarium.report.feature_names import feature_name
from nuclarium.report.numbers import number_text

SIGNIFICANT = 0.05
_PLURALS = {"colony": "colonies", "replicate": "replicates", "": "groups"}


def group_word(groups: Sequence[str], *, column: str = "group") -> tuple[str, str]:
    """Say what groups are, from their names or that of their column: singular and plural.

    Examples
    --------
    >>> group_word(["colony01", "colony02"]), group_word(["a", "b"])
    (('colony', 'colonies'), ('group', 'groups'))
    >>> group_word(["7"], column="patient")
    ('patient', 'patients')
    """
    stems = {re.sub(r"[\d\W_]+.*$", "", name).lower() for name in groups}
    word = stems.pop() if column == "group" and len(stems) == 1 else column
    word = word if len(word) > 3 and word.isalpha() else "group"
    plural = f"{word[:-1]}ies" if word.endswith("y") and word[-2] not in "aeiou" else f"{word}s"
    return word, _PLURALS.get(word, plural)


def p_text(p: float) -> str:
    """Write a p value as papers do.

    Examples
    --------
    >>> p_text(0.0421), p_text(0.00012), p_text(0.9999), p_text(float("nan"))
    ('p = 0.042', 'p < 0.001', 'p = 1', 'no p value')
    """
    if not math.isfinite(p):
        return "no p value"
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}".rstrip("0").rstrip(".")


def finding(row: Mapping[str, Any], groups: str) -> str:
    """Say in one sentence what one comparison showed.

    Parameters
    ----------
    row : mapping
        A row of the comparisons.
    groups : str
        What groups are called, in the plural.

    Returns
    -------
    sentence : str
        With the size of the difference, its interval, the number of groups and the corrected p.
    """
    name = feature_name(row["feature"])
    here, there = row["condition"], row["reference"]
    support = f"{row['groups']} against {row['groups_reference']} {groups}"
    if not row["difference"]:
        return f"{name.label}: no difference between {here} and {there}; {support}."
    if not math.isfinite(row["difference"]):
        return f"{name.label} is not known for {here} or {there}."
    if not math.isfinite(row["p"]) and min(row["groups"], row["groups_reference"]) > 1:
        return f"{name.label} is the same in all {groups} at {here} and {there}; {support}."
    if not math.isfinite(row["p"]):
        return (
            f"{_clause(row, groups)} on the average of {groups}; {support}, too few for an "
            "interval or a p value."
        )
    p = f"{p_text(row['p_holm'])} after Holm"
    if row["p_holm"] < SIGNIFICANT:
        return f"{_clause(row, groups)}; {support}; {p}."
    label = name.label[:1].lower() + name.label[1:]
    return (
        f"No difference in {label} between {here} and {there} was shown: {_signed(row)}; "
        f"{support}; {p}."
    )


def trend_finding(row: Mapping[str, Any], numbers: Sequence[float], unit: str) -> str:
    """Say in one sentence how a feature goes with the number of the condition.

    Parameters
    ----------
    row : mapping
        A row of the overall tests.
    numbers : sequence of float
        Of the conditions; the slope is given for a power of ten within their span.
    unit : str
        Of these numbers.
    """
    name = feature_name(row["feature"])
    step = 10.0 ** math.floor(math.log10(max(numbers) - min(numbers)))
    value, low, high = (float(row[key]) * step for key in ("trend", "trend_low", "trend_high"))
    verb = "rises" if value > 0 else "falls"
    if value < 0:
        value, low, high = -value, -high, -low
    return (
        f"{name.label} {verb} by {number(value)} ({number(low)} to {number(high)}"
        f"{f' {name.unit}' if name.unit else ''}) per {number(step)} {unit}".rstrip()
        + f"; {p_text(row['p_trend_holm'])} after Holm over features."
    )


def _clause(row: Mapping[str, Any], groups: str) -> str:
    name = feature_name(row["feature"])
    is_more = row["difference"] > 0
    said = name.more if is_more else name.less
    here, there = row["condition"], row["reference"]
    amount = _amount(row)
    if row["feature"].startswith("nuclei_per_"):
        return f"{groups.capitalize()} at {here} have {amount} {said} than at {there}"
    if row["feature"].startswith(("colony_", "nuclei_density")):
        return f"{groups.capitalize()} at {here} are {amount} {said} than at {there}"
    if name.has:
        return f"Nuclei at {here} have {_article(amount)} {amount} {said} than at {there}"
    return f"Nuclei at {here} are {amount} {said} than at {there}"


def _article(amount: str) -> str:
    """Return the article of a number that is read aloud.

    Examples
    --------
    >>> _article("8.1 %"), _article("11 %"), _article("1.8 %"), _article("180 %")
    ('an', 'an', 'a', 'a')
    """
    return "an" if re.match(r"8|1[18](?![\d,])", amount) else "a"


def _amount(row: Mapping[str, Any]) -> str:
    """Size of a difference without its sign, in per cent where that makes sense."""
    keys = ("percent", "percent_low", "percent_high")
    value, low, high = (float(row[key]) for key in keys)
    unit = " %"
    if not math.isfinite(value):
        value, low, high = (float(row[key]) for key in ("difference", "low", "high"))
        unit = f" {feature_name(row['feature']).unit}".rstrip()
    if value < 0:
        value, low, high = -value, -high, -low
    text = f"{number(value)}{unit}"
    if math.isfinite(low) and math.isfinite(high):
        text += f" ({number(low)} to {number(high)}{unit})"
    return text


def _signed(row: Mapping[str, Any]) -> str:
    keys: tuple[str, ...] = ("percent", "percent_low", "percent_high")
    unit = " %"
    if not all(math.isfinite(row[key]) for key in keys):
        keys, unit = ("difference", "low", "high"), f" {feature_name(row['feature']).unit}".rstrip()
    value, low, high = (float(row[key]) for key in keys)
    sign = "+" if value > 0 else ""
    return f"{sign}{number(value)}{unit} ({number(low)} to {number(high)}{unit})"


def number(value: float) -> str:
    """Write a number with two digits that matter, and a true minus.

    Examples
    --------
    >>> number(-12.34), number(0.4567), number(3.0), number(1234.0)
    ('−12', '0.46', '3', '1,234')
    """
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 100:
        text = f"{value:,.0f}"
    elif value == 0:
        text = "0"
    else:
        digits = max(0, 1 - math.floor(math.log10(abs(value))))
        text = f"{value:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def counts_like(
    rows: Sequence[Mapping[str, Any]],
    icc: Sequence[float],
    groups: tuple[str, str],
    *,
    are_sections: bool = False,
) -> str:
    """Say what the nuclei of a condition are worth, in one feature or more.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the summary, of one condition.
    icc : sequence of float
        Of the same features.
    groups : (str, str)
        What a group is called, singular and plural.
    are_sections : bool
        Whether a row of the table is a nucleus in one slice of several; what slices of one nucleus
        have in common is not known then, and the number is an upper bound.
    """
    what, like = ("sections of nuclei", "at most like") if are_sections else ("nuclei", "like")
    parts = []
    for row, share in zip(rows, icc, strict=True):
        label = feature_name(row["feature"]).label
        worth = number_text(float(f"{row['effective_nuclei']:.2g}"))
        parts.append(f"{worth} in {label[:1].lower() + label[1:]} (ICC {share:.2f})")
    first = rows[0]
    return (
        f"{first['nuclei']:,} {what} of {first['groups']} {groups[first['groups'] != 1]} at "
        f"{first['condition']} count {like} {' and like '.join(parts)}."
    )
