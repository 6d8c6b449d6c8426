"""Cards of disputed items: what raters said, and where there are pixels, what they drew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.report.figures import display_rgb, encode, resized
from nuclarium.report.numbers import number_text
from nuclarium.report.palette import CATEGORIES, NOTHING, OTHER, category_colour

SIDE = 240
_UNITS = 10
_DASHES = ("", "5 3", "1.5 3", "8 3 2 3")
_COLOURS = len(CATEGORIES)
_NOTHING = "undetected"


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
class Look:
    """Colour and dashes of a label."""

    colour: str
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A mark as SVG, how wide it is drawn, and who drew it."""

    path: str
    look: Look
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A label in the bar of answers, with its raters."""

    label: str
    count: int
    width: float
    look: Look
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
    strokes: tuple[Stroke, ...] = ()

    @property
    def frame(self) -> str:
        """Box of the strokes."""
        return f"0 0 {self.width * _UNITS} {self.height * _UNITS}"


def label_looks(items: Sequence[DisputedItem]) -> dict[str, Look]:
    """Give each label its look: the most frequent get colours, ``undetected`` and rest greys."""
    counts: Counter[str] = Counter()
    for item in items:
        counts.update({label: len(raters) for label, raters in item.said.items()})
    named = [label for label, _ in counts.most_common() if label not in ("", _NOTHING)]
    looks = {label: Look(category_colour(i), "") for i, label in enumerate(named[:_COLOURS])}
    for i, label in enumerate(named[_COLOURS:]):
        looks[label] = Look(OTHER, _DASHES[i % len(_DASHES)])
    return looks | {_NOTHING: Look(NOTHING)}


def disputed_card(item: DisputedItem, looks: Mapping[str, Look]) -> DisputedCard:
    """Lay out a card; `looks` are those of `label_looks`."""
    total = sum(len(raters) for raters in item.said.values())
    shares = tuple(
        Share(
            label,
            len(raters),
            100 * len(raters) / max(total, 1),
            looks.get(label, Look(OTHER)),
            ", ".join(raters),
        )
        for label, raters in item.said.items()
    )
    card = DisputedCard(item.item, _text(item), shares)
    if item.crop is None or 0 in item.crop.shape:
        return card
    shown = display_rgb(np.asarray(item.crop))
    zoom = max(1, round(SIDE / max(shown.shape[:2])))
    picture = resized(shown, (shown.shape[0] * zoom, shown.shape[1] * zoom))
    height, width = picture.shape[:2]
    return replace(
        card,
        picture=encode(picture, ".webp", quality=80),
        width=width,
        height=height,
        strokes=tuple(_strokes(item.drawn, zoom, looks)),
    )


def _text(item: DisputedItem) -> str:
    if not item.label:
        return "Nobody answered"
    return f"Most likely {item.label}, {number_text(100 * item.confidence)} % sure"


def _strokes(
    drawn: Sequence[Drawn], zoom: int, looks: Mapping[str, Look]
) -> Iterator[Stroke]:
    """Yield marks; of equal ones, one a label, the first widest, so that all colours are seen."""
    found: dict[str, dict[str, list[str]]] = {}
    for mark in drawn:
        labels = found.setdefault(_path(mark.corners * zoom), {})
        labels.setdefault(mark.label, []).append(mark.rater)
    for path, labels in found.items():
        for place, (label, raters) in enumerate(labels.items()):
            width = 1.8 + 2.6 * (len(labels) - 1 - place)
            text = f"{label or 'no class'}: {', '.join(raters)}"
            yield Stroke(path, looks.get(label, Look(OTHER)), round(width, 1), text)


def _path(corners: npt.NDArray[np.float64]) -> str:
    """Path of a polygon, or a small cross for a point."""
    points = np.rint(corners[:, ::-1] * _UNITS).astype(np.int64)
    if len(points) == 1:
        (x, y), arm = points[0].tolist(), 5 * _UNITS
        return f"M{x - arm} {y}h{2 * arm}M{x} {y - arm}v{2 * arm}"
    joined = "L".join(f"{x} {y}" for x, y in points.tolist())
    return f"M{joined}z"
