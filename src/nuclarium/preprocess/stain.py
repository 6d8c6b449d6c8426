"""Stains of a colour image taken apart: how much of each there is, and what it alone looks like.

Light that passes through stain obeys Beer and Lambert's law: optical densities of stains add up, so
that the amounts of three stains are found from red, green and blue by one matrix [1]_.

References
----------
.. [1] A. C. Ruifrok and D. A. Johnston, Anal. Quant. Cytol. Histol. 23, 291 (2001)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_HAEMATOXYLIN = (0.65, 0.70, 0.29)
_EOSIN = (0.07, 0.99, 0.11)
STAINS = ("haematoxylin", "eosin")
"""Stains that can be asked for, in the order of `stain_amounts`."""


def _unit(vector: npt.ArrayLike) -> npt.NDArray[np.float64]:
    given = np.asarray(vector, np.float64)
    return np.asarray(given / np.linalg.norm(given))


_RGB_OF_STAIN = np.array(
    [_unit(_HAEMATOXYLIN), _unit(_EOSIN), _unit(np.cross(_unit(_HAEMATOXYLIN), _unit(_EOSIN)))]
)
_STAIN_OF_RGB = np.linalg.inv(_RGB_OF_STAIN).astype(np.float32)


def stain_amounts(pixels: npt.NDArray[Any], white: float) -> npt.NDArray[np.float32]:
    """Return how much of each stain a pixel holds.

    Parameters
    ----------
    pixels : ndarray, shape (H, W, 3)
        Red, green and blue.
    white : float
        Value of bare glass.

    Returns
    -------
    amounts : ndarray of float32, shape (H, W, 2)
        Haematoxylin and eosin as natural optical densities along the colour of each; what neither
        explains is left out, and an amount that would be negative is 0.
    """
    light = np.clip(pixels.astype(np.float32), 1, white) / np.float32(white)
    amounts = -np.log(light) @ _STAIN_OF_RGB
    return np.asarray(np.maximum(amounts[..., :2], 0), np.float32)


def stain_only(pixels: npt.NDArray[Any], stain: str, white: float) -> npt.NDArray[np.uint8]:
    """Return the picture that one of `STAINS` alone would give, on white; shape (H, W, 3)."""
    which = STAINS.index(stain)
    amount = stain_amounts(pixels, white)[..., which]
    light = np.exp(-amount[..., None] * _RGB_OF_STAIN[which].astype(np.float32))
    return np.asarray(np.rint(light * 255), np.uint8)
