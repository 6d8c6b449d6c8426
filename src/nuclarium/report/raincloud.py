"""Distributions of nuclei by condition, with the means of groups as large dots (SuperPlots)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.analysis.grouped import Floats, Ints
from nuclarium.report.axis import Axis
from nuclarium.report.charts import Tick
from nuclarium.report.findings import number

HEIGHT = 300
_RIGHT, _TOP, _BOTTOM = 8, 10, 34
_DIGIT = 7.2
_COLUMN = 104
_CLOUD, _RAIN = 30, 26
_BINS = 128
_MOST_DROPS = 240
_OUTER = (0.5, 99.5)
_FAR = 0.5
"""How far beyond 99 % of the nuclei the axis may reach to show all of them, in its length."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A nucleus or the mean of a group; `shade` from 0 (dark) to 1 tells groups apart."""

    x: float
    y: float
    shade: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cloud:
    """What is drawn of one condition: outline of the density, nuclei, groups, mean and interval."""

    name: str
    x: float
    path: str
    drops: tuple[Dot, ...]
    means: tuple[Dot, ...]
    mean_y: float | None
    low_y: float | None
    high_y: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Raincloud:
    """A figure of one feature, ready to be drawn."""

    title: str
    unit: str
    note: str
    clouds: tuple[Cloud, ...]
    ticks: tuple[Tick, ...]
    width: int
    height: int = HEIGHT
    left: int = 52
    right: int = 0
    base: int = HEIGHT - _BOTTOM
    top: int = _TOP


@dataclass(frozen=True, eq=False)
class CloudData:
    """One condition of one feature.

    Parameters
    ----------
    name : str
    values : ndarray of float64, shape (n,)
        One a nucleus, finite; empty for features that a group has once.
    owner : ndarray of int64, shape (n,)
        Which of the groups each is of.
    means : ndarray of float64, shape (k,)
        Of the groups; nan where one has none.
    groups : sequence of str
        Their names.
    mean, low, high : float
        Mean of the condition and its interval; nan where unknown.
    """

    name: str
    values: Floats
    owner: Ints
    means: Floats
    groups: Sequence[str]
    mean: float
    low: float
    high: float


def raincloud(
    title: str, unit: str, data: Sequence[CloudData], *, rng: np.random.Generator
) -> Raincloud | None:
    """Lay out a figure; None where no condition has a value.

    The axis spans 99 % of the nuclei, all groups and all intervals; `rng` draws the nuclei that are
    shown, 240 a condition at most.
    """
    axis = _axis(data)
    if axis is None:
        return None
    ticks = axis.ticks()
    left = round(14 + _DIGIT * max(len(tick.text) for tick in ticks))
    widest = max((_density(d.values, axis).max() for d in data if len(d.values) > 1), default=1.0)
    clouds = tuple(
        _cloud(d, left + _COLUMN * (i + 0.5), axis, widest, rng) for i, d in enumerate(data)
    )
    outside = sum(int(((d.values < axis.low) | (d.values > axis.high)).sum()) for d in data)
    total = sum(len(d.values) for d in data)
    note = f"Beyond the axis: {outside:,} of {total:,} nuclei." if outside else ""
    width = left + _RIGHT + _COLUMN * len(data)
    return Raincloud(title, unit, note, clouds, ticks, width, left=left, right=width - _RIGHT)


def _axis(data: Sequence[CloudData]) -> Axis | None:
    parts = [_shown_range(d.values) for d in data if len(d.values)]
    for d in data:
        some = np.array([*d.means, d.mean, d.low, d.high], np.float64)
        parts.append(some[np.isfinite(some)])
    known = np.concatenate(parts)
    if len(known) == 0:
        return None
    low, high = float(known.min()), float(known.max())
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    bottom = max(0.0, low - room) if low >= 0 else low - room
    return Axis(bottom, high + room, HEIGHT - _BOTTOM, _TOP)


def _shown_range(values: Floats) -> Floats:
    """Return the range of the nuclei, or where a few lie far off, that of the middle 99 %."""
    low, high = np.percentile(values, _OUTER)
    reach = _FAR * (high - low)
    first, last = float(values.min()), float(values.max())
    return np.array([max(first, low - reach), min(last, high + reach)])


def _cloud(data: CloudData, x: float, axis: Axis, widest: float, rng: np.random.Generator) -> Cloud:
    shades = np.linspace(0, 1, max(len(data.means), 2))
    means = tuple(
        Dot(
            x + _spread(i, len(data.means)),
            axis.at(mean),
            round(float(shades[i]), 2),
            f"{data.groups[i]}: {number(mean)}",
        )
        for i, mean in enumerate(data.means.tolist())
        if np.isfinite(mean)
    )
    middle, low, high = (
        axis.at(v) if np.isfinite(v) else None for v in (data.mean, data.low, data.high)
    )
    text = f"{data.name}: mean {number(data.mean)}"
    if low is not None:
        text += f" ({number(data.low)} to {number(data.high)})"
    path = _outline(data.values, axis, x, widest) if len(data.values) > 1 else ""
    drops = _drops(data, x, axis, shades, rng)
    return Cloud(data.name, x, path, drops, means, middle, low, high, text)


def _spread(index: int, count: int) -> float:
    """Where a group's dot stands, so that dots of one height can be told apart."""
    if count < 2:
        return 0.0
    return round((index / (count - 1) - 0.5) * min(28, 7 * (count - 1)), 1)


def _drops(
    data: CloudData, x: float, axis: Axis, shades: npt.NDArray[np.float64], rng: np.random.Generator
) -> tuple[Dot, ...]:
    inside = np.flatnonzero((data.values >= axis.low) & (data.values <= axis.high))
    shown = rng.permutation(inside)[:_MOST_DROPS]
    aside = x - 18 - rng.random(len(shown)) * _RAIN
    heights = [axis.at(float(value)) for value in data.values[shown]]
    shade = np.round(shades[data.owner[shown]], 2).tolist()
    places = zip(np.round(aside, 1).tolist(), heights, shade, strict=True)
    return tuple(Dot(*place) for place in places)


def _outline(values: Floats, axis: Axis, x: float, widest: float) -> str:
    """Path of the density on the right of a condition."""
    reach = _density(values, axis) / widest * _CLOUD
    centres = axis.low + (np.arange(_BINS) + 0.5) * (axis.high - axis.low) / _BINS
    shown = np.flatnonzero(reach > 0.1)
    if len(shown) == 0:
        return ""
    rows = range(int(shown[0]), int(shown[-1]) + 1)
    points = [f"{x + 18 + reach[i]:.1f},{axis.at(float(centres[i]))}" for i in rows]
    first, last = axis.at(float(centres[rows[0]])), axis.at(float(centres[rows[-1]]))
    return f"M{x + 18:.1f},{first} L{' '.join(points)} L{x + 18:.1f},{last} Z"


def _density(values: Floats, axis: Axis) -> Floats:
    """Smoothed share of the nuclei along the axis, by Silverman's rule; highest 1 / bin width."""
    counts, _ = np.histogram(values, _BINS, (axis.low, axis.high))
    quarter, half = np.percentile(values, [25, 75])
    spread = min(float(values.std()), (half - quarter) / 1.34) or float(values.std())
    bin_width = (axis.high - axis.low) / _BINS
    sigma = max(0.9 * spread * len(values) ** -0.2 / bin_width, 0.7)
    smooth: Floats = ndimage.gaussian_filter1d(counts / len(values), sigma, mode="constant")
    return smooth
