"""What lies under the nuclei: a ball rolled below the intensities, and uneven light."""

from __future__ import annotations

import math

import numpy as np

from nuclarium.preprocess.intensity import percentiles
from nuclarium.preprocess.smoothing import Pixels, gaussian_filter

_BAND_BYTES = 1 << 18
_DARKEST_LIGHT = 0.05


def rolling_ball(pixels: Pixels, radius_px: float) -> Pixels:
    """Background by a ball that is rolled along below the intensities [1]_.

    At each pixel it is the height of the top of the ball when, centred there, it is raised until
    it touches: the least of ``pixels[p + k] + radius - sqrt(radius² - |k|²)`` over all offsets `k`
    within the radius. This is `skimage.restoration.rolling_ball` to the last bits, without
    approximation; as offsets that mirror each other share a height, four of them are looked at
    together, in bands of rows that stay in the cache. ImageJ shrinks the image instead, and rolls
    the ball over the whole surface, so that its background is a little higher.

    Parameters
    ----------
    pixels : ndarray of float64, shape (H, W)
        In grey levels; the ball is as many levels high as it is pixels wide, so stretch
        afterwards.
    radius_px : float
        At least 1; larger than the largest nucleus. The time grows with its square.

    Returns
    -------
    background : ndarray of float64, same shape
        Nowhere above `pixels`.

    References
    ----------
    .. [1] Sternberg, 1983, doi:10.1109/MC.1983.1654163.
    """
    reach = math.floor(radius_px)
    height, width = pixels.shape
    padded = np.pad(pixels, reach, constant_values=np.inf)
    rows = max(8, _BAND_BYTES // (8 * max(width, 1)))
    background = np.empty_like(pixels)
    for y0 in range(0, height, rows):
        y1 = min(y0 + rows, height)
        background[y0:y1] = _ball_below(padded[y0 : y1 + 2 * reach], radius_px, reach)
    return background


def _ball_below(band: Pixels, radius: float, reach: int) -> Pixels:
    """Return the background of the middle rows of a band that has `reach` more on all sides."""
    rows, width = band.shape[0] - 2 * reach, band.shape[1] - 2 * reach
    lowest = band[reach : reach + rows, reach : reach + width].copy()
    most = float(lowest.max() - band.min())
    beside, above = np.empty((band.shape[0], width)), np.empty_like(lowest)
    for dx in range(reach + 1):
        left, right = band[:, reach - dx :][:, :width], band[:, reach + dx :][:, :width]
        np.minimum(left, right, out=beside)
        for dy in range(math.isqrt(math.floor(radius * radius) - dx * dx) + 1):
            rise = radius - math.sqrt(radius * radius - dx * dx - dy * dy)
            if rise >= most:
                break  # no pixel lies that far above the lowest one
            np.minimum(beside[reach - dy :][:rows], beside[reach + dy :][:rows], out=above)
            above += rise
            np.minimum(lowest, above, out=lowest)
    return lowest


def relative_light(light: Pixels) -> Pixels:
    """Return uneven light relative to its median, at least 0.05 so that it can be divided by.

    Light without any bright pixel is 1 everywhere.
    """
    middle = float(percentiles(light, (50,))[0])
    return np.maximum(light / middle, _DARKEST_LIGHT) if middle > 0 else np.ones_like(light)


def estimated_light(pixels: Pixels, sigma_px: float) -> Pixels:
    """Return the uneven light of an image as its strong blur, relative to the median."""
    return relative_light(gaussian_filter(pixels, sigma_px))
