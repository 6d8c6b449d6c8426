"""Trouble with the labels of one image: pieces, holes, cuts, and no match with the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.measure import label

from nuclarium.core.labels import Labels
from nuclarium.dataset.cuts import cut_nuclei
from nuclarium.dataset.look import turned
from nuclarium.dataset.pixels import Pixels

Ints = npt.NDArray[np.int64]
_FITS = 0.7
_FITS_BETTER = 0.15
_SAMPLE = 40_000
_SMALL_SIDE = 128


@dataclass(frozen=True)
class LabelTrouble:
    """What is odd in the labels of one image.

    Parameters
    ----------
    fragments : dict of int to list of int
        Label → sizes of its pieces in px, largest first, where there are several.
    holes : dict of int to int
        Label → px of background that it encloses.
    cuts : list of (int, int)
        Neighbours that look like one nucleus cut along a straight line.
    fit : float or None
        How well intensity tells nuclei from the ground, from 0.5 (not at all) to 1; None without
        nuclei or without ground.
    better_turn : int
        Turn of the labels after which they fit much better, as `look.turned` counts; 0 if none.
    labels, areas : ndarray of int64, shape (n,)
        The nuclei and their sizes in px.
    is_cut_off : ndarray of bool, shape (n,)
        Whether a nucleus touches the edge of the image.
    """

    fragments: dict[int, list[int]]
    holes: dict[int, int]
    cuts: list[tuple[int, int]]
    fit: float | None
    better_turn: int
    labels: Ints
    areas: Ints
    is_cut_off: npt.NDArray[np.bool_]


def inspect_labels(pixels: Pixels, labels: Labels) -> LabelTrouble:
    """Look for trouble in the labels of one image.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, 3)
    labels : ndarray of int32, shape (H, W)
    """
    numbers, areas = sizes_of(labels)
    fit, turn = _fit(pixels, labels) if len(numbers) else (None, 0)
    return LabelTrouble(
        fragments=_fragments(labels),
        holes=dict(_holes(labels)),
        cuts=list(cut_nuclei(labels)),
        fit=fit,
        better_turn=turn,
        labels=numbers,
        areas=areas,
        is_cut_off=touches_edge(labels, numbers),
    )


def sizes_of(labels: Labels) -> tuple[Ints, Ints]:
    """Return the labels that occur, ascending, and their sizes in px."""
    numbers, counts = np.unique(labels, return_counts=True)
    kept = numbers > 0
    return numbers[kept].astype(np.int64), counts[kept].astype(np.int64)


def touches_edge(labels: Labels, numbers: Ints) -> npt.NDArray[np.bool_]:
    """Whether each of some labels has a pixel in the first or last row or column."""
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.isin(numbers, edge)


def _fragments(labels: Labels) -> dict[int, list[int]]:
    """Labels of several pieces that do not even touch at a corner."""
    parts, first, counts = np.unique(
        label(labels, connectivity=2), return_index=True, return_counts=True
    )
    owners = labels.ravel()[first]
    sizes: dict[int, list[int]] = {}
    for part, owner, count in zip(parts.tolist(), owners.tolist(), counts.tolist(), strict=True):
        if part:
            sizes.setdefault(owner, []).append(count)
    return {n: sorted(found, reverse=True) for n, found in sizes.items() if len(found) > 1}


def _holes(labels: Labels) -> Iterator[tuple[int, int]]:
    """Yield the labels that enclose background alone, and how much."""
    ground, count = ndimage.label(labels == 0)
    if count < 2:
        return
    neighbours: dict[int, set[int]] = {}
    for a, b in ((ground[1:], labels[:-1]), (ground[:-1], labels[1:])):
        _note(neighbours, a, b)
    for a, b in ((ground[:, 1:], labels[:, :-1]), (ground[:, :-1], labels[:, 1:])):
        _note(neighbours, a, b)
    open_ones = set(np.concatenate([ground[0], ground[-1], ground[:, 0], ground[:, -1]]).tolist())
    sizes = np.bincount(ground.ravel())
    inside: dict[int, int] = {}
    for hole, around in neighbours.items():
        if hole not in open_ones and len(around) == 1:
            owner = next(iter(around))
            inside[owner] = inside.get(owner, 0) + int(sizes[hole])
    yield from sorted(inside.items())


def _note(neighbours: dict[int, set[int]], ground: npt.NDArray[Any], labels: Labels) -> None:
    """Remember which labels lie beside which part of the ground."""
    beside = (ground > 0) & (labels > 0)
    for hole, owner in np.unique(np.stack([ground[beside], labels[beside]]), axis=1).T.tolist():
        neighbours.setdefault(hole, set()).add(owner)


def _fit(pixels: Pixels, labels: Labels) -> tuple[float | None, int]:
    """How well intensity tells nuclei from the ground, and which turn of the labels is better."""
    mask = labels > 0
    if mask.all():
        return None, 0
    grey = pixels.astype(np.float32)
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    scale = min(1.0, _SMALL_SIDE / max(labels.shape))
    size = (max(1, round(labels.shape[1] * scale)), max(1, round(labels.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    within = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    ranks = _ranks(small.ravel())
    own = _separation(ranks, within >= 0.5)
    turns = [t for t in range(1, 8) if not t & 4 or labels.shape[0] == labels.shape[1]]
    others = [(_separation(ranks, turned(within, t) >= 0.5), t) for t in turns]
    best, turn = max(others, default=(0.0, 0))
    return own, turn if best > own + _FITS_BETTER and best > _FITS else 0


def _ranks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place], np.float64)


def _separation(ranks: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_]) -> float:
    """Area under the curve of intensity as a test for nuclei, whichever of them is brighter."""
    inside = int(mask.sum())
    outside = mask.size - inside
    if not inside or not outside:
        return 0.5
    below = float(ranks[mask.ravel()].sum()) - inside * (inside + 1) / 2
    area = below / (inside * outside)
    return max(area, 1 - area)
