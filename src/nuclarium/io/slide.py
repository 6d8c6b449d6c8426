"""Whole slides of other vendors (MIRAX, Ventana, Leica, Philips, ...) through OpenSlide."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import MissingExtraError
from nuclarium.core.geometry import Box
from nuclarium.core.image import Image
from nuclarium.io.checks import check_plane
from nuclarium.io.scenes import check_scene
from nuclarium.io.units import calibrated

_HEADS = (b"[Virtual Microscope Specimen]", b"[Uncompressed Virtual Microscope Specimen]")
_DICOM_AT = 128


@dataclass(frozen=True)
class SlideReader:
    """Reads slides that only OpenSlide knows."""

    name: str = "whole slides by OpenSlide (MRXS, VMS, VMU, DICOM; BIF, SCN, Philips TIFF)"

    def refusal(self, path: Path, head: bytes) -> str | None:
        """Return None for MIRAX, Hamamatsu VMS or VMU, and DICOM; TIFF slides are told later."""
        is_mirax = (
            path.suffix.lower() == ".mrxs" and (path.with_suffix("") / "Slidedat.ini").exists()
        )
        is_dicom = head[_DICOM_AT : _DICOM_AT + 4] == b"DICM"
        if is_mirax or is_dicom or head.lstrip(b"\xef\xbb\xbf").startswith(_HEADS):
            return None
        return "no slide that OpenSlide alone reads"

    def open(self, path: Path, scene: int) -> Image:
        """Read sizes and properties."""
        return open_slide(path, scene)


def open_slide(path: Path, scene: int) -> Image:
    """Open a slide with OpenSlide.

    Raises
    ------
    MissingExtraError
        If OpenSlide is not installed.
    """
    try:
        import openslide
    except (ImportError, OSError) as error:
        raise MissingExtraError(f"Reading the slide {path.name}", "slides") from error
    check_scene(scene, ("",), path.name)
    slide = openslide.OpenSlide(path)
    try:
        return _image(slide, path)
    except BaseException:
        slide.close()
        raise


def _image(slide: Any, path: Path) -> Image:
    shapes = tuple((int(height), int(width)) for width, height in slide.level_dimensions)
    check_plane(*shapes[0], 1, path.name)
    properties = slide.properties
    y, x = (_number(properties.get(f"openslide.mpp-{axis}")) for axis in "yx")
    vendor = properties.get("openslide.vendor", "slide")
    calibration = calibrated(y, x, None, "OpenSlide mpp", "OpenSlide finds no µm per pixel in it")
    return Image(
        source=SlidePixels(slide, shapes, tuple(slide.level_downsamples)),
        name=path.name,
        shape=(1, 1, 1, *shapes[0], 3),
        dtype=np.dtype(np.uint8),
        spacing=calibration.spacing,
        spacing_source=calibration.source,
        channel_names=("",),
        bit_depth=8,
        level_shapes=shapes,
        format=f"{vendor} slide (OpenSlide)",
        path=path,
        notes=("areas that were not scanned are white",),
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


@dataclass
class SlidePixels:
    """Pixels of a slide, over white where nothing was scanned."""

    slide: Any
    shapes: tuple[tuple[int, int], ...]
    downsamples: tuple[float, ...]
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, window: Box, *, t: int, c: int, z: int, level: int) -> npt.NDArray[Any]:
        """Return the window as RGB."""
        scale = self.downsamples[level]
        height, width = window.shape
        corner = (round(window.x0 * scale), round(window.y0 * scale))
        with self._lock:
            picture = self.slide.read_region(corner, level, (width, height))
        rgba = np.asarray(picture).astype(np.uint16)
        alpha = rgba[..., 3:]
        pixels: npt.NDArray[Any] = (rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
        return pixels.astype(np.uint8)

    def close(self) -> None:
        """Close the slide."""
        self.slide.close()
