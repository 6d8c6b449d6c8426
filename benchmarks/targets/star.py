"""Star-convex polygons: object probability and 32 distances to the outline, every second pixel.

References
----------
.. [1] U. Schmidt et al., 2018, doi:10.1007/978-3-030-00934-2_30
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from family import Family, Maps, Settings, settings_grid
from scipy.special import expit
from skimage.draw import polygon
from torch.nn import functional

from nuclarium.core.labels import Labels
from nuclarium.models.targets import foreground_and_distance

RAYS = 32
GRID = 2
_ANGLE = 2 * np.pi / RAYS
_UNIT_PX = 8.0
_LOG_RANGE = (-3.0, 4.0)
_POINTS = 64
"""Points of a polygon that are looked for in the others to tell how far they overlap."""


def targets(labels: Labels, largest: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Object probability, radius and rays, shape (34, H / 2, W / 2).

    The object probability is the normalised distance to the outline [1]_, the radius the largest
    distance in the nucleus. A ray that the patch cuts is negative: it is at least that long.
    """
    probability = foreground_and_distance(labels, largest)[1, ::GRID, ::GRID]
    radius = np.maximum(largest, 1.0)[labels[::GRID, ::GRID]]
    return np.concatenate([probability[None], radius[None], ray_lengths(labels)])


