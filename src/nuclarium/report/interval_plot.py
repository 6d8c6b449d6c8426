"""Values with intervals in rows, such as the skill of raters, in several panels beside another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nuclarium.report.axis import Axis
from nuclarium.report.charts import Tick
from nuclarium.report.palette import category_colour

_ROW, _TOP, _BOTTOM, _GAP = 20, 30, 34, 26
_LETTER = 7.2
_PANEL, _DIGIT = 230, 6.5
SHAPES = ("circle", "square", "diamond", "triangle")

Estimate = tuple[float, float, float]
"""A value and the ends of its interval; nan where unknown."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One value and its interval; `text` says it in numbers."""

    y: float
    x: float
    low: float | None
    high: float | None
    shape: str
    colour: str
    text: str
    hint: str


@dataclass(frozen=True)
class Panel:
    """One quantity, with an axis of its own."""

    title: str
    left: float
    right: float
    ticks: tuple[Tick, ...]
    zero: float | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class IntervalPlot:
    """Rows by panels, ready to be drawn."""

    rows: tuple[tuple[float, str, str], ...]
    panels: tuple[Panel, ...]
    groups: tuple[tuple[str, str, str], ...]
    width: float
    height: float
    top: float
    base: float
    left: float


def interval_plot(
    names: Sequence[str],
    panels: Mapping[str, Sequence[Estimate]],
    *,
    groups: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> IntervalPlot | None:
    """Lay out estimates; None where there is none.

    Parameters
    ----------
    names : sequence of str
        Of the rows, from the top.
    panels : mapping of str to sequence of (value, low, high)
        Quantity → estimates in the order of names; a panel without any is left out.
    groups : sequence of str
        Group of each row, told by shape and colour.
    notes : sequence of str
        Written in grey beside each name.
    """
    shown = {k: v for k, v in panels.items() if any(np.isfinite(e[0]) for e in v)}
    if not shown:
        return None
    groups = list(groups) or [""] * len(names)
    notes = list(notes) or [""] * len(names)
    kinds = list(dict.fromkeys(groups))
    ys = [_TOP + _ROW * (i + 0.7) for i in range(len(names))]
    base = _TOP + _ROW * len(names) + 6
    left = 16 + _LETTER * max(
        (len(a) + len(b) + (2 if b else 0) for a, b in zip(names, notes, strict=True)), default=0
    )
    written = 10 + _DIGIT * max(len(estimate_text(e)) for part in shown.values() for e in part)
    step = _PANEL + written + _GAP
    laid = tuple(
        _panel(title, estimates, left + i * step, ys, names, groups, kinds)
        for i, (title, estimates) in enumerate(shown.items())
    )
    legend = tuple((kind, _shape(i), category_colour(i)) for i, kind in enumerate(kinds) if kind)
    return IntervalPlot(
        tuple(zip(ys, names, notes, strict=True)),
        laid,
        legend,
        left + len(shown) * step - _GAP,
        base + _BOTTOM,
        _TOP,
        base,
        left,
    )


def _panel(
    title: str,
    estimates: Sequence[Estimate],
    left: float,
    ys: Sequence[float],
    names: Sequence[str],
    groups: Sequence[str],
    kinds: Sequence[str],
) -> Panel:
    known = np.array([v for e in estimates for v in e if np.isfinite(v)])
    low = min(0.0, float(known.min())) if known.min() < 0.35 else float(known.min())
    high = float(known.max())
    room = 0.04 * (high - low) or 0.05
    axis = Axis(low - room, high + room, left, left + _PANEL)
    marks = []
    for y, estimate, name, group in zip(ys, estimates, names, groups, strict=True):
        value, bottom, top = (float(v) for v in estimate)
        if not np.isfinite(value):
            continue
        ends = (axis.at(bottom), axis.at(top)) if np.isfinite(bottom + top) else (None, None)
        text = estimate_text(estimate)
        place = kinds.index(group)
        colour = category_colour(place)
        hint = f"{name}, {title.lower()}: {text}"
        marks.append(Mark(y, axis.at(value), *ends, _shape(place), colour, text, hint))
    zero = axis.at(0) if axis.low < 0 < axis.high else None
    return Panel(title, left, left + _PANEL, axis.ticks(5), zero, tuple(marks))


def estimate_text(estimate: Estimate) -> str:
    """Write ``0.87 (0.81–0.92)``, or the value alone, or a dash.

    Examples
    --------
    >>> estimate_text((0.87, 0.81, 0.92))
    '0.87 (0.81–0.92)'
    """
    value, low, high = (float(v) for v in estimate)
    if not np.isfinite(value):
        return "–"
    text = f"{value:.2f}"
    if np.isfinite(low) and np.isfinite(high):
        dash = " to " if low < 0 else "–"
        text += f" ({low:.2f}{dash}{high:.2f})"
    return text.replace("-", "−")


def _shape(place: int) -> str:
    return SHAPES[place % len(SHAPES)]
