"""The table of a dataset as a figure: images, nuclei, nuclei an image, and sizes by condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from nuclarium.report.figures import Rgb
from nuclarium.report.lettering import SCALE, SIZE, TEXT, font, write
from nuclarium.report.numbers import count_text, number_text

Floats = npt.NDArray[np.float64]
_PANEL_WIDTH, _PANEL_HEIGHT = 340, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 44, 46
_QUIET, _LINE = (91, 102, 112), (223, 226, 224)
_BAR, _DARK = (127, 181, 181), (11, 110, 117)
_LEAST_ROOM = 46


@dataclass(frozen=True)
class FigureRow:
    """What is drawn of one condition.

    Parameters
    ----------
    name : str
    n_images : int
    counts, areas : ndarray of float64
        Nuclei of each image, and sizes of nuclei.
    """

    name: str
    n_images: int
    counts: Floats
    areas: Floats


def dataset_figure(rows: Sequence[FigureRow], *, title: str, area_unit: str) -> Rgb:
    """Draw four panels: images, nuclei, nuclei an image, and area of a nucleus, by condition.

    Where no nucleus has an area, as in a dataset without pixels, the last panel is left out.

    Bars are counts. Boxes reach from the lower to the upper quartile, with the median as a line and
    the mean as a dot; whiskers reach to the last value within 1.5 times the box, and values beyond
    are not drawn.

    Parameters
    ----------
    rows : sequence of FigureRow
        At least one.
    title, area_unit : str

    Returns
    -------
    picture : ndarray of uint8, shape (H, W, 3)
        Ready for print at 300 dpi: two panels beside each other, about 11 cm wide
        for up to five conditions.
    """
    room = max(_PANEL_WIDTH, _LEFT + _RIGHT + _LEAST_ROOM * len(rows))
    width, height = 2 * room, 2 * _PANEL_HEIGHT + 30
    picture = Image.new("RGB", (width * SCALE, height * SCALE), "white")
    draw = ImageDraw.Draw(picture)
    write(draw, (12, 8), title, size=15)
    names = [row.name for row in rows]
    panels: list[Callable[[_Panel], None]] = [
        lambda panel: panel.bars([float(row.n_images) for row in rows]),
        lambda panel: panel.bars([float(row.counts.sum()) for row in rows]),
        lambda panel: panel.boxes([row.counts for row in rows]),
        lambda panel: panel.boxes([row.areas for row in rows]),
    ]
    titles = ["Images", "Nuclei", "Nuclei an image", f"Area of a nucleus ({area_unit})"]
    shown = 4 if any(len(row.areas) for row in rows) else 3
    for number, (fill, text) in enumerate(zip(panels[:shown], titles, strict=False)):
        corner = (number % 2 * room, 30 + number // 2 * _PANEL_HEIGHT)
        fill(_Panel(draw, corner, text, names, room))
    return np.asarray(picture, np.uint8)


@dataclass(frozen=True)
class _Panel:
    """One set of axes, with a place for each name."""

    draw: ImageDraw.ImageDraw
    corner: tuple[int, int]
    title: str
    names: Sequence[str]
    width: int

    def bars(self, values: Sequence[float]) -> None:
        """Draw one bar a name, with its count above it."""
        place = self._axes(max(values, default=1.0) * 1.08)
        for number, value in enumerate(values):
            x, half = self._middle(number)
            self._rectangle(x - half, place(value), x + half, place(0), _BAR)
            write(self.draw, (x, place(value) - 4), count_text(int(value)), anchor="mb", size=11)

    def boxes(self, groups: Sequence[Floats]) -> None:
        """Draw one box a name; nothing where there are no values."""
        reach = [_whiskers(values) for values in groups]
        place = self._axes(
            max(
                (max(r[1], v.mean()) for r, v in zip(reach, groups, strict=True) if len(v)),
                default=1.0,
            )
        )
        for number, (values, (low, high)) in enumerate(zip(groups, reach, strict=True)):
            if not len(values):
                continue
            x, half = self._middle(number)
            q1, median, q3 = np.percentile(values, [25, 50, 75])
            for end, quartile in ((low, q1), (high, q3)):
                self._rectangle(
                    x - 0.5, place(max(end, quartile)), x + 0.5, place(min(end, quartile)), _QUIET
                )
                self._rectangle(
                    x - half / 2, place(end) - 0.5, x + half / 2, place(end) + 0.5, _QUIET
                )
            self._rectangle(x - half, place(q3), x + half, place(q1), _BAR)
            self._rectangle(x - half, place(median) - 1, x + half, place(median) + 1, _DARK)
            y = place(float(values.mean()))
            self.draw.ellipse([(v) * SCALE for v in (x - 3, y - 3, x + 3, y + 3)], fill=TEXT)

    def _axes(self, high: float) -> Callable[[float], float]:
        """Draw title, grid and names; give the function from a value to its place."""
        left, top = self.corner
        base, ceiling = top + _PANEL_HEIGHT - _BOTTOM, top + _TOP
        write(self.draw, (left + 12, top + 10), self.title, size=13)
        step = _step(high)
        high = max(high, step)

        def place(value: float) -> float:
            return base - (base - ceiling) * value / high

        for mark in np.arange(0, high * 1.0001, step).tolist():
            y = place(mark)
            self._rectangle(left + _LEFT, y - 0.5, left + self.width - _RIGHT, y + 0.5, _LINE)
            write(self.draw, (left + _LEFT - 6, y), number_text(mark), anchor="rm", colour=_QUIET)
        for number, name in enumerate(self.names):
            room = (self.width - _LEFT - _RIGHT) / max(1, len(self.names))
            text = _fitted(name, room - 4)
            x, _ = self._middle(number)
            write(self.draw, (x, base + 8), text, anchor="mt", colour=_QUIET)
        return place

    def _middle(self, number: int) -> tuple[float, float]:
        """Middle of a name's place, and half the width of what is drawn there."""
        room = (self.width - _LEFT - _RIGHT) / max(1, len(self.names))
        return self.corner[0] + _LEFT + room * (number + 0.5), min(22.0, room * 0.32)

    def _rectangle(
        self, x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]
    ) -> None:
        self.draw.rectangle([v * SCALE for v in (x0, y0, x1, y1)], fill=colour)


def _whiskers(values: Floats) -> tuple[float, float]:
    """Last values within 1.5 times the box from its ends."""
    if not len(values):
        return 0.0, 0.0
    q1, q3 = np.percentile(values, [25, 75])
    near = values[(values >= q1 - 1.5 * (q3 - q1)) & (values <= q3 + 1.5 * (q3 - q1))]
    return float(near.min()), float(near.max())


def _step(high: float) -> float:
    """Round distance of marks, five at most."""
    powers = (s * 10.0**p for p in range(-3, 12) for s in (1, 2, 5))
    return next(step for step in powers if step * 5 >= high)


def _fitted(text: str, room: float) -> str:
    """Cut a name to the room that it has."""
    letters = font(SIZE * SCALE)
    while len(text) > 2 and letters.getlength(text) > room * SCALE:
        text = text[:-2] + "…"
    return text
