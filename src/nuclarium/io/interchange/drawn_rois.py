"""Regions of ImageJ and Fiji, read from .roi files and ROI sets, with their names and groups."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path

import numpy as np
from roifile import ROI_TYPE, ImagejRoi

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.geometry import to_yx
from nuclarium.io.interchange.drawings import Drawing, Points

_LINES = (ROI_TYPE.LINE, ROI_TYPE.FREELINE, ROI_TYPE.POLYLINE, ROI_TYPE.ANGLE)
_NUMBERED = re.compile(r"^[\d\s_-]*(.*?)[\s_#:-]*\d*$")
_MOST_BYTES = 1 << 28
_TURN = np.linspace(0, 2 * np.pi, 128, endpoint=False)


def read_imagej_drawings(path: Path) -> list[Drawing]:
    """Read a .roi file or a ROI set (.zip).

    The class of a region is its name without the numbers around it (``foreground-3`` and
    ``0001-foreground`` are ``foreground``), and its group is kept.

    Raises
    ------
    UnreadableImageError
        If the file holds no regions.
    """
    try:
        rois = _rois(path)
        return [_drawing(roi) for roi in rois]
    except (OSError, ValueError, IndexError, struct.error, zipfile.BadZipFile, KeyError) as error:
        raise UnreadableImageError(
            f"{path.name} must be an ImageJ .roi file or a ROI set (.zip), but reading it failed: "
            f"{error}. Save it in Fiji with ROI Manager > More > Save."
        ) from error


def class_in_name(name: str) -> str:
    """Name of a region without the numbers around it.

    Examples
    --------
    >>> class_in_name("foreground-3"), class_in_name("0001-0042-background"), class_in_name("0001")
    ('foreground', 'background', '')
    """
    found = _NUMBERED.match(name)
    return found.group(1) if found else ""


def _rois(path: Path) -> list[ImagejRoi]:
    if path.suffix.lower() != ".zip":
        return [ImagejRoi.frombytes(path.read_bytes())]
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".roi")]
        size = sum(archive.getinfo(name).file_size for name in names)
        if size > _MOST_BYTES:
            raise ValueError(f"its regions must have {_MOST_BYTES:,} bytes, but have {size:,}")
        rois = []
        for name in names:
            roi = ImagejRoi.frombytes(archive.read(name))
            roi.name = roi.name or Path(name).stem
            rois.append(roi)
    if not rois:
        raise ValueError("it holds no .roi file")
    return rois


def _drawing(roi: ImagejRoi) -> Drawing:
    z = int(roi.z_position or roi.position or 0)
    kind = "line" if roi.roitype in _LINES else "area"
    if roi.roitype == ROI_TYPE.POINT:
        kind = "points"
    width = float(roi.float_stroke_width or roi.stroke_width or 1)
    return Drawing(
        kind,  # type: ignore[arg-type]
        _parts(roi),
        class_in_name(roi.name or ""),
        int(roi.group or 0),
        width if kind == "line" else 1.0,
        z - 1 if z > 0 else None,
    )


def _parts(roi: ImagejRoi) -> tuple[Points, ...]:
    if roi.roitype == ROI_TYPE.OVAL and roi.multi_coordinates is None:
        return (_ellipse(roi),)
    found = roi.coordinates(multi=True)
    return tuple(to_yx(np.asarray(part, np.float64).reshape(-1, 2)) for part in found)


def _ellipse(roi: ImagejRoi) -> Points:
    height, width = roi.bottom - roi.top, roi.right - roi.left
    y = roi.top + height / 2 * (1 + np.sin(_TURN))
    x = roi.left + width / 2 * (1 + np.cos(_TURN))
    return np.column_stack([y, x])
