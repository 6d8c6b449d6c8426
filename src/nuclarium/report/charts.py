"""Histograms as SVG: a large one for the batch, a small one for each image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.report.numbers import count_text, number_text
from nuclarium.report.summary import Bins, Values, size_word

WIDTH, HEIGHT = 400, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 24, 12, 40
SPARK_WIDTH, SPARK_HEIGHT = 240, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One class of a histogram, in the units of its drawing, and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A histogram, ready to be drawn."""

    title: str
    unit: str
    note: str
    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    median_x: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    base: int = HEIGHT - _BOTTOM
    top: int = _TOP


def chart(title: str, unit: str, values: Values, bins: Bins, n_images: int) -> Chart:
    """Lay out a histogram with axes and the median.

    Parameters
    ----------
    title, unit : str
        What is counted, and in which unit.
    values : ndarray of float64
        One a nucleus, at least one.
    bins : Bins
        Classes.
    n_images : int
        Images that the values come from.
    """
    counts = bins.counts(values)
    inner_width, inner_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    middle = float(np.median(values))
    note = f"{_plural(len(values), 'nucleus', 'nuclei')} in {_plural(n_images, 'image', 'images')}"
    note += f"; the median is {number_text(middle)} {unit}"
    if bins.is_open:
        note += "; the last bar holds all larger values"
    return Chart(
        title=title,
        unit=unit,
        note=note,
        bars=_bars(bins, counts, unit, _LEFT, _TOP, inner_width, inner_height),
        x_ticks=_x_ticks(bins, inner_width),
        y_ticks=_y_ticks(int(counts.max()), inner_height),
        median_x=_LEFT + _place(bins, middle) * inner_width,
    )


def sparkline(values: Values, bins: Bins, unit: str) -> Chart:
    """Lay out the small histogram of one image, on the classes of the whole batch."""
    counts = bins.counts(values)
    middle = float(np.median(values))
    low, high = number_text(float(bins.edges[0])), number_text(float(bins.edges[-1]))
    more = " and more" if bins.is_open else ""
    return Chart(
        title=f"{size_word(unit).capitalize()}s, {low} to {high}{more} {unit}",
        unit=unit,
        note=f"median {number_text(middle)} {unit}",
        bars=_bars(bins, counts, unit, 0, 0, SPARK_WIDTH, SPARK_HEIGHT),
        x_ticks=(),
        y_ticks=(),
        median_x=_place(bins, middle) * SPARK_WIDTH,
        width=SPARK_WIDTH,
        height=SPARK_HEIGHT,
        left=0,
        base=SPARK_HEIGHT,
        top=0,
    )


def _bars(
    bins: Bins,
    counts: npt.NDArray[np.int64],
    unit: str,
    left: int,
    top: int,
    width: int,
    height: int,
) -> tuple[Bar, ...]:
    step = width / len(counts)
    tallest = max(1, int(counts.max()))
    bars: list[Bar] = []
    for i, count in enumerate(counts.tolist()):
        tall = count / tallest * height
        begin, end = number_text(bins.edges[i]), number_text(bins.edges[i + 1])
        is_last = bins.is_open and i == len(counts) - 1
        span = f"{begin} and more" if is_last else f"{begin} to {end}"
        text = f"{span} {unit}: {_plural(count, 'nucleus', 'nuclei')}"
        x, y = round(left + i * step, 1), round(top + height - tall, 1)
        if count:
            bars.append(Bar(x, y, round(max(step - 1, 0.5), 1), round(tall, 1), text))
    return tuple(bars)


def _x_ticks(bins: Bins, width: int) -> tuple[Tick, ...]:
    """Mark every so many edges, seven at most; the last says that larger values are in it."""
    every = -(-(len(bins.edges) - 1) // 6)
    return tuple(
        Tick(
            round(_LEFT + width * i / (len(bins.edges) - 1), 1),
            number_text(edge) + ("+" if bins.is_open and i == len(bins.edges) - 1 else ""),
        )
        for i, edge in enumerate(bins.edges.tolist())
        if i % every == 0
    )


def _y_ticks(tallest: int, height: int) -> tuple[Tick, ...]:
    base = HEIGHT - _BOTTOM
    step = next(s * 10**p for p in range(12) for s in (1, 2, 5) if s * 10**p * 4 >= tallest)
    return tuple(
        Tick(round(base - height * count / max(1, tallest), 1), count_text(count))
        for count in range(0, tallest + 1, step)
    )


def _place(bins: Bins, value: float) -> float:
    """Where a value lies between the first edge (0) and the last (1)."""
    low, high = float(bins.edges[0]), float(bins.edges[-1])
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _plural(count: int, one: str, many: str) -> str:
    return f"{count_text(count)} {one if count == 1 else many}"
