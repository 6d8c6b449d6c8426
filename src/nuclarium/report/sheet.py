"""A sheet of pictures with words beside and above: one PNG to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from PIL import ImageDraw

from nuclarium.report.figures import Rgb, fitted
from nuclarium.report.lettering import Font, drawable, font

_GAP = 6
_MARGIN = 12
_TEXT = 15
_INK = (26, 30, 36)
_PALE = (98, 106, 118)
_PAPER = (255, 255, 255)


@dataclass(frozen=True)
class Row:
    """Pictures side by side.

    Parameters
    ----------
    title : str
        Said above the row.
    pictures : sequence of ndarray of uint8, shape (H, W, 3)
    captions : sequence of str
        Under each picture; fewer than pictures where the rest has none.
    """

    title: str
    pictures: Sequence[Rgb]
    captions: Sequence[str] = ()


def sheet(rows: Sequence[Row], *, title: str, note: str = "", side: int = 200) -> Rgb:
    """Lay out rows of pictures on white.

    Parameters
    ----------
    rows : sequence of Row
    title, note : str
        Above everything: what it is, and what to know of it.
    side : int
        Longest side of a picture in pixels; small ones are enlarged by whole pixels.

    Returns
    -------
    picture : ndarray of uint8, shape (H, W, 3)
    """
    columns = max((len(row.pictures) for row in rows), default=1)
    title, note = drawable(title), drawable(note)
    large, small = font(18), font(_TEXT - 1)
    words = max(large.getlength(title), small.getlength(note))
    width = max(2 * _MARGIN + max(columns * (side + _GAP), math.ceil(words)), 520)
    heights = [_height(row, side) for row in rows]
    head = _MARGIN + 24 + (22 if note else 0)
    canvas = PillowImage.new("RGB", (width, head + sum(heights) + _MARGIN), _PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((_MARGIN, _MARGIN), title, _INK, large)
    if note:
        draw.text((_MARGIN, _MARGIN + 24), note, _PALE, small)
    y = head
    for row, height in zip(rows, heights, strict=True):
        _draw_row(canvas, draw, row, y, side)
        y += height
    return np.asarray(canvas)


def _height(row: Row, side: int) -> int:
    tallest = max((_shown(picture, side).shape[0] for picture in row.pictures), default=0)
    return 26 * bool(row.title) + tallest + (22 if row.captions else 0) + 2 * _GAP


def _draw_row(
    canvas: PillowImage.Image, draw: ImageDraw.ImageDraw, row: Row, y: int, side: int
) -> None:
    if row.title:
        draw.text((_MARGIN, y + 4), drawable(row.title), _INK, font(_TEXT))
        y += 26
    tallest = max((_shown(picture, side).shape[0] for picture in row.pictures), default=0)
    for column, picture in enumerate(row.pictures):
        x = _MARGIN + column * (side + _GAP)
        canvas.paste(PillowImage.fromarray(_shown(picture, side)), (x, y))
        if column < len(row.captions):
            letters = font(_TEXT - 2)
            caption = _cut(drawable(row.captions[column]), letters, side)
            draw.text((x, y + tallest + 3), caption, _PALE, letters)


def _shown(picture: Rgb, side: int) -> Rgb:
    """Bring a picture to the side of the sheet: reduced by means, enlarged by nearest pixels."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = fitted((height, width), side)
    if scale > 1:
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
    how = PillowImage.Resampling.NEAREST if scale > 1 else PillowImage.Resampling.BOX
    shown: npt.NDArray[np.uint8] = np.asarray(
        PillowImage.fromarray(picture).resize(size[::-1], how)
    )
    return shown


def _cut(text: str, letters: Font, width: int) -> str:
    if letters.getlength(text) <= width:
        return text
    while text and letters.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
