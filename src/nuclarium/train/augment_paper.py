"""The augmentation of published benchmarks: crop, flip, elastic deformation, light."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.train.paste import Patch

Pixels = npt.NDArray[np.float32]

CROP_RANGE = (0.75, 1.0)
"""Side of a random crop, in sides of a patch, to which it is brought again."""

ELASTIC_FRACTION = 0.5
LIGHT_FRACTION = 0.5
ELASTIC_SHIFT_PX = (2.0, 8.0)
ELASTIC_SMOOTHNESS = 0.08
"""Standard deviation of the smoothing of the deformation, in sides of a patch."""

BRIGHTNESS = 0.2
CONTRAST = 0.2


def paper_patch(patch: Patch, size: int, rng: np.random.Generator, *, vary: bool = True) -> Patch:
    """Cut a random patch out of an image and vary it as the recommendation says.

    Parameters
    ----------
    patch : Patch
        A whole image; mirrored where it is smaller than the crop.
    size : int
        Side of the patch in pixels.
    vary : bool
        If False, a place is drawn and nothing else.

    Returns
    -------
    patch : Patch
        With pixels (size, size) or (size, size, 3). Brightness and contrast are in the range of
        the image, of which most lies in [0, 1].
    """
    scale = 1 / rng.uniform(*CROP_RANGE) if vary else 1.0
    y, x = _crop_map(patch.labels.shape, size, scale, rng, whole_pixels=not vary)
    if not vary:
        return _moved(patch, y, x, scale)
    if rng.random() < 0.5:
        y, x = y[:, ::-1], x[:, ::-1]
    if rng.random() < ELASTIC_FRACTION:
        shift = _elastic(size, rng) / np.float32(scale)
        y, x = y + shift[0], x + shift[1]
    moved = _moved(patch, y, x, scale)
    if rng.random() < LIGHT_FRACTION:
        return moved.with_pixels(_other_light(moved.pixels, rng))
    return moved


def _moved(patch: Patch, y: Pixels, x: Pixels, scale: float) -> Patch:
    pixels = _sampled(patch.pixels, y, x, cv2.INTER_LINEAR)
    # A label above 2^24 is not a whole number in float32; an image holds fewer.
    labels = _sampled(patch.labels.astype(np.float32), y, x, cv2.INTER_NEAREST).astype(np.int32)
    return Patch(pixels, labels, patch.largest * np.float32(scale))


def _crop_map(
    shape: tuple[int, ...],
    size: int,
    scale: float,
    rng: np.random.Generator,
    *,
    whole_pixels: bool,
) -> tuple[Pixels, Pixels]:
    """Place in the image of each pixel of the patch, shapes (size, size)."""
    side = size / scale
    steps = (np.arange(size, dtype=np.float32) + 0.5) / np.float32(scale) - 0.5
    starts = [rng.uniform(min(0.0, length - side), max(0.0, length - side)) for length in shape[:2]]
    if whole_pixels:
        starts = [float(np.rint(start)) for start in starts]
    y, x = np.meshgrid(*(steps + np.float32(start) for start in starts), indexing="ij")
    return y, x


def _elastic(size: int, rng: np.random.Generator) -> Pixels:
    """Smooth random shifts in y and x, shape (2, size, size), after [1]_.

    References
    ----------
    .. [1] P. Y. Simard et al., 2003, doi:10.1109/ICDAR.2003.1227801
    """
    # Drawn on a coarse grid and enlarged: as smooth, at a fraction of the time.
    coarse = max(4, round(0.5 / ELASTIC_SMOOTHNESS))
    field = rng.standard_normal((2, coarse, coarse), dtype=np.float32)
    largest = float(rng.uniform(*ELASTIC_SHIFT_PX)) / 2.5
    grown = [cv2.resize(part, (size, size), interpolation=cv2.INTER_CUBIC) for part in field]
    return np.asarray(np.stack(grown) * np.float32(largest), np.float32)


def _sampled(array: npt.NDArray[Any], y: Pixels, x: Pixels, how: int) -> npt.NDArray[np.float32]:
    return np.asarray(
        cv2.remap(
            array,
            np.ascontiguousarray(x, np.float32),
            np.ascontiguousarray(y, np.float32),
            how,
            borderMode=cv2.BORDER_REFLECT,
        ),
        np.float32,
    )


def _other_light(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    contrast = 1 + rng.uniform(-CONTRAST, CONTRAST)
    brightness = rng.uniform(-BRIGHTNESS, BRIGHTNESS)
    return np.asarray(pixels * np.float32(contrast) + np.float32(brightness), np.float32)
