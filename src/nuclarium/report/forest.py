"""All differences with their intervals on one axis, in per cent of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.report.axis import Axis
from nuclarium.report.charts import Tick
from nuclarium.report.feature_names import feature_name
from nuclarium.report.findings import SIGNIFICANT, number, p_text

WIDTH = 780
_LABELS, _NUMBERS, _ROW, _GAP, _TOP, _BOTTOM = 300, 190, 17, 10, 12, 36
_WIDEST = 150.0
SHAPES = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One difference: a mark, a line, and what is written beside."""

    y: float
    label: str
    condition: str
    shape: str
    x: float
    low: float
    high: float
    is_cut_low: bool
    is_cut_high: bool
    is_significant: bool
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Forest:
    """The figure, ready to be drawn."""

    rows: tuple[ForestRow, ...]
    ticks: tuple[Tick, ...]
    zero: float
    left_out: tuple[str, ...]
    height: float
    width: int = WIDTH
    left: int = _LABELS
    right: int = WIDTH - _NUMBERS
    top: int = _TOP

    @property
    def base(self) -> float:
        """Where the axis is."""
        return self.height - _BOTTOM


def forest(comparisons: pd.DataFrame, conditions: Sequence[str]) -> Forest | None:
    """Lay out the differences that have an interval in per cent; None where there is none."""
    if not len(comparisons):
        return None
    known = np.isfinite(comparisons["percent"])
    bounded = np.isfinite(comparisons[["percent_low", "percent_high"]]).all(axis=1)
    told = comparisons.loc[known & bounded, "feature"].unique()
    shown = comparisons[known & comparisons["feature"].isin(told)]
    every = comparisons["feature"].drop_duplicates()
    left_out = every[~every.isin(told)]
    if not len(told):
        return None
    axis = _axis(shown)
    rows, y = [], float(_TOP + _ROW)
    for feature, part in shown.groupby("feature", sort=False):
        for place, row in enumerate(part.to_dict("records")):
            label = feature_name(str(feature)).label if place == 0 else ""
            rows.append(_row({str(k): v for k, v in row.items()}, axis, y, label, conditions))
            y += _ROW
        y += _GAP
    names = tuple(feature_name(str(name)).label for name in left_out)
    height = y - _GAP + _BOTTOM
    return Forest(tuple(rows), axis.ticks(6), axis.at(0), names, height)


def _axis(shown: pd.DataFrame) -> Axis:
    ends = shown[["percent", "percent_low", "percent_high"]]
    low = max(min(float(ends.min().min()), 0.0), -_WIDEST)
    high = min(max(float(ends.max().max()), 0.0), _WIDEST)
    room = 0.04 * (high - low)
    return Axis(low - room, high + room, _LABELS, WIDTH - _NUMBERS)


def _row(
    row: Mapping[str, Any], axis: Axis, y: float, label: str, conditions: Sequence[str]
) -> ForestRow:
    value, low, high = (float(row[k]) for k in ("percent", "percent_low", "percent_high"))
    if np.isfinite(low) and np.isfinite(high):
        interval = f"{number(value)} ({number(low)} to {number(high)})"
    else:
        low, high, interval = value, value, f"{number(value)} (no interval)"
    x, x_low, x_high = (axis.at(min(max(v, axis.low), axis.high)) for v in (value, low, high))
    return ForestRow(
        y,
        label,
        str(row["condition"]),
        SHAPES[list(conditions).index(row["condition"]) % len(SHAPES)],
        x,
        x_low,
        x_high,
        low < axis.low,
        high > axis.high,
        bool(row["p_holm"] < SIGNIFICANT),
        interval,
        f"{row['feature']}, {row['condition']} against {row['reference']}: {interval} %, "
        f"{p_text(float(row['p_holm']))} after Holm",
    )
