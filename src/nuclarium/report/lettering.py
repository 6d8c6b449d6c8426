"""Letters in pictures: the font that Pillow brings has few beyond ASCII."""

from __future__ import annotations

import unicodedata

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

SCALE = 2
"""Pixels a unit of figures that are drawn for print."""
TEXT = (29, 35, 40)
SIZE = 12

_WORDS = {"µm²": "square micrometres", "μm²": "square micrometres", "µm": "micrometres"}
_ALIKE = str.maketrans(
    {"µ": "u", "μ": "u", "²": "2", "³": "3", "×": "x", "–": "-", "−": "-", "≥": ">=", "≤": "<="}
)


def font(size: float) -> Font:
    """Return the font of all pictures in a size in pixels."""
    return ImageFont.load_default(size)


def drawable(text: str) -> str:
    """Return a text in letters that the font has: units as words, accents left out.

    Examples
    --------
    >>> drawable("Area (µm²), 3 × 3, Müller")
    'Area (square micrometres), 3 x 3, Muller'
    """
    for unit, words in _WORDS.items():
        text = text.replace(unit, words)
    apart = unicodedata.normalize("NFKD", text.translate(_ALIKE))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    *,
    anchor: str = "la",
    size: int = SIZE,
    colour: tuple[int, int, int] = TEXT,
) -> None:
    """Write a text in a figure for print; place and size are in its units, `SCALE` pixels each."""
    at = (place[0] * SCALE, place[1] * SCALE)
    draw.text(at, drawable(text), fill=colour, anchor=anchor, font=font(size * SCALE))
