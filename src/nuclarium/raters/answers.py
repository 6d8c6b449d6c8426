"""Answers from a long table: columns to codes, and a remark on all that is odd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answer_codes import UNDETECTED, Answers
from nuclarium.raters.answer_remarks import named, remarks_on

__all__ = ["UNDETECTED", "Answers", "Repeats", "read_answers", "remarks_on"]

Repeats = Literal["keep", "last", "error"]


def read_answers(
    table: pd.DataFrame,
    item: str = "item",
    rater: str = "rater",
    label: str = "label",
    repeats: Repeats = "keep",
    *,
    field: str = "field",
    group: str = "group",
    labels: Sequence[str] | None = None,
) -> tuple[Answers, tuple[str, ...]]:
    """Take answers from a table with one row an answer.

    Items and raters are in the order in which they first come; labels are sorted (by number where
    all are numbers), with ``undetected`` last, so that it loses every tie.

    Parameters
    ----------
    table : pandas.DataFrame
        Long table. A row without a label keeps its item and rater, and is no answer.
    item, rater, label : str
        Names of columns.
    repeats : {"keep", "last", "error"}
        When one rater answered one item several times: each counts, the last row counts, or
        that is an error.
    field, group : str
        Names of optional columns: the field of an item and the group of a rater.
    labels : sequence of str, optional
        The labels that are allowed, in the order of ties. Answers with others are left out.

    Returns
    -------
    answers : Answers
    remarks : tuple of str
        A sentence on each thing that is odd.

    Raises
    ------
    SettingsError
        If a column is missing, no answer is left, an item is in two fields, a rater in two groups,
        or there are repeats and they are to be an error.
    """
    _check_columns(table, (item, rater, label))
    remarks: list[str] = []
    table = _rows_with_names(table, item, rater, remarks)
    item_code, items = _in_order(table[item])
    rater_code, raters = _in_order(table[rater])
    label_code, names = _labels(table[label], labels, remarks)
    kept = label_code >= 0
    if repeats != "keep" or kept.any():
        kept &= _without_repeats(item_code, rater_code, kept, repeats, remarks)
    if not kept.any():
        raise SettingsError(
            f"The table must have at least one answer, but column '{label}' holds none "
            f"in {len(table)} rows."
        )
    field_of_item, fields = _only_one(table, item_code, len(items), field, "item")
    group_of_rater, groups = _only_one(table, rater_code, len(raters), group, "rater")
    answers = Answers(
        item_code[kept],
        rater_code[kept],
        label_code[kept],
        items,
        raters,
        names,
        field_of_item,
        fields,
        None if group_of_rater is None else tuple(groups[g] for g in group_of_rater),
    )
    return answers, (*remarks, *remarks_on(answers))


def _check_columns(table: pd.DataFrame, needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise SettingsError(
            f"The table of answers must have the columns {', '.join(needed)}, but has "
            f"{', '.join(map(str, table.columns))}. Name the column for {missing[0]}."
        )


def _rows_with_names(
    table: pd.DataFrame, item: str, rater: str, remarks: list[str]
) -> pd.DataFrame:
    """Leave out rows that do not say of what or by whom."""
    nameless = (_is_empty(table[item]) | _is_empty(table[rater])).to_numpy()
    if nameless.any():
        remarks.append(f"{nameless.sum()} rows name no item or no rater and were left out.")
        return table[~nameless]
    return table


def _is_empty(column: pd.Series) -> pd.Series:
    empty = column.isna()
    if column.dtype.kind not in "biuf":
        empty |= column.astype(str).str.strip() == ""
    return empty


def _as_names(values: pd.Index) -> tuple[str, ...]:
    """Return values as text; whole numbers that became floats lose their ``.0``."""
    if values.dtype.kind == "f" and np.all(values == np.floor(values)):
        return tuple(str(int(value)) for value in values)
    return tuple(str(value).strip() for value in values)


def _in_order(column: pd.Series) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Return codes and names in the order in which they first come."""
    codes, values = pd.factorize(column)
    merged, unique = pd.factorize(pd.Index(_as_names(pd.Index(values))))
    return merged[codes].astype(np.int32), tuple(map(str, unique))


def _labels(
    column: pd.Series, allowed: Sequence[str] | None, remarks: list[str]
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Return codes, -1 for no label or one that is not allowed, and names in their order."""
    codes, values = pd.factorize(column.where(~_is_empty(column)))
    given = _as_names(pd.Index(values))
    names = tuple(allowed) if allowed is not None else _sorted(set(given))
    place = {name: i for i, name in enumerate(names)}
    of_value = np.array([place.get(name, -1) for name in given] + [-1], np.int32)
    without, left = int((codes < 0).sum()), of_value[codes]
    if without:
        remarks.append(f"{without} rows have no label and are no answers.")
    unknown = [name for name in given if name not in place]
    if unknown:
        number = int((left < 0).sum()) - without
        remarks.append(
            f"{number} answers with {named(unknown, 'label')}, which is not among the known "
            "labels, were left out."
        )
    return left, names


def _sorted(names: set[str]) -> tuple[str, ...]:
    try:
        ordered = sorted(names - {UNDETECTED}, key=float)
    except ValueError:
        ordered = sorted(names - {UNDETECTED})
    return (*ordered, *({UNDETECTED} & names))


def _without_repeats(
    item: npt.NDArray[np.int32],
    rater: npt.NDArray[np.int32],
    kept: npt.NDArray[np.bool_],
    repeats: Repeats,
    remarks: list[str],
) -> npt.NDArray[np.bool_]:
    """Return which answers to keep, and remark on repeats."""
    pairs = pd.DataFrame({"item": item, "rater": rater})[kept]
    again = pairs.duplicated(keep="last").to_numpy()
    if not again.any():
        return kept
    if repeats == "error":
        raise SettingsError(
            f"{again.sum()} answers repeat a rater's answer to the same item. "
            "Leave them out of the table, or keep all or the last."
        )
    done = "the last one counts" if repeats == "last" else "each counts"
    remarks.append(f"{again.sum()} answers repeat a rater's answer to an item; {done}.")
    result = kept.copy()
    if repeats == "last":
        result[np.flatnonzero(kept)[again]] = False
    return result


def _only_one(
    table: pd.DataFrame, owner: npt.NDArray[np.int32], owners: int, column: str, what: str
) -> tuple[npt.NDArray[np.int32] | None, tuple[str, ...]]:
    """Return the one value that each item or rater has in an optional column."""
    if column not in table.columns:
        return None, ()
    codes, names = _in_order(table[column].astype(object).where(~_is_empty(table[column]), ""))
    value = np.zeros(owners, np.int32)
    value[owner] = codes
    differs = np.flatnonzero(value[owner] != codes)
    if len(differs):
        row = differs[0]
        name = table[what].iloc[row] if what in table.columns else owner[row]
        raise SettingsError(
            f"A {what} must have one {column}, but {what} '{name}' has '{names[codes[row]]}' and "
            f"'{names[value[owner[row]]]}'. Give each its own name."
        )
    return value, names
