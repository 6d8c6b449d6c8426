"""The pixel classifier: features, forest and classes, trained from drawn pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box
from nuclarium.suggest.features import FeatureTile, StepRange
from nuclarium.suggest.forest import Forest, classes, votes
from nuclarium.suggest.growing import grow
from nuclarium.suggest.settings import FeatureSettings, ForestSettings
from nuclarium.suggest.tiles import FeatureTiles

CLASS_NAMES = ("background", "foreground")


@dataclass(frozen=True)
class PixelClassifier:
    """What is needed to tell the class of every pixel of an image.

    Parameters
    ----------
    features : FeatureSettings
    ranges : tuple of StepRange
        One a channel: intensities are taken as they are in the file, so every image is seen alike.
    forest : Forest
    class_names : tuple of str
        Class 1 is the first, the background.
    facts : mapping
        Where it came from: settings of the forest, hashes of the images, version.
    """

    features: FeatureSettings
    ranges: tuple[StepRange, ...]
    forest: Forest
    class_names: tuple[str, ...] = CLASS_NAMES
    facts: Mapping[str, Any] = field(default_factory=dict)

    def votes_of(self, tile: FeatureTile, part: Box) -> npt.NDArray[np.uint16]:
        """Add up what the trees say of a part of a tile, as `forest.votes`; shape (K, Z, h, w)."""
        total, shape = _tile_votes(self.forest, tile, part)
        return total.reshape(-1, *shape)

    def classes_of(self, tile: FeatureTile, part: Box) -> npt.NDArray[np.uint8]:
        """Class of every pixel of a part of a tile, from 1; shape (Z, h, w)."""
        total, shape = _tile_votes(self.forest, tile, part)
        return classes(total, len(self.forest.leaf)).reshape(shape)

    def probability_of(self, tile: FeatureTile, part: Box) -> npt.NDArray[np.uint8]:
        """Share of the trees' votes for the foreground, class 2, in 1/255; shape (Z, h, w)."""
        total, shape = _tile_votes(self.forest, tile, part)
        sums = total[0 if len(total) == 1 else 1]
        share: npt.NDArray[np.uint8] = (sums // np.uint16(len(self.forest.leaf))).astype(np.uint8)
        return share.reshape(shape)


def trained(
    values: npt.NDArray[np.int16],
    drawn: npt.NDArray[np.uint8],
    features: FeatureSettings,
    ranges: Sequence[StepRange],
    *,
    forest: ForestSettings | None = None,
    class_names: Sequence[str] = CLASS_NAMES,
    facts: Mapping[str, Any] | None = None,
) -> PixelClassifier:
    """Train a classifier from the features of drawn pixels.

    Parameters
    ----------
    values : ndarray of int16, shape (F, n)
        As `FeatureTiles.samples` gives them; those of several images beside each other.
    drawn : ndarray of uint8, shape (n,)
        Class of each, from 1.

    Raises
    ------
    SettingsError
        If there are no strokes, or of one class only.
    """
    check_drawn(drawn, class_names)
    grown = grow(values, drawn, len(class_names), forest or ForestSettings())
    return PixelClassifier(features, tuple(ranges), grown, tuple(class_names), facts or {})


def check_drawn(drawn: npt.NDArray[np.uint8], class_names: Sequence[str]) -> None:
    """Refuse strokes from which nothing can be learnt."""
    present = [class_names[c - 1] for c in np.unique(drawn)]
    if not present:
        raise SettingsError(
            "The strokes must mark some pixels, but they are empty. "
            "Draw over background and over nuclei."
        )
    if len(present) == 1:
        raise SettingsError(
            f"The strokes must show two classes or more, but all {len(drawn):,} drawn pixels are "
            f"{present[0]}. Draw over the other class too."
        )


def classified(
    classifier: PixelClassifier,
    tiles: FeatureTiles,
    window: Box | None = None,
    *,
    on_tile: Callable[[int], None] = lambda pixels: None,
) -> npt.NDArray[np.uint8]:
    """Class of every pixel of a window, or of the whole plane, from 1; shape (Z, H, W)."""
    return _assembled(classifier.classes_of, tiles, window, on_tile)


def probability(
    classifier: PixelClassifier,
    tiles: FeatureTiles,
    window: Box | None = None,
    *,
    on_tile: Callable[[int], None] = lambda pixels: None,
) -> npt.NDArray[np.uint8]:
    """Probability of the foreground of a window or the whole plane, in 1/255; shape (Z, H, W)."""
    return _assembled(classifier.probability_of, tiles, window, on_tile)


def _assembled(
    look: Callable[[FeatureTile, Box], npt.NDArray[np.uint8]],
    tiles: FeatureTiles,
    window: Box | None,
    on_tile: Callable[[int], None],
) -> npt.NDArray[np.uint8]:
    depth, *plane = tiles.canvas.shape
    window = Box.of_shape((plane[0], plane[1])) if window is None else window
    out = np.zeros((depth, *window.shape), np.uint8)

    def put(box: Box) -> None:
        part = box.intersection(window)
        place = (slice(None), *part.shifted(-window.y0, -window.x0).slices)
        out[place] = look(tiles.tile(box), part)
        on_tile(depth * part.shape[0] * part.shape[1])

    with ThreadPoolExecutor(tiles.workers) as pool:
        list(pool.map(put, tiles.boxes(window)))
    return out


def _tile_votes(
    forest: Forest, tile: FeatureTile, part: Box
) -> tuple[npt.NDArray[np.uint16], tuple[int, ...]]:
    planes: list[npt.NDArray[np.int16] | None] = [None] * len(tile.planes)
    inner = (slice(None), *part.shifted(-tile.box.y0, -tile.box.x0).slices)
    for index in forest.used:
        planes[index] = tile.full(int(index))[inner].reshape(-1)
    return votes(forest, planes), (len(tile.planes[0]), *part.shape)
