"""Masks made fit to look at: smooth, without holes, without specks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from nuclarium.core.errors import SettingsError
from nuclarium.suggest.areas import keep_areas

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CleaningSettings:
    """What is done to a mask, in this order; 0 leaves a step out.

    Parameters
    ----------
    smooth_px : float
        Sigma of a Gaussian over the mask, of which the half height is the new edge.
    fill_px : float or None
        Largest area of a hole that is filled, in pixels; None for every hole.
    least_px : float
        Objects of fewer pixels are removed; in a stack, of fewer voxels.
    """

    smooth_px: float = 1.0
    fill_px: float | None = None
    least_px: float = 12

    def __post_init__(self) -> None:
        for name in ("smooth_px", "fill_px", "least_px"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < np.inf:
                raise SettingsError(f"{name} must not be negative, but got {value}.")


def cleaned(mask: Mask, settings: CleaningSettings) -> Mask:
    """Smooth a mask, fill its holes and remove what is small.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W) or (Z, H, W)
        Planes of a stack are smoothed and filled one by one; small objects are those of the stack.
    """
    if mask.ndim == 2:
        plane = filled(smoothed(mask, settings.smooth_px), settings.fill_px)
        return without_small(plane, settings.least_px)
    planes = [filled(smoothed(plane, settings.smooth_px), settings.fill_px) for plane in mask]
    return without_small(np.stack(planes), settings.least_px)


def smoothed(mask: Mask, sigma_px: float) -> Mask:
    """Blur a plane and cut it at half height; bit for bit the same everywhere."""
    if sigma_px == 0:
        return mask
    grey = mask * np.uint8(255)
    cv2.GaussianBlur(grey, (0, 0), sigma_px, dst=grey, borderType=cv2.BORDER_REFLECT)
    found: Mask = grey > 127
    return found


def filled(mask: Mask, largest_px: float | None = None) -> Mask:
    """Fill holes: background, linked by sides, that does not touch the edge of the plane.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
    largest_px : float, optional
        Holes of more pixels stay; 0 fills none.

    Examples
    --------
    >>> filled(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], bool)).all()
    np.True_
    """
    if largest_px == 0:
        return mask
    ground = ~mask
    most = np.inf if largest_px is None else largest_px
    keep_areas(ground, lambda area, at_edge: at_edge | (area > most), corners=False)
    return np.logical_not(ground, out=ground)


def without_small(mask: Mask, least_px: float) -> Mask:
    """Remove objects, linked by sides or corners, of fewer pixels than this.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W) or (Z, H, W)
    """
    if least_px <= 1:
        return mask
    if mask.ndim == 2:
        kept = mask.copy()
        keep_areas(kept, lambda area, at_edge: area >= least_px, corners=True)
        return kept
    objects, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    large = np.bincount(objects.ravel()) >= least_px
    large[0] = False
    found: Mask = large[objects]
    return found
