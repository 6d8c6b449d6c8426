"""Heat maps as SVG: a matrix of values from 0 to 1 in ten shades, small or with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.report.palette import BELOW, SHADES

_LETTER = 6.6
_WIDEST_NAME = 150
_TURNED = 74


@dataclass(frozen=True, slots=True)
class Cell:
    """The number of a cell, where it is written, and whether its ground is dark."""

    x: float
    y: float
    text: str
    is_dark: bool


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a row or column, and where it is written."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class HeatMap:
    """A matrix, ready to be drawn: a path for each shade."""

    title: str
    note: str
    paths: tuple[tuple[str, str], ...]
    numbers: tuple[Cell, ...]
    rows: tuple[Name, ...]
    columns: tuple[Name, ...]
    across: str
    down: str
    left: float
    top: float
    width: float
    height: float
    size: float


def heat_map(
    values: npt.NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str = "",
    note: str = "",
    across: str = "",
    down: str = "",
    size: float = 26,
    with_numbers: bool = True,
    with_names: bool = True,
) -> HeatMap:
    """Lay out a matrix.

    Parameters
    ----------
    values : ndarray of float64, shape (n, m)
        Shades span 0 to 1; values below 0 are orange, cells without a value (nan) empty.
    rows, columns : sequence of str
        Names; long ones are shortened.
    title, note, across, down : str
        What is drawn, a remark, and what columns and rows are.
    size : float
        Side of a cell.
    with_numbers, with_names : bool
        Write values into cells, and names beside them.
    """
    longest = max((len(_short(name)) for name in rows), default=0)
    left = min(_WIDEST_NAME, 8 + _LETTER * longest) if with_names else 1.0
    turned = max((len(_short(name)) for name in columns), default=0)
    top = min(_TURNED * 1.6, 12 + _LETTER * turned * 0.75) if with_names else 1.0
    n, m = values.shape
    spare = top * 0.9 if with_names else 1
    return HeatMap(
        title=title,
        note=note,
        paths=tuple(_paths(values, left, top, size)),
        numbers=tuple(_numbers(values, left, top, size)) if with_numbers else (),
        rows=_names(rows, left - 6, top + size / 2 + 4, 0, size) if with_names else (),
        columns=_names(columns, left + size / 2, top - 6, size, 0) if with_names else (),
        across=across,
        down=down,
        left=left,
        top=top,
        width=round(left + m * size + spare, 1),
        height=round(top + n * size + 4, 1),
        size=size,
    )


def _names(
    names: Sequence[str], x: float, y: float, step_x: float, step_y: float
) -> tuple[Name, ...]:
    return tuple(
        Name(round(x + i * step_x, 1), round(y + i * step_y, 1), _short(name))
        for i, name in enumerate(names)
    )


def _short(name: str) -> str:
    return name if len(name) <= 22 else name[:21] + "…"


def _paths(
    values: npt.NDArray[np.float64], left: float, top: float, size: float
) -> list[tuple[str, str]]:
    """Return colour and path of the cells of each shade."""
    shade = _shade(values)
    side = f"{size - 1:g}"
    found = []
    for k in np.unique(shade[shade >= -1]):
        places = np.argwhere(shade == k)
        squares = "".join(
            f"M{left + x * size:g} {top + y * size:g}h{side}v{side}h-{side}z"
            for y, x in places.tolist()
        )
        found.append((SHADES[k] if k >= 0 else BELOW, squares))
    return found


def _shade(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the place in `SHADES`, -1 below 0, -2 for no value."""
    known = np.isfinite(values)
    steps = np.floor(np.where(known, values, 0) * len(SHADES)).clip(-1, len(SHADES) - 1)
    return np.where(known, steps, -2).astype(np.int64)


def _numbers(
    values: npt.NDArray[np.float64], left: float, top: float, size: float
) -> list[Cell]:
    shade = _shade(values)
    return [
        Cell(
            round(left + (x + 0.5) * size - 0.5, 1),
            round(top + (y + 0.5) * size + 3.5, 1),
            _two_digits(float(values[y, x])),
            bool(shade[y, x] >= 5),
        )
        for y, x in np.argwhere(np.isfinite(values)).tolist()
    ]


def _two_digits(value: float) -> str:
    """Write .87 for 0.87, and nothing for what rounds to 0."""
    text = f"{value:.2f}".replace("-", "−")
    return "" if text in ("0.00", "−0.00") else text.replace("0.", ".", 1)
