"""The page of a benchmark: one self-contained HTML file of tables, intervals and figures."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

_TEMPLATES = Path(__file__).parent / "templates"
_LEFT, _RIGHT = 170.0, 680.0


@dataclass(frozen=True)
class Cell:
    """What stands in a table: a text, and a smaller one under it, such as an interval."""

    text: str
    small: str = ""


@dataclass(frozen=True)
class PageTable:
    """A table; the first cell of a row names it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    hint: str = ""


@dataclass(frozen=True)
class PageFigure:
    """A picture with its caption; `data` are the bytes of a PNG."""

    data: bytes
    caption: str


@dataclass(frozen=True)
class Tick:
    """A place on the axis of a chart."""

    x: float
    text: str


@dataclass(frozen=True)
class IntervalRow:
    """A value with its interval, as places on the axis, and what it says in words."""

    name: str
    low: float
    value: float
    high: float
    text: str


@dataclass(frozen=True)
class Intervals:
    """A chart of values with intervals below one another."""

    title: str
    rows: Sequence[IntervalRow]
    ticks: Sequence[Tick]


@dataclass(frozen=True)
class BenchmarkPage:
    """Everything that the page shows."""

    title: str
    provenance: Sequence[str]
    findings: Sequence[str]
    intervals: Intervals
    tables: Sequence[PageTable]
    figures: Sequence[PageFigure]
    settings: Mapping[str, str] = field(default_factory=dict)


def interval_chart(
    title: str, values: Mapping[str, tuple[float, float, float]], unit: str
) -> Intervals:
    """Place values on a common axis.

    Parameters
    ----------
    title : str
    values : mapping of str to (low, value, high)
        A bound that is nan falls on its value.
    unit : str
        Said after each number.
    """
    known = {n: tuple(v if x != x else x for x in (lo, v, hi)) for n, (lo, v, hi) in values.items()}
    least = min((row[0] for row in known.values()), default=0.0)
    most = max((row[2] for row in known.values()), default=1.0)
    step = _round_step((most - least) or 1.0)
    first, last = math.floor(least / step) * step, math.ceil(most / step) * step
    last = last if last > first else first + step

    def place(value: float) -> float:
        return round(_LEFT + (value - first) / (last - first) * (_RIGHT - _LEFT), 1)

    rows = [
        IntervalRow(
            name,
            place(low),
            place(value),
            place(high),
            f"{name}: {value:.2f} {unit} ({low:.2f} to {high:.2f})",
        )
        for name, (low, value, high) in known.items()
    ]
    count = round((last - first) / step)
    ticks = [
        Tick(place(first + i * step), f"{first + i * step:g} {unit}") for i in range(count + 1)
    ]
    return Intervals(title, rows, ticks)


def render_benchmark(page: BenchmarkPage) -> str:
    """Return the page as HTML, with everything it needs inside."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    style = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    template = environment.get_template("benchmark.html.j2")
    text = template.render(page=page, style=style)
    return text.encode("utf-8", "replace").decode()


def _round_step(span: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten, of which about four make the span."""
    rough = span / 4
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
