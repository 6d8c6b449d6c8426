"""Predicted masks beside the truth: what was found, missed and invented, in colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nuclarium.report.figures import Rgb

FOUND = (255, 255, 255)
INVENTED = (230, 120, 0)
MISSED = (40, 130, 230)
"""White, orange and blue: apart for all eyes."""

Mask = npt.NDArray[np.bool_]


def mask_picture(mask: Mask) -> Rgb:
    """White nuclei on black; shape (H, W) to (H, W, 3)."""
    return np.repeat((255 * mask.astype(np.uint8))[:, :, None], 3, axis=2)


def agreement_picture(prediction: Mask, truth: Mask) -> Rgb:
    """Colour pixels that both have, and those that only one has."""
    picture = np.zeros((*truth.shape, 3), np.uint8)
    picture[prediction & truth] = FOUND
    picture[prediction & ~truth] = INVENTED
    picture[~prediction & truth] = MISSED
    return picture
