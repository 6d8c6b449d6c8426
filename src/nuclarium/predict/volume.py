"""Linked sections to nuclei in three dimensions: chains, cut at waists, without their dim ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.predict.links import followed
from nuclarium.predict.sections import Floats, Integers, JoinSpec, Slice

_SMOOTHING_PX = 1.5
"""Standard deviation of the blur before pixels are judged, against noise."""


@dataclass(frozen=True)
class SectionTable:
    """What is kept of the sections of a slice when its pixels are gone; fields as in `Slice`."""

    area: Integers
    brightness: Floats
    score: Floats
    ground: float
    before: Integers

    @classmethod
    def of(cls, found: Slice) -> SectionTable:
        """Return the table of a slice."""
        return cls(found.area, found.brightness, found.score, found.ground, found.before)


@dataclass(frozen=True)
class Volumes:
    """The nuclei of a stack.

    Parameters
    ----------
    lookups : tuple of ndarray of int32
        One a slice: the nucleus of each of its sections, 0 for what is left out; entry 0 is 0.
    least : tuple of ndarray of float32
        One a slice: the least pixel that each of its sections keeps; -inf where it keeps all.
    score : ndarray of float64, shape (n,)
        Mean score of the sections of nucleus `i + 1`, weighted by their areas.
    """

    lookups: tuple[npt.NDArray[np.int32], ...]
    least: tuple[npt.NDArray[np.float32], ...]
    score: Floats

    @property
    def count(self) -> int:
        """Number of nuclei; the largest label."""
        return len(self.score)

    def labels_of(self, z: int, sections: Labels, pixels: npt.NDArray[Any]) -> Labels:
        """Labels of a slice.

        Parameters
        ----------
        z : int
            The slice.
        sections : ndarray of int32, shape (H, W)
            Numbers of its sections.
        pixels : ndarray of int or float, shape (H, W)
            The slice itself; nuclei are bright.
        """
        labels: Labels = self.lookups[z][sections]
        least = self.least[z]
        if np.isfinite(least).any():
            smooth = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), _SMOOTHING_PX)
            labels[smooth < least[sections]] = 0
        return labels


def join(slices: Sequence[SectionTable], spec: JoinSpec, step_um: float | None) -> Volumes:
    """Make nuclei of the sections of all slices.

    Sections that are linked from slice to slice are a chain. A chain is cut where its brightness
    has a waist, parts lose their dim ends, and what is left in too few slices is dropped.

    Parameters
    ----------
    slices : sequence of SectionTable
        From the first slice on.
    spec : JoinSpec
    step_um : float or None
        Distance of two slices.

    Returns
    -------
    volumes : Volumes
        Numbered by their first slice, and there by the first section's number.
    """
    counts = [len(table.area) for table in slices]
    offsets = np.cumsum([0, *counts])
    brightness = _joined(table.brightness for table in slices)
    area = _joined(table.area for table in slices)
    nucleus = np.zeros(offsets[-1], np.int32)
    least = np.full(offsets[-1], -np.inf)
    kept = [
        chain[part]
        for chain in _chains(slices, offsets)
        for part in parts(brightness[chain], area[chain], spec, step_um)
    ]
    for number, members in enumerate(sorted(kept, key=lambda chain: int(chain[0])), start=1):
        nucleus[members] = number
        most = brightness[members].max()
        least[members[brightness[members] < spec.body * most]] = spec.edge * most
    least += np.repeat([table.ground for table in slices], counts)
    return Volumes(
        tuple(_by_slice(nucleus, offsets, 0)),
        tuple(_by_slice(least.astype(np.float32), offsets, -np.inf)),
        _scores(nucleus, slices),
    )


def parts(
    brightness: Floats, area: Floats, spec: JoinSpec, step_um: float | None = None
) -> Iterator[slice]:
    """Yield the nuclei of a chain, from below, by the brightness and area of its sections.

    The chain is cut at the section that is deepest below the smaller of the maxima on both sides;
    this section goes to the side that is nearer to it in brightness. What is left is looked at in
    the same way. Then parts with too short a core are dropped, and of others the dim ends.

    Parameters
    ----------
    brightness, area : ndarray of float64, shape (sections,)
        From below.
    spec : JoinSpec
    step_um : float or None
        Distance of two slices.

    Examples
    --------
    >>> profile = np.array([2.0, 8, 10, 9, 3, 7, 8, 2])
    >>> [(part.start, part.stop) for part in parts(profile, np.ones(8), JoinSpec())]
    [(1, 4), (5, 7)]
    """
    shortest = spec.min_sections
    if step_um is not None:
        shortest = max(shortest, int(np.ceil(spec.min_core_um / step_um)))
    for start, stop in _cut(brightness, area, slice(0, len(area)), spec):
        own = brightness[start:stop]
        core = np.flatnonzero(own >= spec.core * own.max())
        bright = np.flatnonzero(own >= spec.dim_end * own.max())
        if len(core) and core[-1] + 1 - core[0] >= shortest:
            yield slice(start + int(bright[0]), start + int(bright[-1]) + 1)


def _cut(
    brightness: Floats, area: Floats, part: slice, spec: JoinSpec
) -> Iterator[tuple[int, int]]:
    own = brightness[part]
    depth = np.minimum(_depth(own) / spec.bright_waist, _depth(area[part]) / spec.wide_waist)
    deepest = int(np.lexsort((own, depth))[0])  # of equally deep ones the faintest
    if len(own) < 2 * spec.min_sections or depth[deepest] >= 1:
        yield part.start, part.stop
        return
    cut = part.start + deepest
    cut += int(abs(own[deepest] - own[deepest - 1]) < abs(own[deepest] - own[deepest + 1]))
    yield from _cut(brightness, area, slice(part.start, cut), spec)
    yield from _cut(brightness, area, slice(cut, part.stop), spec)


def _depth(values: Floats) -> Floats:
    """Each value as part of the smaller of the maxima on both sides; 1 on a slope."""
    rim = np.minimum(np.maximum.accumulate(values), np.maximum.accumulate(values[::-1])[::-1])
    return np.where(rim > 0, values / np.where(rim > 0, rim, 1), 1.0)


def _chains(slices: Sequence[SectionTable], offsets: Integers) -> list[Integers]:
    """Sections of each chain, from below, counted through all slices."""
    own = np.arange(offsets[-1])
    before = own.copy()
    for z, table in enumerate(slices[1:], start=1):
        linked = table.before >= 0
        before[offsets[z] : offsets[z + 1]][linked] = offsets[z - 1] + table.before[linked]
    first = followed(before)
    order = np.argsort(first, kind="stable")
    starts = np.flatnonzero(np.diff(first[order], prepend=-1))
    return np.split(order, starts[1:]) if len(order) else []


def _scores(nucleus: npt.NDArray[np.int32], slices: Sequence[SectionTable]) -> Floats:
    score, area = (_joined(getattr(t, name) for t in slices) for name in ("score", "area"))
    known = ~np.isnan(score)
    count = int(nucleus.max(initial=0)) + 1
    total = np.bincount(nucleus[known], (score * area)[known], count)[1:]
    weight = np.bincount(nucleus[known], area[known], count)[1:]
    mean: Floats = total / np.maximum(weight, 1)
    return mean


def _by_slice(
    values: npt.NDArray[Any], offsets: Integers, background: float
) -> Iterator[npt.NDArray[Any]]:
    """Yield the values of each slice's sections, after that of the background."""
    first = np.full(1, background, values.dtype)
    for part in np.split(values, offsets[1:-1]):
        yield np.concatenate([first, part])


def _joined(arrays: Iterable[npt.NDArray[Any]]) -> Floats:
    return np.concatenate([np.zeros(0), *arrays])
