"""Touching nuclei of a stack, parted by a watershed of the distance to the edge of the mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.morphology import h_maxima
from skimage.segmentation import watershed

from nuclarium.core.labels import Labels

_SIGMA_PX = 1.0
_LEAST_DROP_PX = 0.25
_ALL_AROUND = np.ones((3, 3, 3))


def parted_stack(
    mask: npt.NDArray[np.bool_], *, z_step: float = 1.0, least_px: float = 0
) -> Labels:
    """Label a stack so that touching nuclei have numbers of their own.

    Two summits of the smoothed distance to the edge are two nuclei when the way from the lower one
    to the other goes down by a quarter of a pixel or more.

    Parameters
    ----------
    mask : ndarray of bool, shape (Z, H, W)
        Held in memory, with about 50 bytes a voxel while it is worked on.
    z_step : float
        Distance between planes in pixels of the plane.
    least_px : float
        Nuclei of fewer voxels are left out.

    Returns
    -------
    labels : ndarray of int32, shape (Z, H, W)
        Numbered by their first summit, plane by plane in reading order.
    """
    if not mask.any():
        return np.zeros(mask.shape, np.int32)
    beyond = np.pad(mask, 1, mode="edge")
    distance = ndimage.distance_transform_edt(beyond, sampling=(z_step, 1, 1))[1:-1, 1:-1, 1:-1]
    sigma = (_SIGMA_PX / z_step, _SIGMA_PX, _SIGMA_PX)
    height = ndimage.gaussian_filter(distance.astype(np.float32), sigma) * mask
    summits, _ = ndimage.label((h_maxima(height, _LEAST_DROP_PX) > 0) & mask, _ALL_AROUND)
    labels = watershed(-height, summits, connectivity=_ALL_AROUND, mask=mask)
    return _without_small(labels.astype(np.int32), least_px)


def _without_small(labels: Labels, least_px: float) -> Labels:
    """Leave out small nuclei and number the others on."""
    kept = np.bincount(labels.ravel()) >= max(least_px, 1)
    kept[0] = False
    number = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    return np.asarray(number[labels], np.int32)
