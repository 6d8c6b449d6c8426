"""Cards of disputed items: what raters said, and where there are pixels, what they drew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.report.figures import display_rgb, encode, is_bright, resized
from nuclarium.report.numbers import number_text
from nuclarium.report.palette import OTHER, category_colour

SIDE = 240
_UNITS = 10
_DASHES = ("", "5 3", "1.5 3", "8 3 2 3")


@dataclass(frozen=True)
class Drawn:
    """What one rater drew: box, outline or point.

    Parameters
    ----------
    rater, label : str
    corners : ndarray of float64, shape (k, 2)
        ``(y, x)`` in pixels of the crop; one corner is a point.
    """

    rater: str
    label: str
    corners: npt.NDArray[np.float64]


@dataclass(frozen=True)
class DisputedItem:
    """An item that raters do not agree on.

    Parameters
    ----------
    item : str
    label : str
        Inferred truth.
    confidence : float
    said : dict of str to sequence of str
        Label → raters who gave it, most first.
    crop : ndarray, shape (H, W) or (H, W, 3), or None
        Pixels around it.
    drawn : tuple of Drawn
        On the crop.
    """

    item: str
    label: str
    confidence: float
    said: Mapping[str, Sequence[str]]
    crop: npt.NDArray[Any] | None = None
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True, slots=True)
class Stroke:
    """A mark as SVG: path, colour and dashes of its label, and who drew it."""

    path: str
    colour: str
    dash: str
    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A label in the bar of answers, with its raters."""

    label: str
    count: int
    start: float
    width: float
    colour: str
    dash: str
    raters: str


@dataclass(frozen=True)
class DisputedCard:
    """A card, ready to be drawn."""

    item: str
    text: str
    shares: tuple[Share, ...]
    picture: bytes = b""
    width: int = 0
    height: int = 0
    is_bright: bool = False
    strokes: tuple[Stroke, ...] = ()

    @property
    def frame(self) -> str:
        """Box of the strokes."""
        return f"0 0 {self.width * _UNITS} {self.height * _UNITS}"


def disputed_card(item: DisputedItem, labels: Sequence[str]) -> DisputedCard:
    """Lay out a card; `labels` gives each label its colour, the same on all cards."""
    total = sum(len(raters) for raters in item.said.values())
    shares, start = [], 0.0
    for label, raters in item.said.items():
        width = 100 * len(raters) / max(total, 1)
        look = _look(label, labels)
        shares.append(Share(label, len(raters), start, width, *look, ", ".join(raters)))
        start += width
    text = f"Most likely {item.label}, {number_text(100 * item.confidence)} % sure"
    card = DisputedCard(item.item, text, tuple(shares))
    if item.crop is None or 0 in item.crop.shape:
        return card
    return _with_picture(card, item, labels)


def _with_picture(card: DisputedCard, item: DisputedItem, labels: Sequence[str]) -> DisputedCard:
    shown = display_rgb(np.asarray(item.crop))
    zoom = max(1, round(SIDE / max(shown.shape[:2])))
    picture = resized(shown, (shown.shape[0] * zoom, shown.shape[1] * zoom))
    strokes = tuple(
        Stroke(_path(d.corners * zoom), *_look(d.label, labels), f"{d.rater}: {d.label or '–'}")
        for d in item.drawn
    )
    return DisputedCard(
        card.item,
        card.text,
        card.shares,
        encode(picture, ".webp", quality=80),
        picture.shape[1],
        picture.shape[0],
        is_bright(picture),
        strokes,
    )


def _look(label: str, labels: Sequence[str]) -> tuple[str, str]:
    """Colour and dashes of a label; dashes change when colours come round again."""
    if label not in labels:
        return OTHER, ""
    place = list(labels).index(label)
    return category_colour(place % 8), _DASHES[place // 8 % len(_DASHES)]


def _path(corners: npt.NDArray[np.float64]) -> str:
    """Path of a polygon, or a small cross for a point."""
    points = np.rint(corners[:, ::-1] * _UNITS).astype(np.int64)
    if len(points) == 1:
        (x, y), arm = points[0].tolist(), 5 * _UNITS
        return f"M{x - arm} {y}h{2 * arm}M{x} {y - arm}v{2 * arm}"
    joined = "L".join(f"{x} {y}" for x, y in points.tolist())
    return f"M{joined}z"
