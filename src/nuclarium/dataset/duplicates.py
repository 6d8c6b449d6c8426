"""Images that show the same: pixel for pixel, or after changes that people and programs make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from nuclarium.dataset.look import (
    Floats,
    Look,
    cropped_waves,
    grey_of,
    turned,
    turned_waves,
    without_ground,
)
from nuclarium.dataset.pixels import Pixels

CANDIDATE = 0.65
SIMILAR = 0.8
SAME = 0.85
_BLOCK = 1024
_CROP = 0.08
_MIDDLE = 0.8
_SCALES = (1.0, 0.95, 0.9)
_FINE_SIDE = 256
_FINE_SIGMA = 16.0
_SURE = 0.95
_TURNS = (
    "",
    "mirrored top to bottom",
    "mirrored left to right",
    "turned by 180°",
    "mirrored across its diagonal",
    "turned by 90°",
    "turned by 270°",
    "mirrored across its other diagonal",
)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two images that show the same.

    Parameters
    ----------
    first, second : int
        Positions in the sequence that was searched; `first` is smaller.
    similarity : float
        Correlation of their detail where they overlap, at most 1.
    how : str
        ``the same pixels``, or how the second differs, such as ``mirrored left to right``.
    """

    first: int
    second: int
    similarity: float
    how: str


def exact_duplicates(hashes: Sequence[str]) -> list[Duplicate]:
    """Find items with the same hash: each further one is paired with the first.

    Examples
    --------
    >>> exact_duplicates(["a", "b", "a"])
    [Duplicate(first=0, second=2, similarity=1.0, how='the same pixels')]
    """
    first: dict[str, int] = {}
    found: list[Duplicate] = []
    for place, value in enumerate(hashes):
        if first.setdefault(value, place) != place:
            found.append(Duplicate(first[value], place, 1.0, "the same pixels"))
    return found


def near_duplicates(
    looks: Sequence[Look],
    read: Callable[[int], Pixels],
    *,
    skip: frozenset[tuple[int, int]] = frozenset(),
    advance: Callable[[int], None] = lambda images: None,
) -> list[Duplicate]:
    """Find images that show the same field, up to the changes listed here.

    Found are other brightness, contrast, bit depth, moderate noise and compression, mirroring and
    turns by 90°, and crops or shifts by up to about a tenth of a side. Candidates come from one
    product of matrices of cosine waves, so no two images are compared that are nothing alike; each
    is checked on its small picture, and those that pass on pictures of 256 px, which alone are read
    again. Flat images are like no other.

    Parameters
    ----------
    looks : sequence of Look
        Of all images.
    read : callable
        Gives the pixels of an image by its position.
    skip : frozenset of (int, int)
        Pairs that are known already.
    advance : callable
        Called with the number of images whose candidates are sought.

    Returns
    -------
    found : list of Duplicate
        By position; as many as join each group of images that show the same, not all its pairs.
    """
    candidates: dict[tuple[int, int], set[int]] = defaultdict(set)
    for first, second, turn in _candidates(looks, advance):
        pair = (min(first, second), max(first, second))
        candidates[pair].add(turn if first < second else _INVERSE[turn])
    return list(_confirmed(looks, read, candidates, skip))


def _confirmed(
    looks: Sequence[Look],
    read: Callable[[int], Pixels],
    candidates: Mapping[tuple[int, int], set[int]],
    skip: frozenset[tuple[int, int]],
) -> Iterator[Duplicate]:
    """Yield the candidates that hold, but for those whose group is known by then."""
    groups = Groups(len(looks))
    for first, second in skip:
        groups.join(first, second)
    for (first, second), turns in sorted(candidates.items()):
        if groups.root(first) == groups.root(second):
            continue
        alike = [(_likeness(looks[first], looks[second], turn), turn) for turn in sorted(turns)]
        best, turn = max(alike)
        if best >= SIMILAR:
            similarity = _fine(read(first), read(second), turn)
            if similarity >= SAME:
                groups.join(first, second)
                how = _how(looks[first], looks[second], turn)
                yield Duplicate(first, second, round(similarity, 3), how)


_INVERSE = (0, 1, 2, 3, 4, 6, 5, 7)
"""Turn that undoes a turn."""


