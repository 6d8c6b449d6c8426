"""Touching nuclei of a mask, parted at its waists: every pixel climbs the distance to the edge.

It is the decoder of the network's maps, given the mask and its distance transform as the maps, so
a plane in tiles gives the labels of the whole plane.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.core.labels import Labels
from nuclarium.predict.decode import APRON, fragments, joined
from nuclarium.predict.model import DecoderSpec

JOIN_RATIO = 0.95
REACH_PX = 64
"""Distances are told apart up to here, in 1/255 of the largest: a nucleus may be 128 px wide."""

TILE_PX = 2048
_SIGMA_PX = 1.0
_MARGIN = REACH_PX + 8

MaskReader = Callable[[Box], npt.NDArray[np.bool_]]


def parted(
    mask: npt.NDArray[np.bool_],
    *,
    join_ratio: float = JOIN_RATIO,
    least_px: float = 0,
    tile_px: int = TILE_PX,
) -> Labels:
    """Label a mask so that touching nuclei have numbers of their own.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
    join_ratio : float
        Two summits of the distance to the edge are one nucleus when the ridge between them is at
        least this part of the lower one; 0 parts nothing that is linked, 1 parts at every waist.
    least_px : float
        Nuclei of fewer pixels are left out.
    tile_px : int
        Side of the tiles; the labels do not depend on it.

    Returns
    -------
    labels : ndarray of int32, shape (H, W)
        Numbered by their first summit, in reading order.
    """
    shape = (mask.shape[0], mask.shape[1])
    spec = DecoderSpec(join_ratio=join_ratio, min_area_px=int(np.ceil(least_px)), min_score=0)
    boxes = list(iter_boxes(shape, tile_px))
    highest = max((float(_distance(mask, box).max(initial=0)) for box in boxes), default=0.0)
    labels = np.zeros(shape, np.int32)
    found = []
    for box in boxes:
        maps = _maps(mask, box, max(highest, 1.0))
        labels[box.slices], tile = fragments(maps, box, shape, spec)
        found.append(tile)
    nuclei = joined(found, shape, spec)
    for index, box in enumerate(boxes):
        part = nuclei.labels_of(index, labels[box.slices])
        labels[box.slices] = np.where(mask[box.slices], part, 0)
    return labels


def _distance(mask: npt.NDArray[np.bool_], box: Box) -> npt.NDArray[np.float32]:
    """Smoothed distance to the edge of the mask, of a box and the pixels around it.

    The outside of the plane is taken as mask, so that a nucleus that the edge cuts is not narrow.
    """
    window = box.grown(APRON)
    seen = window.grown(_MARGIN)
    inside = seen.intersection(Box.of_shape((mask.shape[0], mask.shape[1])))
    part = np.ascontiguousarray(mask[inside.slices], np.uint8)
    distance = cv2.distanceTransform(part, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    np.minimum(distance, REACH_PX, out=distance)
    smooth = cv2.GaussianBlur(distance, (9, 9), _SIGMA_PX, borderType=cv2.BORDER_REPLICATE)
    smooth *= part
    whole = np.zeros(seen.shape, np.float32)
    whole[inside.shifted(-seen.y0, -seen.x0).slices] = smooth
    return whole[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]


def _maps(mask: npt.NDArray[np.bool_], box: Box, highest: float) -> npt.NDArray[np.uint8]:
    distance = _distance(mask, box)
    height = np.rint(distance * (255 / highest))
    foreground = distance > 0
    return np.stack([foreground * np.uint8(255), np.maximum(height, foreground).astype(np.uint8)])
