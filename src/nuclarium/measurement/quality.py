"""Plain sentences on what makes the numbers of an image doubtful."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.image import Image
from nuclarium.core.labels import LabelReader, Labels
from nuclarium.measurement.focus import BLUR_LIMIT, edge_blur

SATURATED_SHARE = 0.01
"""Share of the nuclei's pixels at the top of the range above which a plane counts as saturated."""
BORDER_SHARE = 1 / 3
"""Share of nuclei at the border of the image above which sizes and counts are doubtful."""

_WHOLE_PX = 2048 * 2048
_SAMPLE_SIDE = 512
_SAMPLES_A_SIDE = 4


@dataclass(frozen=True, slots=True)
class QualityWarning:
    """What is doubtful about a plane: its kind in two or three words, and a plain sentence."""

    kind: str
    text: str


def warnings_for(
    image: Image,
    labels: Labels | LabelReader,
    table: pd.DataFrame,
    *,
    spacing: Spacing | None = None,
    c: int = 0,
    z: int = 0,
    t: int = 0,
) -> list[QualityWarning]:
    """Say what is doubtful about a plane and its nuclei.

    Pixels are looked at whole up to 2048 × 2048, and in 16 windows of 512 × 512 spread evenly over
    a larger plane. Focus and saturation are judged in grey images only, not in colours.

    Parameters
    ----------
    image : Image
        Where the pixels come from.
    labels : ndarray of int32, shape (H, W), or callable
        Its nuclei, or a reader of their windows.
    table : pandas.DataFrame
        What `measure` gave for this plane.
    spacing : Spacing, optional
        Given by hand where the image has none.
    c, z, t : int
        Channel that shows the nuclei, plane and time point, from 0.

    Returns
    -------
    warnings : list of QualityWarning
        Empty when nothing was found.
    """
    found: list[QualityWarning] = []
    if not (image.spacing or spacing):
        found.append(QualityWarning("no spacing", _NO_SPACING.format(image.spacing_source)))
    if len(table) == 0:
        return [*found, QualityWarning("no nuclei", "No nuclei were found in this plane.")]
    found += _border_warning(table)
    if image.is_rgb:
        return found
    at_top, total, blur = 0, 0, []
    top = _top_value(image, c, z, t)
    for window in iter_sample_windows(image.plane_shape):
        pixels = image.read(window, c=c, z=z, t=t)
        inside = labels(window) if callable(labels) else labels[window.slices]
        nuclei = pixels[inside > 0]
        at_top, total = at_top + int((nuclei >= top).sum()), total + nuclei.size
        blur.append(edge_blur(pixels, inside))
    return found + _saturation_warning(at_top, total, top) + _focus_warning(np.array(blur))


def volume_warnings(image: Image, table: pd.DataFrame) -> list[QualityWarning]:
    """Say what is doubtful about the nuclei of a stack.

    Parameters
    ----------
    image : Image
        Any slice of the stack, with its spacing.
    table : pandas.DataFrame
        What `measure_volumes` gave.
    """
    found: list[QualityWarning] = []
    if image.spacing is None:
        found.append(QualityWarning("no spacing", _NO_VOXEL.format(image.spacing_source)))
    elif image.spacing.z is None:
        found.append(QualityWarning("no spacing of slices", _NO_STEP))
    if len(table) == 0:
        return [*found, QualityWarning("no nuclei", "No nuclei were found in this stack.")]
    return found + _border_warning(table)


def iter_sample_windows(shape: tuple[int, int]) -> Iterator[Box]:
    """Yield the windows of a plane that are looked at: all of it, or at most 16 of 512 × 512."""
    if shape[0] * shape[1] <= _WHOLE_PX:
        yield Box.of_shape(shape)
        return
    height, width = (min(side, _SAMPLE_SIDE) for side in shape)
    for y0 in np.unique(np.linspace(0, shape[0] - height, _SAMPLES_A_SIDE).astype(int)).tolist():
        for x0 in np.unique(np.linspace(0, shape[1] - width, _SAMPLES_A_SIDE).astype(int)).tolist():
            yield Box(y0, x0, y0 + height, x0 + width)


_NO_SPACING = (
    "The size of a pixel is not known ({}), so lengths are in pixels; give the spacing in µm."
)

_NO_VOXEL = (
    "The size of a voxel is not known ({}), so volumes are numbers of voxels; give it with "
    "--spacing-um and --spacing-z-um."
)
_NO_STEP = (
    "The distance of two slices is not known, so volumes are numbers of voxels; give it with "
    "--spacing-z-um."
)


def _top_value(image: Image, c: int, z: int, t: int) -> float:
    """Return the value of a full pixel, by the file's bit depth or the camera's that shows."""
    if image.dtype.kind not in "ui":
        return float("inf")
    windows = iter_sample_windows(image.plane_shape)
    largest = max(int(image.read(window, c=c, z=z, t=t).max()) for window in windows)
    camera = [2**bits - 1 for bits in (8, 10, 12, 14)]
    return largest if largest in camera else 2**image.bit_depth - 1


def _border_warning(table: pd.DataFrame) -> list[QualityWarning]:
    number = int(table["touches_border"].sum())
    if number <= BORDER_SHARE * len(table) or number < 2:
        return []
    text = (
        f"{number} of {len(table)} nuclei touch the border of the image and may be cut; "
        "leave them out (touches_border) where size or shape matters."
    )
    return [QualityWarning("cut at the border", text)]


def _saturation_warning(at_top: int, total: int, top: float) -> list[QualityWarning]:
    if total == 0 or at_top <= SATURATED_SHARE * total:
        return []
    text = (
        f"{at_top / total:.1%} of the nuclei's pixels have the largest value, {top:g}: they are "
        "saturated, and intensities are too low; expose for a shorter time."
    )
    return [QualityWarning("saturated", text)]


def _focus_warning(blur: npt.NDArray[np.float64]) -> list[QualityWarning]:
    known = blur[~np.isnan(blur)]
    if len(known) == 0 or np.median(known) <= BLUR_LIMIT:
        return []
    text = (
        f"The image may be out of focus: the edges of nuclei are smeared over "
        f"{np.median(known):.2f} of their diameter, more than {BLUR_LIMIT}; look at it before "
        "using its numbers."
    )
    return [QualityWarning("out of focus", text)]
