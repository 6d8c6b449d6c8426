"""Patches that show the same place of the same plane, or of a plane next to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nuclarium.dataset.item import Item

NEAR_PLANES = 2
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two patches of one source whose windows meet.

    Parameters
    ----------
    first, second : int
        Positions in the sequence that was searched; `first` is smaller.
    share : float
        Part of the smaller window that both show, above 0 and at most 1.
    planes_apart : int
        0 where they are of the same plane.
    """

    first: int
    second: int
    share: float
    planes_apart: int


def overlapping(items: Sequence[Item], *, near_planes: int = NEAR_PLANES) -> list[Overlap]:
    """Find patches of one file and channel whose windows overlap, in the same or a near plane.

    Sources are told apart by the hash of their file, or by its name where there is no hash. Items
    without a source are alone. An item without a plane is of the same plane as all of its source.

    Parameters
    ----------
    items : sequence of Item
    near_planes : int
        Planes up to this many steps apart count: a nucleus reaches over several.

    Returns
    -------
    found : list of Overlap
        By position.
    """
    sources: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        source = item.source_sha256 or item.source
        if source:
            sources[source, item.channel].append(place)
    found = [
        overlap
        for members in sources.values()
        if len(members) > 1
        for overlap in _within(items, members, near_planes)
    ]
    return sorted(found, key=lambda overlap: (overlap.first, overlap.second))


def _within(items: Sequence[Item], members: Sequence[int], near_planes: int) -> Iterator[Overlap]:
    boxes = np.array([_corners(items[i]) for i in members], np.int64)
    planes = np.array([-1 if (z := items[i].z) is None else z for i in members], np.int64)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    everyone = np.arange(len(members))
    for begin in range(0, len(members), _BLOCK):
        some = slice(begin, begin + _BLOCK)
        low = np.maximum(boxes[some, None, :2], boxes[None, :, :2])
        high = np.minimum(boxes[some, None, 2:], boxes[None, :, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=2)
        apart = np.abs(planes[some, None] - planes[None, :])
        apart[(planes[some, None] < 0) | (planes[None, :] < 0)] = 0
        later = everyone[None, :] > everyone[some, None]
        for i, j in np.argwhere((shared > 0) & (apart <= near_planes) & later).tolist():
            first, second = sorted((members[begin + i], members[j]))
            share = float(shared[i, j] / min(area[begin + i], area[j]))
            yield Overlap(first, second, round(share, 3), int(apart[i, j]))


def _corners(item: Item) -> tuple[int, int, int, int]:
    return item.y0, item.x0, item.y0 + item.height, item.x0 + item.width
