"""Masks as pictures: grey values to read off, and tiles to lie over an image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.server.assist_bodies import LayerName
from nuclarium.suggest.layers import HALF, Layer, Layers

TILE_PX = 256
MOST_TILE_PIXELS = 1 << 20
"""Pixels of the image that one tile is masked of while the whole plane is not there."""

COLOURS = ((0, 0, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0), (213, 94, 0))
"""Red, green, blue of the classes from the background on, of Okabe and Ito's colours."""

_UNSURE = (240, 228, 66)


def tile_window(shape: tuple[int, int], level: int, row: int, column: int) -> Box | None:
    """Pixels of the image that a tile shows; None where it lies outside."""
    if level > 30:
        return None
    side = TILE_PX << level
    box = Box(row * side, column * side, (row + 1) * side, (column + 1) * side)
    found = box.intersection(Box.of_shape(shape))
    return found if 0 not in found.shape else None


def grey_png(layer: Layer) -> bytes:
    """Encode a layer without loss."""
    return _png(np.ascontiguousarray(layer))


def tile_png(layers: Layers, name: LayerName, level: int) -> bytes:
    """Paint a tile: the mask in the colour of its class, or how unsure it is in yellow."""
    if name == "uncertainty":
        picture = _tinted(layers.uncertainty, _UNSURE)
    elif name == "classes":
        lookup = np.zeros((256, 4), np.uint8)
        for number in range(2, 256):
            lookup[number] = (*COLOURS[(number - 1) % len(COLOURS)], 255)
        picture = lookup[layers.classes]
    else:
        picture = _tinted(
            np.where(layers.probability >= HALF, np.uint8(255), np.uint8(0)), COLOURS[1]
        )
    return _png(_reduced(picture, level)[..., [2, 1, 0, 3]])


def _tinted(alpha: Layer, colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    picture = np.empty((*alpha.shape, 4), np.uint8)
    picture[..., :3] = colour
    picture[..., 3] = alpha
    return picture


def _reduced(picture: npt.NDArray[np.uint8], level: int) -> npt.NDArray[np.uint8]:
    if level == 0:
        return picture
    size = tuple(-(-side // (1 << level)) for side in picture.shape[1::-1])
    reduced: npt.NDArray[np.uint8] = np.asarray(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8
    )
    return reduced


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    _, data = cv2.imencode(".png", np.ascontiguousarray(picture), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return bytes(data.tobytes())
