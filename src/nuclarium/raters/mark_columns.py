"""Columns of a table of marks as arrays, and what is wrong with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import UNDETECTED

_EDGES = ("ymin", "xmin", "ymax", "xmax")
_OUTLINE = ("outline_y", "outline_x")
_TEXT = ("field", "rater", "arm", "label", "kind", "suggestion", "group", "id", *_OUTLINE)
_KIND = {"outline": 0, "box": 1, "point": 2}
_FARTHEST, _LONGEST = 1e9, 1e5
"""Pixels: what lies farther out, or an outline that is longer, is no nucleus of an image."""

_YES, _NO = ("1", "1.0", "true", "yes", "y"), ("0", "0.0", "false", "no", "n")

Mistakes = list[tuple[int, str]]
Text = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Columns:
    """A table of marks, one entry a row, good or bad.

    Parameters
    ----------
    text : mapping of str to ndarray of str
        Columns of text; ``""`` where there is none.
    boxes : ndarray of float64, shape (n, 4)
        ``y0, x0, y1, x1``; nan in rows without a place.
    kind, accepted : ndarray of int8, shape (n,)
    outlines : mapping of int to ndarray, shape (k, 2)
        Corners ``(y, x)`` by row.
    time : ndarray of float64, shape (n,)
    is_mark, is_flat : ndarray of bool, shape (n,)
        Whether a row has a place, and whether its box was without width or height.
    mistakes : sequence of (int, str)
        Row from 0, and what is wrong with it.
    index : Index
        Names of the rows in the user's table.
    """

    text: Mapping[str, Text]
    boxes: npt.NDArray[np.float64]
    kind: npt.NDArray[np.int8]
    accepted: npt.NDArray[np.int8]
    outlines: Mapping[int, npt.NDArray[np.float64]]
    time: npt.NDArray[np.float64]
    is_mark: Mask
    is_flat: Mask
    mistakes: Mistakes
    index: pd.Index

    def number(self, row: int) -> int:
        """Return the number of a row as a spreadsheet counts: 2 is the first below the names."""
        if isinstance(self.index, pd.RangeIndex) or not pd.api.types.is_integer_dtype(self.index):
            return row + 2
        return int(self.index[row])


def read_columns(table: pd.DataFrame) -> Columns:
    """Read the columns of a table of marks; see `read_marks` for what they are.

    Raises
    ------
    SettingsError
        If a column that is needed is missing.
    """
    _check_names(list(map(str, table.columns)))
    mistakes: Mistakes = []
    text = {name: _text(table, name) for name in _TEXT}
    for name in ("field", "rater"):
        _say(mistakes, text[name] == "", f"has no {name}")
    if "id" not in table:
        text["id"] = np.array([str(row) for row in range(len(table))], object)
    told = "has the label undetected, which is kept for raters who marked nothing"
    _say(mistakes, text["label"] == UNDETECTED, told)
    kind = _kinds(text["kind"], mistakes)
    given = _boxes(table, mistakes)
    outlines = _outlines(text, kind, mistakes)
    has_outline = np.zeros(len(table), bool)
    has_outline[list(outlines)] = True
    boxes, has_box = _completed(given, outlines, mistakes)
    has_place = has_box | has_outline
    _say(mistakes, (kind == 0) & has_box & ~has_outline, "is an outline, but has no outline_x")
    _say(mistakes, ~has_place & (text["label"] != ""), "has a label, but no box and no outline")
    size = boxes[:, 2:] - boxes[:, :2]
    flat = has_box & ~has_outline & (size == 0).any(axis=1)
    was_box = flat & ((kind == 1) | (size > 0).any(axis=1))
    kind = np.where(kind >= 0, kind, np.where(has_outline, 0, 1)).astype(np.int8)
    kind[flat] = 2
    points = kind == 2
    boxes[points] = np.tile((boxes[points, :2] + boxes[points, 2:]) / 2, 2)
    return Columns(
        text=text,
        boxes=boxes,
        kind=kind,
        accepted=_accepted(_text(table, "accepted"), mistakes),
        outlines={row: corners for row, corners in outlines.items() if kind[row] == 0},
        time=_times(table, mistakes),
        is_mark=has_place,
        is_flat=was_box,
        mistakes=mistakes,
        index=table.index,
    )


def _check_names(columns: list[str]) -> None:
    missing = [name for name in ("field", "rater") if name not in columns]
    if missing:
        raise SettingsError(
            f"A table of marks must have the columns field and rater, but {missing[0]} is missing "
            f"among {', '.join(columns)}. Add it."
        )
    if not set(_EDGES) <= set(columns) and not set(_OUTLINE) <= set(columns):
        raise SettingsError(
            "A table of marks must have the columns xmin, ymin, xmax, ymax, or outline_x and "
            f"outline_y, but it has {', '.join(columns)}. Add them, or name an item in each row."
        )


def _say(mistakes: Mistakes, where: npt.NDArray[np.bool_], text: str) -> None:
    mistakes += [(row, text) for row in np.flatnonzero(where).tolist()]


def _text(table: pd.DataFrame, name: str) -> Text:
    if name not in table:
        return np.full(len(table), "", object)
    column = table[name].astype(object)
    if pd.api.types.is_float_dtype(table[name]):
        # Whole numbers become fractions where a cell of their column is empty.
        whole = table[name].dropna()
        if ((whole.abs() < _FARTHEST) & (whole % 1 == 0)).all():
            column = table[name].astype("Int64").astype(object)
    filled = column.where(table[name].notna(), "").astype(str).str.strip()
    return filled.to_numpy(object)


def _kinds(text: Text, mistakes: Mistakes) -> npt.NDArray[np.int8]:
    codes = np.full(len(text), -1, np.int8)
    for row in np.flatnonzero(text != "").tolist():
        code = _KIND.get(text[row].lower())
        if code is None:
            mistakes.append((row, f"is of kind {text[row]!r}, not outline, box or point"))
        else:
            codes[row] = code
    return codes


def _boxes(table: pd.DataFrame, mistakes: Mistakes) -> npt.NDArray[np.float64]:
    boxes = np.full((len(table), 4), np.nan)
    for place, name in enumerate(_EDGES):
        if name in table:
            numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
            for row in _words(table, name, numbers):
                mistakes.append((row, f"has {table[name].iloc[row]!r} for {name}, not a number"))
            boxes[:, place] = numbers
    return boxes


def _words(table: pd.DataFrame, name: str, numbers: npt.NDArray[np.float64]) -> list[int]:
    """Rows with a text that is no number."""
    if pd.api.types.is_numeric_dtype(table[name]):
        return []
    return np.flatnonzero(np.isnan(numbers) & (_text(table, name) != "")).tolist()


def _completed(
    boxes: npt.NDArray[np.float64],
    outlines: Mapping[int, npt.NDArray[np.float64]],
    mistakes: Mistakes,
) -> tuple[npt.NDArray[np.float64], Mask]:
    """Check boxes, and give the extent of their outline to rows that have none."""
    told = {row for row, _ in mistakes}
    some: Mask = np.asarray(~np.isnan(boxes).all(axis=1))
    broken = some & ~np.isfinite(boxes).all(axis=1)
    for row in np.flatnonzero(broken).tolist():
        if row not in told:
            mistakes.append((row, "has a box with a number that is missing or not finite"))
    sound = some & ~broken
    size = boxes[:, 2:] - boxes[:, :2]
    negative = np.zeros(len(boxes), bool)
    negative[sound] = (size[sound] < 0).any(axis=1)
    for row in np.flatnonzero(negative).tolist():
        y0, x0, y1, x1 = boxes[row].tolist()
        mistakes.append(
            (row, f"has a box of negative size (x {x0:g} to {x1:g}, y {y0:g} to {y1:g})")
        )
    far = sound & (np.abs(np.nan_to_num(boxes, posinf=0, neginf=0)).max(axis=1) > _FARTHEST)
    _say(mistakes, far, f"has a box farther out than {_FARTHEST:,.0f} px")
    completed = boxes.copy()
    for row, corners in outlines.items():
        if not some[row]:
            completed[row] = [*corners.min(axis=0), *corners.max(axis=0)]
    return completed, some


def _outlines(
    text: Mapping[str, Text], kind: npt.NDArray[np.int8], mistakes: Mistakes
) -> dict[int, npt.NDArray[np.float64]]:
    given = (text["outline_y"] != "") | (text["outline_x"] != "")
    outlines: dict[int, npt.NDArray[np.float64]] = {}
    for row in np.flatnonzero(given & (kind != 1) & (kind != 2)).tolist():
        try:
            y, x = (np.array(text[name][row].split(","), np.float64) for name in _OUTLINE)
        except ValueError:
            mistakes.append((row, "has an outline that is not numbers joined by commas"))
            continue
        if len(y) != len(x):
            mistakes.append((row, f"has an outline of {len(x)} x, but {len(y)} y"))
            continue
        corners = np.stack([y, x], axis=1)
        if len(corners) > 1 and (corners[0] == corners[-1]).all():
            corners = corners[:-1]
        if len(corners) < 3 or not np.isfinite(corners).all():
            mistakes.append((row, "has an outline of fewer than three finite corners"))
        elif np.ptp(corners, axis=0).max() > _LONGEST or np.abs(corners).max() > _FARTHEST:
            mistakes.append((row, f"has an outline of more than {_LONGEST:,.0f} px"))
        else:
            outlines[row] = corners
    return outlines


def _accepted(text: Text, mistakes: Mistakes) -> npt.NDArray[np.int8]:
    lower = np.array([value.lower() for value in text], object)
    yes, no = np.isin(lower, _YES), np.isin(lower, _NO)
    for row in np.flatnonzero(~yes & ~no & (lower != "")).tolist():
        mistakes.append((row, f"has {text[row]!r} for accepted, not true or false"))
    return np.where(yes, 1, np.where(no, 0, -1)).astype(np.int8)


def _times(table: pd.DataFrame, mistakes: Mistakes) -> npt.NDArray[np.float64]:
    """Seconds: numbers as they are, dates and times of day from 1970."""
    if "time" not in table:
        return np.full(len(table), np.nan)
    text = _text(table, "time")
    if not (text != "").any():
        return np.full(len(table), np.nan)
    numbers = pd.to_numeric(pd.Series(text), errors="coerce")
    if numbers.isna().to_numpy(bool)[text != ""].all():
        dates = pd.to_datetime(pd.Series(text), errors="coerce", utc=True, format="ISO8601")
        epoch = pd.Timestamp(0, tz="UTC")
        numbers = (dates - epoch).dt.total_seconds()
    seconds = numbers.to_numpy(np.float64)
    for row in np.flatnonzero(np.isnan(seconds) & (text != "")).tolist():
        mistakes.append((row, f"has {text[row]!r} for time, not seconds and not a date"))
    return seconds