def _candidates(
    looks: Sequence[Look], advance: Callable[[int], None]
) -> Iterator[tuple[int, int, int]]:
    """Yield (i, j, turn): image j, turned, has nearly the waves of i, or of a crop of i."""
    if not looks:
        return
    waves = np.stack([look.waves for look in looks])
    whole = [turned_waves(waves, turn).reshape(len(waves), -1) for turn in range(8)]
    for begin in range(0, len(looks), _BLOCK):
        block = whole[0][begin : begin + _BLOCK]
        for turn, other in enumerate(whole):
            for i, j in _above(block, other[begin:]):
                if i != j:
                    yield begin + i, begin + j, turn
        crops = [cropped_waves(look.small, _CROP) for look in looks[begin : begin + _BLOCK]]
        for place in range(5):
            cropped = np.stack([crop[place].ravel() for crop in crops])
            for i, j in _above(cropped, whole[0]):
                if begin + i != j:
                    yield begin + i, j, 0
        advance(len(block))


def _above(some: Floats, others: Floats) -> Iterator[tuple[int, int]]:
    rows, columns = np.nonzero(some @ others.T >= CANDIDATE)
    yield from zip(rows.tolist(), columns.tolist(), strict=True)


def _likeness(first: Look, second: Look, turn: int) -> float:
    """Correlation of two small pictures, wherever and at whatever scale they fit best."""
    size = (second.width, second.height) if turn & 4 else (second.height, second.width)
    ratio = size[0] / first.height, size[1] / first.width
    return _best_fit(first.small, turned(second.small, turn), ratio, SIMILAR)


def _best_fit(a: Floats, b: Floats, ratio: tuple[float, float], enough: float) -> float:
    """Fit the middle of each picture into the other, until one fits well enough.

    Parameters
    ----------
    ratio : (y, x)
        Size of the second image by that of the first; where a crop cannot explain it, the image
        must have been resized.
    """
    is_crop = ratio != (1.0, 1.0) and all(0.7 < side < 1.4 for side in ratio)
    best = -1.0
    for scale in (1.0,) if is_crop else _SCALES:
        y, x = ratio if is_crop else (scale, scale)
        for plane, other, size in ((a, b, (y, x)), (b, a, (1 / y, 1 / x))):
            best = max(best, _fitted(plane, other, size if is_crop else (scale, scale)))
            if best >= enough:
                return best
    return best


def _fitted(plane: Floats, other: Floats, ratio: tuple[float, float]) -> float:
    """Best correlation of the middle of `other`, scaled by `ratio`, anywhere in `plane`."""
    size = tuple(round(side * length) for side, length in zip(ratio, other.shape, strict=True))
    scaled = cv2.resize(other, size[::-1], interpolation=cv2.INTER_AREA)
    cut = [max(round(length * (1 - _MIDDLE) / 2), 0) for length in size]
    part = scaled[cut[0] : size[0] - cut[0], cut[1] : size[1] - cut[1]]
    if part.shape[0] > plane.shape[0] or part.shape[1] > plane.shape[1]:
        return -1.0
    if float(part.std()) == 0 or float(plane.std()) == 0:
        return -1.0
    found = cv2.matchTemplate(plane, np.ascontiguousarray(part), cv2.TM_CCOEFF_NORMED)
    return float(np.nan_to_num(found, nan=-1.0, posinf=-1.0, neginf=-1.0).max())


def _fine(first: Pixels, second: Pixels, turn: int) -> float:
    """As `_likeness`, of pictures with a side of 256 px."""
    a, b = grey_of(first), turned(grey_of(second), turn)
    ratio = b.shape[0] / a.shape[0], b.shape[1] / a.shape[1]
    small = [_small(picture) for picture in (a, b)]
    return _best_fit(small[0], small[1], ratio, _SURE)


def _small(grey: Floats) -> Floats:
    """Squeeze a picture into a square of 256 px, and take its uneven light away."""
    size = (_FINE_SIDE, _FINE_SIDE)
    return without_ground(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), _FINE_SIGMA)


def _how(first: Look, second: Look, turn: int) -> str:
    """Say what differs between two images of the same."""
    said = [_TURNS[turn]] if turn else []
    size = (second.width, second.height) if turn & 4 else (second.height, second.width)
    if size != (first.height, first.width):
        said.append("cropped or resized")
    spread = [float(np.ptp(look.levels)) for look in (first, second)]
    if min(spread) > 0 and not 0.9 < spread[1] / spread[0] < 1.1:
        said.append("brighter" if spread[1] > spread[0] else "darker")
    return ", ".join(said) or "nearly the same pixels"


class Groups:
    """Positions joined pair by pair."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, place: int) -> int:
        """Return the first member of the group of a position."""
        parent = self._parent
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    def join(self, first: int, second: int) -> None:
        """Make one group of the groups of two positions."""
        a, b = sorted((self.root(first), self.root(second)))
        self._parent[b] = a


__all__ = ["Duplicate", "Groups", "exact_duplicates", "near_duplicates"]
