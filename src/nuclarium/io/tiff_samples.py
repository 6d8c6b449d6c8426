"""What the samples of a TIFF pixel are: grey, colour, colour with alpha, channels or palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError

_MIN_IS_WHITE, _RGB, _PALETTE, _YCBCR = 0, 2, 3, 6
_APERIO_YCBCR = 33003
_COLOUR_DECODERS = {_APERIO_YCBCR, 6, 7, 33007, 34892, 34934, 50001, 50002, 33005, 34712}
_OTHER_COLOURS = {4: "a mask", 5: "CMYK", 8: "CIE L*a*b*", 9: "ICC L*a*b*", 10: "ITU L*a*b*"}


@dataclass(frozen=True)
class Samples:
    """Which samples of a pixel are kept, and what they are.

    Parameters
    ----------
    take : tuple of int
        Indices of the samples that are kept.
    are_channels : bool
        Whether each is a channel of its own; otherwise they are one grey value or one colour.
    lookup : ndarray of uint8, shape (n, 3), or None
        Colours of a palette.
    is_ycbcr : bool
        Whether decoded samples are YCbCr, still to be turned into RGB.
    """

    take: tuple[int, ...]
    are_channels: bool
    dtype: np.dtype[Any]
    bit_depth: int
    notes: tuple[str, ...] = ()
    lookup: npt.NDArray[np.uint8] | None = None
    is_ycbcr: bool = False

    @property
    def is_rgb(self) -> bool:
        """Whether a pixel is a colour."""
        return self.lookup is not None or (len(self.take) == 3 and not self.are_channels)


def choose_samples(series: Any, name: str) -> Samples:
    """Decide what the samples of a series are.

    Raises
    ------
    UnreadableImageError
        If its colours are none that can be shown as RGB.
    """
    key = series.keyframe
    photometric, count = int(key.photometric), int(key.samplesperpixel)
    if photometric in _OTHER_COLOURS and series.kind != "lsm":
        raise UnreadableImageError(
            f"{name} must be grey or RGB, but its pixels are {_OTHER_COLOURS[photometric]}. "
            "Convert it to RGB."
        )
    dtype, bits = np.dtype(key.dtype), _bits(key)
    if count == 1:
        return _single(key, photometric, series.kind, dtype, bits)
    if series.kind == "lsm" or _declared_as_channels(series, count):
        return Samples(tuple(range(count)), True, dtype, bits)
    if photometric in (_RGB, _YCBCR) and count >= 3:
        _check_ycbcr(key, photometric, name)
        notes = (
            () if count == 3 else (f"{count - 3} extra sample (alpha) of each pixel is dropped",)
        )
        # Aperio's JPEG 2000 of this number holds YCbCr, whatever the photometric tag says.
        is_ycbcr = int(key.compression) == _APERIO_YCBCR
        return Samples((0, 1, 2), False, dtype, bits, notes, is_ycbcr=is_ycbcr)
    if count == 2 and key.extrasamples and int(key.extrasamples[0]) in (1, 2):
        return Samples((0,), False, dtype, bits, ("the alpha sample of each pixel is dropped",))
    return Samples(tuple(range(count)), True, dtype, bits)


def _bits(key: Any) -> int:
    bits = key.bitspersample
    return int(max(bits)) if isinstance(bits, tuple) else int(bits)


def _single(key: Any, photometric: int, kind: str, dtype: np.dtype[Any], bits: int) -> Samples:
    if photometric == _MIN_IS_WHITE:
        note = "the file says that 0 is white (MinIsWhite); values are left as they are stored"
        return Samples((0,), False, dtype, bits, (note,))
    colormap = key.colormap if photometric == _PALETTE else None
    if colormap is None or kind == "imagej":
        return Samples((0,), False, dtype, bits)
    table = (np.asarray(colormap).T >> 8).astype(np.uint8)
    if _is_intensity(table):
        note = "stored with a colour table of rising brightness; values are taken as intensities"
        return Samples((0,), False, dtype, bits, (note,))
    table = np.concatenate([table, np.zeros((max(0, (1 << bits) - len(table)), 3), np.uint8)])
    note = "stored with a colour table, which is applied"
    return Samples((0,), False, np.dtype(np.uint8), 8, (note,), table)


def _is_intensity(table: npt.NDArray[np.uint8]) -> bool:
    """Whether a colour table only tints an intensity: no colour falls as the index rises."""
    return bool((np.diff(table.astype(np.int16), axis=0) >= 0).all())


def axis_lengths(series: Any) -> list[tuple[str, int]]:
    """Return the axes of a series with their lengths, those of length 1 too."""
    if hasattr(series, "get_axes"):  # until tifffile 2026.3, which leaves them out of `axes`
        return list(zip(series.get_axes(False), series.get_shape(False), strict=True))
    return list(zip(series.axes, series.shape, strict=True))


def _declared_as_channels(series: Any, count: int) -> bool:
    sizes = dict(axis_lengths(series))
    return sizes.get("S", 1) == 1 and sizes.get("C") == count


def _check_ycbcr(key: Any, photometric: int, name: str) -> None:
    if photometric == _YCBCR and int(key.compression) not in _COLOUR_DECODERS:
        raise UnreadableImageError(
            f"{name} must hold RGB, but its pixels are YCbCr with compression "
            f"{int(key.compression)}, which is not supported. Convert it to RGB."
        )


def rgb_of_ycbcr(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Turn YCbCr of 8 bits, shape (H, W, 3), into RGB by the full-range matrix of JPEG (BT.601)."""
    y, cb, cr = (pixels[..., i].astype(np.float32) for i in range(3))
    cb, cr = cb - 128, cr - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    rounded: npt.NDArray[np.uint8] = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return rounded
