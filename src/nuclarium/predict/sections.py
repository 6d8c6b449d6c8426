"""Sections of nuclei in neighbouring slices: which of two slices belong to one nucleus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.evaluate.matching import assign, overlap_table

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class JoinSpec:
    """When sections of two slices are one nucleus, and what of a nucleus is kept.

    The brightness of a section is that above the ground of its slice; parts of a maximum are parts
    of the brightest section of the nucleus.

    Parameters
    ----------
    min_iou : float
        IoU from which sections of neighbouring slices are linked.
    min_cap_iou, min_inside : float
        They are linked at this smaller IoU if so much of the smaller one lies in the larger: the
        cap of a nucleus is much smaller than the section next to it where slices are far apart.
    bright_waist, wide_waist : float
        A chain is cut where brightness, or area, falls below this part of the smaller of the maxima
        on both sides: one nucleus lies over another.
    core : float
        Sections of at least this part of the maximum, and what is between them, are the core.
    min_core_um : float
        Nuclei with a core of a smaller extent along z are left out.
    min_sections : int
        Nuclei with a core of fewer sections are left out; alone decides where the spacing is not
        known.
    dim_end : float
        Sections at the ends that are below this part of the maximum are left out: they are the
        nucleus' light out of focus.
    body : float
        Sections from this part of the maximum on keep the outline that the network found.
    edge : float
        The other sections keep the pixels of at least this part of the maximum.
    """

    min_iou: float = 0.5
    min_cap_iou: float = 0.25
    min_inside: float = 0.95
    bright_waist: float = 0.88
    wide_waist: float = 0.7
    core: float = 0.75
    min_core_um: float = 3.0
    min_sections: int = 2
    dim_end: float = 0.6
    body: float = 0.9
    edge: float = 0.6


@dataclass(frozen=True)
class Slice:
    """What joining knows of one slice.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        0 is background, ``1..n`` are sections of nuclei.
    area : ndarray of int64, shape (n,)
        Pixels of each section.
    brightness : ndarray of float64, shape (n,)
        Mean of its pixels above the ground of the slice.
    score : ndarray of float64, shape (n,)
        How sure the model was; nan for a section that a gap was filled with.
    ground : float
        Typical pixel outside nuclei.
    before : ndarray of int64, shape (n,)
        Index of the section of the slice before that belongs to the same nucleus; -1 without one.
    """

    labels: Labels
    area: Integers
    brightness: Floats
    score: Floats
    ground: float
    before: Integers


def slice_of(labels: Labels, pixels: npt.NDArray[Any], score: Floats) -> Slice:
    """Describe a slice that is not linked yet.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
    pixels : ndarray of int or float, shape (H, W)
        Nuclei are bright.
    score : ndarray of float64, shape (n,)
        n is the largest label.
    """
    outside = pixels[labels == 0]
    ground = float(np.median(outside if outside.size else pixels))
    area, brightness = _area_and_brightness(labels, pixels, len(score), ground)
    return Slice(labels, area, brightness, score, ground, np.full(len(score), -1))


def linked_slices(
    slices: Iterable[tuple[Slice, npt.NDArray[Any]]], spec: JoinSpec
) -> Iterator[Slice]:
    """Link each slice to the one before, and fill gaps of one slice; three are in memory.

    Where a nucleus is missed in one slice only, a section between its two neighbours is added.

    Parameters
    ----------
    slices : iterable of (slice, pixels)
        From the first on, as `slice_of` makes them, with the pixels.
    spec : JoinSpec

    Yields
    ------
    slice : Slice
        In the same order, with `before`.
    """
    earlier: Slice | None = None
    last: Slice | None = None
    pixels: npt.NDArray[Any] = np.zeros((0, 0))
    for found, found_pixels in slices:
        here = found
        if last is not None:
            one, other = section_pairs(last.labels, here.labels, spec)
            here.before[other] = one
            if earlier is not None:
                last, here = _bridged(earlier, last, here, pixels, spec)
            yield last
        earlier, last, pixels = last, here, found_pixels
    if last is not None:
        yield last


def section_pairs(one: Labels, other: Labels, spec: JoinSpec) -> tuple[Integers, Integers]:
    """Pair the sections of two slices one to one with the largest sum of IoU.

    Parameters
    ----------
    one, other : ndarray of int32, shape (H, W)
        Labels of both slices; numbers need not be consecutive.

    Returns
    -------
    one_index, other_index : ndarray of int64, shape (pairs,)
        Labels less one, ascending in the second.
    """
    table = overlap_table(one, other)
    areas = table.truth_area[table.truth_index], table.prediction_area[table.prediction_index]
    inside = table.intersection >= spec.min_inside * np.minimum(*areas)
    may_be = np.flatnonzero(table.iou >= np.where(inside, spec.min_cap_iou, spec.min_iou))
    pairs = assign(table, may_be, table.iou[may_be])
    numbers = [np.unique(labels[labels > 0]).astype(np.int64) - 1 for labels in (one, other)]
    return numbers[0][table.prediction_index[pairs]], numbers[1][table.truth_index[pairs]]


def _bridged(
    earlier: Slice, last: Slice, here: Slice, pixels: npt.NDArray[Any], spec: JoinSpec
) -> tuple[Slice, Slice]:
    """Link what ends in one slice to what begins two slices on, by a section in between."""
    ends = np.ones(len(earlier.area), bool)
    ends[last.before[last.before >= 0]] = False
    begins = here.before < 0
    if not (ends.any() and begins.any()):
        return last, here
    one, other = _only(earlier.labels, ends), _only(here.labels, begins)
    pairs = np.stack(section_pairs(one, other, spec), axis=1)
    labels = last.labels
    before: list[int] = []
    after: list[int] = []
    for index, following in pairs.tolist():
        filled = _with_section(labels, one == index + 1, other == following + 1)
        if filled is not None:
            labels = filled
            before.append(index)
            after.append(following)
    if not after:
        return last, here
    count = len(last.area)
    here.before[after] = np.arange(count, count + len(after))
    area, brightness = _area_and_brightness(labels, pixels, count + len(after), last.ground)
    score = np.concatenate([last.score, np.full(len(after), np.nan)])
    joined = np.concatenate([last.before, np.array(before, np.int64)])
    filled_slice = replace(
        last, labels=labels, area=area, brightness=brightness, score=score, before=joined
    )
    return filled_slice, here


def _only(labels: Labels, wanted: npt.NDArray[np.bool_]) -> Labels:
    """Blank all sections but the wanted ones."""
    kept: Labels = np.where(np.concatenate([[False], wanted])[labels], labels, 0)
    return kept


def _with_section(
    labels: Labels, below: npt.NDArray[np.bool_], above: npt.NDArray[np.bool_]
) -> Labels | None:
    """Add the shape half way between two sections, where there is background; None without room.

    Half way is where the mean of both signed distances to the outline is positive.
    """
    either = below | above
    rows, columns = np.flatnonzero(either.any(axis=1)), np.flatnonzero(either.any(axis=0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    between = _signed_distance(below[window]) + _signed_distance(above[window]) > 0
    between &= labels[window] == 0
    if 2 * between.sum() < min(below.sum(), above.sum()):
        return None
    filled = labels.copy()
    filled[window][between] = labels.max() + 1
    return filled


def _signed_distance(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Distance to the outline in pixels, positive inside."""
    padded = np.pad(mask, 1).astype(np.uint8)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform(1 - padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    distance: npt.NDArray[np.float32] = (inside - outside)[1:-1, 1:-1]
    return distance


def _area_and_brightness(
    labels: Labels, pixels: npt.NDArray[Any], count: int, ground: float
) -> tuple[Integers, Floats]:
    flat = labels.ravel()
    area = np.bincount(flat, minlength=count + 1)[1:]
    total = np.bincount(flat, pixels.ravel(), count + 1)[1:]
    return area.astype(np.int64), total / np.maximum(area, 1) - ground
