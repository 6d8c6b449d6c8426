"""PNG and JPEG pictures."""

from __future__ import annotations

import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.io.checks import check_pixel_type, check_plane, check_segment
from nuclarium.io.scenes import check_scene
from nuclarium.io.segments import PNG_SIGNATURE, check_png, jpeg_frame

_JPEG = b"\xff\xd8\xff"
_NO_SPACING = "PNG and JPEG carry at most dots per inch for print, which do not calibrate"
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6


@dataclass(frozen=True, slots=True)
class _Header:
    format: str
    height: int
    width: int
    bit_depth: int
    is_rgb: bool
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        plane = (self.height, self.width)
        return (1, 1, 1, *plane, 3) if self.is_rgb else (1, 1, 1, *plane)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint16 if self.bit_depth > 8 else np.uint8)


@dataclass(frozen=True)
class RasterReader:
    """Reads PNG and JPEG; a picture is decoded whole when its first window is asked for."""

    name: str = "PNG and JPEG"

    def refusal(self, path: Path, head: bytes) -> str | None:
        """Return None for a file with the signature of PNG or JPEG."""
        return None if head.startswith((PNG_SIGNATURE, _JPEG)) else "no PNG or JPEG signature"

    def open(self, path: Path, scene: int) -> Image:
        """Read the header; the compressed bytes are kept, at most as many as the file has."""
        check_scene(scene, ("",), path.name)
        data = path.read_bytes()
        header = (_png if data.startswith(PNG_SIGNATURE) else _jpeg)(data, path.name)
        check_plane(header.height, header.width, 1, path.name)
        # Decoders work with four samples a pixel where there is alpha.
        check_segment(header.height * header.width * 4 * header.dtype.itemsize, path.name)
        return Image(
            source=RasterPixels(data, header),
            name=path.name,
            shape=header.shape,
            dtype=header.dtype,
            spacing=None,
            spacing_source=_NO_SPACING,
            channel_names=("",),
            bit_depth=header.bit_depth,
            level_shapes=((header.height, header.width),),
            format=header.format,
            path=path,
            notes=header.notes,
        )


@dataclass
class RasterPixels:
    """A picture that is decoded once, when its first window is read."""

    data: bytes
    header: _Header
    _pixels: npt.NDArray[Any] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        """Return a copy of the window."""
        with self._lock:
            if self._pixels is None:
                self._pixels = _decoded(self.data, self.header)
            pixels = self._pixels
        return pixels[window.slices].copy()

    def close(self) -> None:
        """Forget the pixels; there is no file to release."""
        self.data, self._pixels = b"", None


def _decoded(data: bytes, header: _Header) -> npt.NDArray[Any]:
    import imagecodecs

    decode = imagecodecs.png_decode if header.format == "PNG" else imagecodecs.jpeg8_decode
    pixels: npt.NDArray[Any] = decode(data)
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    if pixels.shape[:2] != (header.height, header.width) or pixels.dtype != header.dtype:
        raise ValueError(f"{pixels.shape} pixels of {pixels.dtype} do not fit its header")
    if header.is_rgb:
        return np.repeat(pixels[..., :1], 3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    return pixels[..., 0]


def _png(data: bytes, name: str) -> _Header:
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise ValueError("it has no header chunk")
    check_png(data)
    width, height, bits, colour = struct.unpack(">IIBB", data[16:26])
    if bits == 1 and colour == _GREY:
        check_pixel_type(np.dtype(bool), name)
    if colour not in (_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA):
        raise ValueError(f"colour type {colour} is not known")
    notes: tuple[str, ...] = ()
    if colour in (_GREY_ALPHA, _RGB_ALPHA):
        notes = ("the alpha sample of each pixel is dropped",)
    if colour == _PALETTE:
        notes = ("stored with a colour table, which is applied",)
    is_rgb = colour in (_RGB, _PALETTE, _RGB_ALPHA)
    return _Header("PNG", height, width, 8 if colour == _PALETTE else max(bits, 8), is_rgb, notes)


def _jpeg(data: bytes, name: str) -> _Header:
    frame = jpeg_frame(data)
    if frame is None:
        raise ValueError("it has no frame header")
    if frame.components not in (1, 3) or frame.bits != 8:
        raise UnreadableImageError(
            f"{name} must be grey or RGB of 8 bits, but it has {frame.components} samples of "
            f"{frame.bits} bits a pixel. Convert it to RGB."
        )
    note = "JPEG compression has altered the intensities; measure on the original where possible"
    return _Header("JPEG", frame.height, frame.width, 8, frame.components == 3, (note,))
