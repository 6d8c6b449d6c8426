"""Strokes as a person would draw them for a pixel classifier, drawn from the truth."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from skimage.draw import line

from nuclarium.core.labels import Labels

BACKGROUND, NUCLEI = 1, 2
_LONG_PX = 30
_NEAR_PX = 6


def drawn_strokes(
    labels: Labels, rng: np.random.Generator, count: int = 6
) -> npt.NDArray[np.uint8]:
    """Draw strokes along some nuclei, and beside and far from nuclei.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        The truth; 0 is background.
    rng : numpy.random.Generator
    count : int
        Nuclei that get a stroke, and strokes near nuclei, and strokes far from them; fewer where
        there is no room.

    Returns
    -------
    strokes : ndarray of uint8, shape (H, W)
        0 not drawn, 1 background, 2 nuclei; one pixel thick, and never on the wrong class.
    """
    strokes = np.zeros(labels.shape, np.uint8)
    inside = cv2.distanceTransform((labels > 0).astype(np.uint8), cv2.DIST_L2, 5)
    for nucleus in rng.permutation(np.unique(labels[labels > 0]))[:count]:
        pixels = np.argwhere((labels == nucleus) & (inside > 1.5))
        if len(pixels) < 4:
            continue
        along = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)[2][0]
        place = pixels @ along
        path = np.stack(line(*pixels[place.argmin()], *pixels[place.argmax()]))
        strokes[tuple(path[:, labels[tuple(path)] == nucleus])] = NUCLEI
    outside = cv2.distanceTransform((labels == 0).astype(np.uint8), cv2.DIST_L2, 5)
    for is_near in (True, False):
        starts = np.argwhere((outside > 1.5) & ((outside < _NEAR_PX) == is_near))
        if len(starts) == 0:
            continue
        for y, x in starts[rng.integers(0, len(starts), count)]:
            _draw_away(strokes, outside, (int(y), int(x)), rng.random() * np.pi)
    return strokes


def _draw_away(
    strokes: npt.NDArray[np.uint8],
    outside: npt.NDArray[np.float32],
    start: tuple[int, int],
    turn: float,
) -> None:
    """Draw background from a pixel on, up to the border of the plane or the next nucleus."""
    y, x = start
    end = (int(y + _LONG_PX * np.sin(turn)), int(x + _LONG_PX * np.cos(turn)))
    path = np.stack(line(y, x, *end))
    within = (path >= 0) & (np.array(strokes.shape)[:, None] > path)
    path = path[:, within.all(axis=0)]
    free = outside[tuple(path)] > 1
    strokes[tuple(path[:, : len(free) if free.all() else int(free.argmin())])] = BACKGROUND
