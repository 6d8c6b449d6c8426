"""What is shown of a classifier's votes: probability, classes, and how unsure it is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.suggest.classifier import PixelClassifier
from nuclarium.suggest.forest import SURE, classes
from nuclarium.suggest.strokes import FOREGROUND
from nuclarium.suggest.tiles import FeatureTiles

Layer = npt.NDArray[np.uint8]
HALF = 128


@dataclass(frozen=True)
class Layers:
    """Three pictures of one window of a plane, uint8 of its shape (h, w).

    Parameters
    ----------
    probability : ndarray
        Share of the votes for the foreground in 1/255. A pixel has 128 or more exactly where its
        class is foreground: shares on the wrong side are moved to the nearest number.
    classes : ndarray
        From 1.
    uncertainty : ndarray
        0 where one class has all votes, 255 where the two best have as many.
    """

    probability: Layer
    classes: Layer
    uncertainty: Layer


def layers_of(total: npt.NDArray[np.uint16], trees: int) -> Layers:
    """Make the layers of votes.

    Parameters
    ----------
    total : ndarray of uint16, shape (K, h, w)
        Sums as from `forest.votes`; K is 1 where there are two classes.
    trees : int

    Examples
    --------
    >>> found = layers_of(np.array([[[0, 256, 255, 510]]], np.uint16), 2)
    >>> found.probability.tolist(), found.classes.tolist(), found.uncertainty.tolist()
    ([[0, 128, 127, 255]], [[1, 2, 1, 2]], [[0, 254, 254, 0]])
    """
    kinds, *shape = total.shape
    found = classes(total.reshape(kinds, -1), trees).reshape(shape)
    shares = (total // np.uint16(trees)).astype(np.uint8)
    foreground = shares[0 if kinds == 1 else FOREGROUND - 1]
    probability = np.where(
        found == FOREGROUND, np.maximum(foreground, HALF), np.minimum(foreground, HALF - 1)
    )
    if kinds == 1:
        gap = np.abs(2 * foreground.astype(np.int16) - SURE)
    else:
        best = np.partition(shares, kinds - 2, axis=0)
        gap = best[-1].astype(np.int16) - best[-2]
    return Layers(probability, found, (SURE - gap).astype(np.uint8))


def window_layers(
    classifier: PixelClassifier,
    tiles: FeatureTiles,
    window: Box,
    *,
    on_tile: Callable[[int], None] = lambda pixels: None,
) -> Layers:
    """Make the layers of a window of a plane; they do not depend on how it is cut.

    Parameters
    ----------
    tiles : FeatureTiles
        Of a single plane.
    window : Box
        Inside the plane.
    on_tile : callable
        Called with the pixels of each finished tile; what it raises ends the work.
    """
    out = Layers(*(np.zeros(window.shape, np.uint8) for _ in range(3)))
    trees = len(classifier.forest.leaf)

    def put(box: Box) -> None:
        on_tile(0)
        part = box.intersection(window)
        found = layers_of(classifier.votes_of(tiles.tile(box), part)[:, 0], trees)
        place = part.shifted(-window.y0, -window.x0).slices
        for name in ("probability", "classes", "uncertainty"):
            getattr(out, name)[place] = getattr(found, name)
        on_tile(part.shape[0] * part.shape[1])

    with ThreadPoolExecutor(tiles.workers) as pool:
        list(pool.map(put, tiles.boxes(window)))
    return out
