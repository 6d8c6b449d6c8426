"""ROI sets of ImageJ and Fiji: a zip with one outline a nucleus, for the ROI Manager."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

from nuclarium.core.geometry import to_xy
from nuclarium.core.outlines import Outline
from nuclarium.core.tracing import Ring
from nuclarium.io.write import written_whole

_MOVE_TO, _LINE_TO, _CLOSE = 0.0, 1.0, 4.0
_LARGEST_INTEGER = 32_767


def write_imagej_rois(path: Path, outlines: Iterable[Outline]) -> int:
    """Write nuclei as a ROI set; each ROI is named by its label, in a stack after its slice.

    Coordinates are whole pixel corners, as ImageJ's own wand traces them, so measuring a ROI in
    ImageJ gives the pixel count of the nucleus. Nuclei with holes or of several parts become
    composite ROIs.

    Parameters
    ----------
    path : Path
        Ends in ``.zip``, so that Fiji recognises it.
    outlines : iterable of Outline
        Written as they come; those with a z are shown on that slice only.

    Returns
    -------
    count : int
        Nuclei written.
    """
    count = 0
    with (
        written_whole(path) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for outline in outlines:
            roi = _roi(outline)
            roi.name = f"{outline.label:05}"
            if outline.z is not None:
                roi.position = outline.z + 1
                roi.name = f"{roi.position:04}-{roi.name}"
            archive.writestr(f"{roi.name}.roi", roi.tobytes())
            count += 1
    return count


def _roi(outline: Outline) -> ImagejRoi:
    rings = [ring for p in outline.polygons for ring in (p.exterior, *p.holes)]
    roi = _composite(rings) if len(rings) > 1 else _traced(rings[0])
    corners = np.concatenate(rings)
    roi.top, roi.left = (int(v) for v in corners.min(axis=0))
    roi.bottom, roi.right = (int(v) for v in corners.max(axis=0))
    return roi


def _traced(ring: Ring) -> ImagejRoi:
    """Outline in whole numbers, or in floating point where the format's 16 bits end."""
    points_xy = to_xy(ring.astype(np.float64))
    whole = points_xy.max() <= _LARGEST_INTEGER
    roi = ImagejRoi.frompoints(points_xy.astype(np.int32) if whole else points_xy)
    roi.roitype = ROI_TYPE.TRACED
    return roi


def _composite(rings: list[Ring]) -> ImagejRoi:
    segments: list[float] = []
    for ring in rings:
        for number, (x, y) in enumerate(to_xy(ring.astype(np.float64)).tolist()):
            segments += [_LINE_TO if number else _MOVE_TO, x, y]
        segments.append(_CLOSE)
    roi = ImagejRoi()
    roi.roitype = ROI_TYPE.RECT
    roi.options |= ROI_OPTIONS.OVERLAY_LABELS
    roi.multi_coordinates = np.array(segments, np.float32)
    roi.shape_roi_size = len(segments)
    return roi
