"""Pictures as bytes for the browser: without loss where values are read off, JPEG for slides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

_JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as it is sent.

    Parameters
    ----------
    body : bytes
    media_type : str
    made : float
        Below 1, it shows a sketch, and will be sharper when it is asked for again.
    """

    body: bytes
    media_type: str
    made: float = 1.0


def encoded(picture: npt.NDArray[np.uint8], *, lossless: bool) -> Encoded:
    """Encode a picture, shape (H, W) or (H, W, 3) in red, green, blue: PNG or JPEG."""
    ordered: npt.NDArray[Any] = picture if picture.ndim == 2 else picture[..., ::-1]
    ordered = np.ascontiguousarray(ordered)
    if lossless:
        _, data = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        return Encoded(data.tobytes(), "image/png")
    settings = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", ordered, settings)
    return Encoded(data.tobytes(), "image/jpeg")
