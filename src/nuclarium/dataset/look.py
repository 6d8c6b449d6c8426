"""What an image looks like in few numbers, so that thousands of them can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.dataset.pixels import Pixels

Floats = npt.NDArray[np.float32]
SIDE = 64
_WAVES = 12
_HALF_WEIGHT = 4.0
_GROUND_SIGMA = 16.0
_PERCENTILES = (1, 10, 50, 90, 99)


@dataclass(frozen=True)
class Look:
    """What is kept of an image.

    Parameters
    ----------
    small : ndarray of float32, shape (64, 64)
        Grey values without uneven light, squeezed to a square; mean 0.
    waves : ndarray of float32, shape (12, 12)
        Its lowest cosine waves, the low ones weighing more; of length 1, or all 0 where the image
        is flat.
    height, width : int
        Of the image, in pixels.
    is_rgb : bool
    levels : ndarray of float32, shape (5 or 15,)
        Percentiles 1, 10, 50, 90 and 99 of the values of each colour.
    fineness : float
        Share of the variation that is finer than two pixels: noise, or sharp detail.
    """

    small: Floats
    waves: Floats
    height: int
    width: int
    is_rgb: bool
    levels: Floats
    fineness: float


def look_of(pixels: Pixels) -> Look:
    """Reduce an image to what is compared; scaling its intensities changes `levels` alone.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, 3)
    """
    grey = grey_of(pixels)
    small = without_ground(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    planes = pixels.reshape(pixels.shape[0] * pixels.shape[1], -1)
    levels = np.percentile(planes[:: max(1, len(planes) // 20_000)], _PERCENTILES, axis=0)
    return Look(
        small=small,
        waves=_waves(small),
        height=pixels.shape[0],
        width=pixels.shape[1],
        is_rgb=pixels.ndim == 3,
        levels=levels.T.ravel().astype(np.float32),
        fineness=_fineness(grey),
    )


def grey_of(pixels: Pixels) -> Floats:
    """Return one value a pixel, cut at the 99.5th percentile, beyond which dust may lie."""
    grey = pixels.astype(np.float32)
    if grey.ndim == 3:
        grey = grey.mean(axis=2)
    high = np.percentile(grey.ravel()[:: max(1, grey.size // 50_000)], 99.5)
    return np.minimum(grey, np.float32(high))


def without_ground(grey: Floats, sigma: float = _GROUND_SIGMA) -> Floats:
    """Take away what varies slowly, as uneven light does, and the mean."""
    ground = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    rest: Floats = grey - ground
    return np.asarray(rest - rest.mean(), np.float32)


def turned_waves(waves: Floats, turn: int) -> Floats:
    """Waves of the image after one of its eight turns; 0 leaves it as it is.

    Bit 0 mirrors rows, bit 1 mirrors columns, and bit 2 then swaps rows and columns; see `turned`.

    Parameters
    ----------
    waves : ndarray, shape (..., 12, 12)
    turn : int
        0 to 7.
    """
    signs = (-1.0) ** np.arange(waves.shape[-1], dtype=np.float32)
    if turn & 1:
        waves = waves * signs[:, None]
    if turn & 2:
        waves = waves * signs[None, :]
    return np.ascontiguousarray(waves.swapaxes(-1, -2)) if turn & 4 else waves


def turned(grey: Floats, turn: int) -> Floats:
    """Return the image after one of its eight turns, as `turned_waves` counts them."""
    if turn & 1:
        grey = grey[::-1]
    if turn & 2:
        grey = grey[:, ::-1]
    return np.ascontiguousarray(grey.T if turn & 4 else grey)


def cropped_waves(small: Floats, share: float) -> list[Floats]:
    """Waves of the image without `share` of each side: of its corners, and of its middle."""
    cut = round(SIDE * share)
    kept = SIDE - cut
    places = [(0, 0), (0, cut), (cut, 0), (cut, cut), (cut // 2, cut // 2)]
    parts = (small[y : y + kept, x : x + kept] for y, x in places)
    return [_waves(cv2.resize(part, (SIDE, SIDE))) for part in parts]


def _waves(small: Floats) -> Floats:
    waves = cv2.dct(small)[:_WAVES, :_WAVES]
    y, x = np.indices(waves.shape)
    waves = waves / (1 + (y**2 + x**2) / _HALF_WEIGHT**2)
    waves[0, 0] = 0
    length = float(np.sqrt((waves**2).sum()))
    return np.asarray(waves / length if length > 0 else waves, np.float32)


def _fineness(grey: Floats) -> float:
    total = float(grey.std())
    if total == 0:
        return 0.0
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.0)).std()) / total
