"""Curves with bands over a whole number, such as scores over the number of raters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nuclarium.report.axis import Axis
from nuclarium.report.charts import Tick
from nuclarium.report.interval_plot import Estimate, estimate_text
from nuclarium.report.palette import category_colour

WIDTH, HEIGHT = 560, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 12, 46
_DASHES = ("", "7 4", "2 4", "10 3 2 3")


@dataclass(frozen=True)
class Curve:
    """One curve, its band as an area, its points with what they say."""

    name: str
    colour: str
    dash: str
    line: str
    band: str
    points: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class CurvePlot:
    """Curves on one pair of axes, ready to be drawn."""

    title: str
    x_title: str
    curves: tuple[Curve, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    base: int = HEIGHT - _BOTTOM


def curve_plot(
    title: str, x_title: str, at: Sequence[int], curves: Mapping[str, Sequence[Estimate]]
) -> CurvePlot | None:
    """Lay out curves; None where there are fewer than two places or no value.

    Parameters
    ----------
    title, x_title : str
        What is drawn, and what it is drawn over.
    at : sequence of int
        Places on the horizontal axis, rising.
    curves : mapping of str to sequence of (value, low, high)
        Name → estimates at these places; nan where unknown.
    """
    known = np.array([v for c in curves.values() for e in c for v in e if np.isfinite(v)])
    if len(at) < 2 or not len(known):
        return None
    room = 0.05 * (known.max() - known.min()) or 0.05
    x_axis = Axis(at[0], at[-1], _LEFT + 10, WIDTH - _RIGHT - 10)
    y_axis = Axis(known.min() - room, known.max() + room, HEIGHT - _BOTTOM, _TOP)
    every = max(1, -(-len(at) // 15))
    ticks = tuple(Tick(x_axis.at(k), f"{k}") for k in at[::every])
    laid = tuple(
        _curve(name, i, at, estimates, x_axis, y_axis)
        for i, (name, estimates) in enumerate(curves.items())
        if any(np.isfinite(e[0]) for e in estimates)
    )
    return CurvePlot(title, x_title, laid, ticks, y_axis.ticks(5))


def _curve(
    name: str, place: int, at: Sequence[int], estimates: Sequence[Estimate], x: Axis, y: Axis
) -> Curve:
    known = [(k, e) for k, e in zip(at, estimates, strict=True) if np.isfinite(e[0])]
    points = tuple((x.at(k), y.at(e[0]), f"{name}, {k}: {estimate_text(e)}") for k, e in known)
    bounded = [(k, e) for k, e in known if np.isfinite(e[1] + e[2])]
    upper = [f"{x.at(k)},{y.at(e[2])}" for k, e in bounded]
    lower = [f"{x.at(k)},{y.at(e[1])}" for k, e in reversed(bounded)]
    return Curve(
        name,
        category_colour(place),
        _DASHES[place % len(_DASHES)],
        " ".join(f"{px},{py}" for px, py, _ in points),
        " ".join([*upper, *lower]) if len(bounded) > 1 else "",
        points,
    )
