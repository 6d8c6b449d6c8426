"""How steep the edges of bright nuclei are: a measure of focus that knows no scale of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.labels import Labels
from nuclarium.measure.regions import Floats

FOCUS_LIMIT = 2.8
"""Median `edge_steepness` below which a plane counts as out of focus.

Calibrated on fluorescence images of the Data Science Bowl 2018 (doi:10.1038/s41592-019-0612-7),
523 of which have nuclei enough: 2.1 % of them lie below it as they are (false alarms), 9 % after a
Gaussian blur with a standard deviation of a tenth of the nuclei's diameter, 72 % after a fifth and
86 % after three tenths. So it sees what is badly out of focus, not what is slightly so.
"""

_RING = 2
"""Pixels on either side of the outline in which the edge is looked for."""
_SMALLEST_PX = 30
"""Nuclei of fewer pixels have no inside that could be told from their edge."""


def edge_steepness(pixels: npt.NDArray[Any], labels: Labels) -> Floats:
    """Return the steepness of the edge of each nucleus that can be judged.

    It is the upper quartile of the gradient in a ring around the outline, times the equivalent
    diameter, over the contrast (median inside less median of the background): a brightness that
    falls to the background's over a whole diameter gives 1, whatever the size of a pixel.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        One channel with nuclei brighter than the background.
    labels : ndarray of int32, shape (H, W)
        Its nuclei.

    Returns
    -------
    steepness : ndarray of float64, shape (judged,)
        Without nuclei that are tiny, that meet the border, or that are not brighter than the
        background by at least 3 of the image's values; may be empty.
    """
    values = pixels.astype(np.float64)
    size = 2 * _RING + 1
    grown = ndimage.grey_dilation(labels, size=(size, size))
    core = (labels > 0) & (ndimage.grey_erosion(labels, size=(size, size)) == labels)
    background = grown == 0
    area = np.bincount(labels.ravel())
    judged = area >= _SMALLEST_PX
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        judged[edge] = False
    judged[0] = False
    present = np.flatnonzero(judged)
    if not background.any() or len(present) == 0:
        return np.zeros(0)
    inside = np.asarray(ndimage.median(values, labels, present), np.float64)
    contrast = inside - np.median(values[background])
    slope = _upper_quartiles(_gradient(values), np.where(core, 0, grown), present)
    diameter = np.sqrt(4 * area[present] / np.pi)
    bright = contrast > 3 * (1 if pixels.dtype.kind in "ui" else 1e-9)
    steepness: Floats = slope[bright] * diameter[bright] / contrast[bright]
    return steepness


def _gradient(values: Floats) -> Floats:
    gradient = np.zeros_like(values)
    down = values[2:, 1:-1] - values[:-2, 1:-1]
    right = values[1:-1, 2:] - values[1:-1, :-2]
    gradient[1:-1, 1:-1] = np.hypot(down, right) / 2
    return gradient


def _upper_quartiles(values: Floats, ring: Labels, present: npt.NDArray[np.int64]) -> Floats:
    place = np.flatnonzero(ring)
    owner, value = ring.ravel()[place], values.ravel()[place]
    order = np.lexsort((value, owner))
    begin = np.searchsorted(owner[order], present, "left")
    end = np.searchsorted(owner[order], present, "right")
    quartiles: Floats = value[order][np.minimum(begin + (end - begin) * 3 // 4, len(order) - 1)]
    return quartiles
