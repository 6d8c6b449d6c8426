"""What a network learns to predict, made of a label image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.labels import Labels


def largest_distances(labels: Labels) -> npt.NDArray[np.float32]:
    """Largest distance to the outside within each nucleus.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)

    Returns
    -------
    distances : ndarray of float32, shape (n + 1,)
        In pixels; entry `i` belongs to label `i`, the background's is 0.
    """
    largest = np.zeros(int(labels.max(initial=0)) + 1, np.float32)
    for label, found in enumerate(ndimage.find_objects(labels), start=1):
        if found is not None:
            largest[label] = _distance(np.pad(labels[found] == label, 1)).max()
    return largest


def foreground_and_distance(
    labels: Labels, largest: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Foreground and, within it, the distance to the nucleus's own outline.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
    largest : ndarray of float32, shape (n + 1,)
        The distance that becomes 1, for each label, in pixels of this image. It is given because a
        nucleus that the patch cuts no longer shows it.

    Returns
    -------
    targets : ndarray of float32, shape (2, H, W)
        Foreground in {0, 1}, and distance in [0, 1]: about 0 on a nucleus's outline, also where two
        nuclei touch, and 1 in its middle.
    """
    inside = (labels > 0) & ~_touches_another(labels)
    distance = _distance(inside)
    scale = np.maximum(largest, 1.0)[labels]
    return np.stack([(labels > 0).astype(np.float32), np.minimum(distance / scale, 1.0)])


def _distance(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Distance to the nearest pixel outside; the root of a whole number, the same in every run."""
    near = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV rounds differently with the place of the array in memory.
    return np.asarray(np.sqrt(np.rint(near.astype(np.float64) ** 2)), np.float32)


def _touches_another(labels: Labels) -> npt.NDArray[np.bool_]:
    """Pixels of a nucleus that are next to a pixel of another nucleus."""
    touching = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        a = labels[1:] if axis == 0 else labels[:, 1:]
        b = labels[:-1] if axis == 0 else labels[:, :-1]
        seam = (a != b) & (a > 0) & (b > 0)
        if axis == 0:
            touching[1:] |= seam
            touching[:-1] |= seam
        else:
            touching[:, 1:] |= seam
            touching[:, :-1] |= seam
    return touching
