"""Colours that people tell apart whatever their colour vision, for what has no order."""

from __future__ import annotations

CATEGORIES = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8c6d1f", "#6b4fa0",
)  # fmt: skip
"""After Okabe and Ito (2008), without yellow and black, which vanish on one ground or the other."""

OTHER = "#6d747a"
NOTHING = "#c3c8cb"
"""For answers that there is nothing."""

SHADES = (
    "#f1f6f5", "#d9e9e7", "#bddad8", "#9ec9c7", "#7fb5b5", "#5fa0a2", "#40898d", "#237177",
    "#0b5a61", "#053f45",
)  # fmt: skip
"""From little to much, even in lightness."""

BELOW = "#f3c9a5"
"""For values below the range of `SHADES`."""


def category_colour(place: int) -> str:
    """Return the colour of a category; those beyond the last share a grey."""
    return CATEGORIES[place] if 0 <= place < len(CATEGORIES) else OTHER
