"""Numbers of nuclei by class as lying bars in the colours of the classes, one panel a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from nuclarium.report.figures import Rgb
from nuclarium.report.lettering import SCALE, SIZE, TEXT, drawable, font, write
from nuclarium.report.numbers import count_text

_ROW, _HEAD, _FOOT = 22, 40, 14
_MARGIN, _GAP = 12, 8
_QUIET = (91, 102, 112)
_BAR = 14


@dataclass(frozen=True)
class ClassBar:
    """One class: its name, how many nuclei are of it, and its colour."""

    name: str
    count: int
    colour: tuple[int, int, int]


def class_figure(panels: Mapping[str, Sequence[ClassBar]], *, width: int) -> Rgb:
    """Draw one panel for each level, in two columns.

    The longest bar of a panel is its largest class, and the others are in proportion; counts and
    shares of all nuclei are written out, so that rare classes can be read.

    Parameters
    ----------
    panels : dict of str to sequence of ClassBar
        By their titles, such as the name of the level; at least one.
    width : int
        Of the picture in pixels, as wide as the figure that it stands below.

    Returns
    -------
    picture : ndarray of uint8, shape (H, width, 3)
    """
    columns = 1 if len(panels) == 1 else 2
    ends = [0.0] * columns
    corners = []
    for bars in panels.values():
        column = ends.index(min(ends))
        corners.append((column, ends[column]))
        ends[column] += _HEAD + _ROW * len(bars) + _FOOT
    picture = Image.new("RGB", (width, round(max(ends) * SCALE)), "white")
    draw = ImageDraw.Draw(picture)
    room = width / SCALE / columns
    for (column, top), (title, bars) in zip(corners, panels.items(), strict=True):
        _panel(draw, (column * room, top), room, title, bars)
    return np.asarray(picture, np.uint8)


def _panel(
    draw: ImageDraw.ImageDraw,
    corner: tuple[float, float],
    room: float,
    title: str,
    bars: Sequence[ClassBar],
) -> None:
    left, top = corner
    write(draw, (left + _MARGIN, top + 10), title, size=13)
    total = max(1, sum(bar.count for bar in bars))
    largest = max([1, *(bar.count for bar in bars)])
    texts = [_text(bar.count, total) for bar in bars]
    names = max((_length(bar.name) for bar in bars), default=0.0)
    start = left + _MARGIN + names + _GAP
    longest = left + room - _MARGIN - start - _GAP - max(map(_length, texts), default=0.0)
    for row, (bar, text) in enumerate(zip(bars, texts, strict=True)):
        y = top + _HEAD + _ROW * (row + 0.5)
        end = start + max(1.0, max(20.0, longest) * bar.count / largest if bar.count else 0.0)
        write(draw, (start - _GAP, y), bar.name, anchor="rm", colour=TEXT)
        box = [v * SCALE for v in (start, y - _BAR / 2, end, y + _BAR / 2)]
        if bar.count:
            draw.rectangle(box, fill=bar.colour)
        write(draw, (end + _GAP, y), text, anchor="lm", colour=_QUIET)


def _text(count: int, total: int) -> str:
    if not count:
        return "0"
    share = count / total
    return f"{count_text(count)} ({f'{share:.1%}' if share >= 0.0005 else '< 0.1%'})"


def _length(text: str) -> float:
    return float(font(SIZE * SCALE).getlength(drawable(text))) / SCALE