def ray_lengths(labels: Labels) -> npt.NDArray[np.float32]:
    """Way from every second pixel to the first one of another label, in 32 directions.

    Returns
    -------
    rays : ndarray of float32, shape (32, ceil(H / 2), ceil(W / 2))
        In pixels; ray `k` points to ``(sin, cos)(2 pi k / 32)`` in ``(y, x)``. Negative where it
        ends at the edge of the image.
    """
    small = tuple(-(-side // GRID) for side in labels.shape)
    rays = np.empty((RAYS, *small), np.float32)
    for upright in (True, False):
        plane = labels if upright else labels.T
        lines = _lines(plane.shape, upright)
        onward, back = _both_ways(np.append(plane.ravel(), np.int32(-1)), lines)
        for i, (along, k) in enumerate(lines.directions):
            step = np.float32(1 / abs(along))
            ahead, behind = (k, k + RAYS // 2) if along > 0 else (k + RAYS // 2, k)
            rays[ahead] = (onward[i] if upright else onward[i].T) * step
            rays[behind] = (back[i] if upright else back[i].T) * step
    return rays


@dataclass(frozen=True)
class _Lines:
    """Parallel lines down a plane in several directions, one a column.

    Parameters
    ----------
    directions : list of (float, int)
        Rows that a step of length 1 goes down, and the number of the ray or its opposite.
    pixel : shape (H, lines)
        Place of each line's pixel in the raveled plane; behind its end where there is none.
    place : shape (directions, ceil(H / 2), ceil(W / 2))
        Where every second pixel is found in `pixel`, raveled.
    row : shape (ceil(H / 2), 1)
        Row of those pixels.
    first, last : as `place`
        Rows at which the line of that pixel enters and leaves the plane.
    """

    directions: list[tuple[float, int]]
    pixel: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    row: npt.NDArray[np.int16]
    first: npt.NDArray[np.int16]
    last: npt.NDArray[np.int16]


@functools.lru_cache(maxsize=8)
def _lines(shape: tuple[int, int], upright: bool) -> _Lines:
    """Lines in the directions that go further down than sideways, or further sideways."""
    height, width = shape
    directions, pixels, places, firsts, lasts = [], [], [], [], []
    rows, begin = np.arange(height, dtype=np.int32)[:, None], 0
    for k in range(RAYS // 2):
        along, across = np.sin(k * _ANGLE), np.cos(k * _ANGLE)
        if (abs(along) >= abs(across)) != upright:
            continue
        along, across = (along, across) if upright else (across, along)
        shift = np.rint(across / along * rows).astype(np.int32)
        start = -int(shift.max())
        x = np.arange(start, width - int(shift.min()), dtype=np.int32)[None] + shift
        valid = (x >= 0) & (x < width)
        line = np.arange(0, width, GRID, dtype=np.int32)[None] - shift[::GRID] - start
        directions.append((float(along), k))
        pixels.append(np.where(valid, rows * width + x, height * width))
        places.append(begin + line)
        firsts.append(valid.argmax(axis=0)[line])
        lasts.append(height - 1 - valid[::-1].argmax(axis=0)[line])
        begin += x.shape[1]
    return _Lines(
        directions,
        pixel=np.concatenate(pixels, axis=1).astype(np.int32),
        place=(rows[::GRID] * begin + np.stack(places)).astype(np.int32),
        row=rows[::GRID].astype(np.int16),
        first=np.stack(firsts).astype(np.int16),
        last=np.stack(lasts).astype(np.int16),
    )


def _both_ways(
    plane: npt.NDArray[np.int32], lines: _Lines
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Rows to go down and up to the next label, negative where the plane ends before."""
    label = plane.take(lines.pixel, mode="clip")
    height = len(label)
    number = np.arange(height, dtype=np.int16)[:, None]
    change = label[1:] != label[:-1]
    following = np.full(label.shape, height - 1, np.int16)
    np.copyto(following[:-1], number[:-1], where=change)
    previous = np.zeros(label.shape, np.int16)
    np.multiply(number[1:], change, out=previous[1:])
    # Row by row: the ufuncs' own accumulation takes several times as long.
    for y in range(1, height):
        below = height - 1 - y
        np.minimum(following[below], following[below + 1], out=following[below])
        np.maximum(previous[y], previous[y - 1], out=previous[y])
    end, begin = following.take(lines.place), previous.take(lines.place)
    half = np.float32(0.5)
    down, up = (end - lines.row) + half, (lines.row - begin) + half
    np.negative(down, out=down, where=end == lines.last)
    np.negative(up, out=up, where=begin == lines.first)
    return down, up


def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the object probability, and error of the rays as part of the radius.

    The probability weighs the rays, as in the paper.
    """
    probability, radius, wanted = targets[:, 0], targets[:, 1:2], targets[:, 2:]
    small = functional.pixel_unshuffle(logits, GRID)
    rays = _UNIT_PX * small[:, 1 : RAYS + 1].clamp(*_LOG_RANGE).exp()
    error = torch.where(wanted > 0, (rays - wanted).abs(), (-wanted - rays).clamp(min=0.0))
    relative = (error / radius).mean(dim=1)
    weighted = (relative * probability).sum() / probability.sum().clamp(min=1.0)
    return functional.binary_cross_entropy_with_logits(small[:, 0], probability) + 2.0 * weighted


def maps(logits: npt.NDArray[np.float32], shape: tuple[int, int]) -> Maps:
    """Object probability and rays, shape (33, ceil(H / 2), ceil(W / 2))."""
    small = functional.pixel_unshuffle(torch.from_numpy(logits), GRID).numpy()
    small = small[: RAYS + 1, : -(-shape[0] // GRID), : -(-shape[1] // GRID)]
    rays = _UNIT_PX * np.exp(np.clip(small[1:], *_LOG_RANGE))
    return np.concatenate([expit(small[:1]), rays])


def perfect(labels: Labels, largest: npt.NDArray[np.float32]) -> Maps:
    wanted = targets(labels, largest)
    return np.concatenate([wanted[:1], np.abs(wanted[2:])])


def decode(maps: Maps, shape: tuple[int, int], settings: Settings) -> Labels:
    """Paint the polygons that remain when each suppresses the less probable ones it overlaps."""
    chosen = np.argwhere(maps[0] >= settings["object_threshold"])
    probability = maps[0][tuple(chosen.T)]
    order = np.argsort(-probability, kind="stable")
    centres = (GRID * chosen[order]).astype(np.float32)
    rays = np.ascontiguousarray(maps[1:, chosen[order, 0], chosen[order, 1]].T)
    areas = 0.5 * np.sin(_ANGLE) * (rays * np.roll(rays, -1, axis=1)).sum(axis=1)
    large = areas >= settings["min_area_px"]
    winners = _suppressed(centres[large], rays[large], areas[large], settings["overlap"])
    labels = np.zeros(shape, np.int32)
    for label, winner in reversed(list(enumerate(winners, start=1))):
        labels[polygon(*_corners(*winner), shape)] = label
    return _without_small(labels, settings["min_area_px"])


def _corners(centre: npt.NDArray[np.float32], rays: npt.NDArray[np.float32]) -> Maps:
    angles = _ANGLE * np.arange(RAYS)
    return centre[:, None] + rays * np.stack([np.sin(angles), np.cos(angles)])


def _suppressed(
    centres: npt.NDArray[np.float32],
    rays: npt.NDArray[np.float32],
    areas: npt.NDArray[np.float32],
    overlap: float,
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Centre and rays of the polygons that remain; they come in with falling probability."""
    reach = rays.max(axis=1)
    left = np.arange(len(centres))
    winners = []
    while len(left):
        best, left = left[0], left[1:]
        winners.append((centres[best], rays[best]))
        way = centres[left] - centres[best]
        near = np.flatnonzero((way**2).sum(axis=1) < (reach[left] + reach[best]) ** 2)
        rival = left[near]
        points = _points(centres[best], rays[best])
        shared = areas[best] * _share_inside(points, centres[rival], rays[rival])
        dropped = shared > overlap * np.minimum(areas[best], areas[rival])
        left = np.delete(left, near[dropped])
    return winners


def _points(
    centre: npt.NDArray[np.float32], rays: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Points that are spread evenly over a polygon, shape (n, 2)."""
    corners = _corners(centre, rays)
    step = max(1.0, float(np.sqrt(np.ptp(corners, axis=1).prod() / _POINTS)))
    low = corners.min(axis=1, keepdims=True)
    points = np.stack(polygon(*((corners - low) / step)), axis=1)
    return (points * step + low.T).astype(np.float32) if len(points) else centre[None]


def _share_inside(
    points: npt.NDArray[np.float32],
    centres: npt.NDArray[np.float32],
    rays: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Part of the points that each polygon holds, shape (polygons,)."""
    way = points[None] - centres[:, None]
    turn = np.arctan2(way[..., 0], way[..., 1]) / np.float32(_ANGLE) % RAYS
    ray = turn.astype(np.int32) % RAYS
    row = np.arange(len(rays), dtype=np.int32)[:, None] * RAYS
    a, b = rays.take(row + ray), rays.take(row + (ray + 1) % RAYS)
    rest = (turn - ray) * np.float32(_ANGLE)
    edge = a * b * np.float32(np.sin(_ANGLE)) / (a * np.sin(rest) + b * np.sin(_ANGLE - rest))
    return ((way**2).sum(axis=2) <= edge**2).mean(axis=1)


def _without_small(labels: Labels, min_area_px: float) -> Labels:
    keep = np.bincount(labels.ravel()) >= min_area_px
    keep[0] = False
    return (np.cumsum(keep) * keep).astype(np.int32)[labels]


FAMILY = Family(
    name="star",
    title="star-convex polygons",
    channels=-(-(RAYS + 1) // GRID**2),
    targets=targets,
    loss=loss,
    maps=maps,
    perfect=perfect,
    decode=decode,
    grid=settings_grid(object_threshold=(0.3, 0.4, 0.5, 0.6), overlap=(0.3, 0.4, 0.5)),
    ideal={"object_threshold": 0.4, "overlap": 0.4, "min_area_px": 1},
)
