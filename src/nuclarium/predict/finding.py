"""What a model finds in parts of a plane: how sure it is, and how large the nuclei are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.predict.engine import Engine
from nuclarium.predict.model import InputSpec, Model
from nuclarium.predict.plane import PlaneLabels, PlaneReader, segment_plane
from nuclarium.predict.sampling import SampledPlane
from nuclarium.preprocess.intensity import (
    IntensityRange,
    percentile_range,
    type_range,
)

_BRIGHT = 0.5
_LARGEST_SHARE = 0.4
"""What covers more of a window than this is its light, not a nucleus."""

_FEW = 0.05
_SURE = 0.85
_SURE_OF_DIM = 0.9
_COVERED = 0.6


@dataclass(frozen=True)
class Finding:
    """Nuclei that were found in parts of a plane.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        Mean foreground probability of each.
    diameter : ndarray of float64, shape (n,)
        Of the circle of the same area, in pixels of the plane, also of nuclei that the border
        cuts: of nuclei larger than the window nothing whole would be left but specks.
    covered : float
        Part of the bright pixels, above the middle of the range, that are in nuclei; 1 without any
        such pixel, and for colour, where brightness says nothing.
    smoothness : float
        Correlation of pixels with their neighbours: near 1 where what is bright is many pixels
        wide, 0 for noise that has nothing to do with its neighbours. It is 1 where nobody asks:
        for a plane that was not enlarged, and for colour.
    """

    score: npt.NDArray[np.float64]
    diameter: npt.NDArray[np.float64]
    covered: float = 1.0
    smoothness: float = 1.0

    @property
    def sureness(self) -> float:
        """Mean score, in [0, 1]; 0 without any nucleus."""
        return float(self.score.mean()) if len(self.score) else 0.0

    @property
    def evidence(self) -> float:
        """Sureness, less where it rests on few nuclei; below 0 without any."""
        return self.sureness - _FEW / math.sqrt(max(1, len(self.score)))

    @property
    def is_sure(self) -> bool:
        """Whether these are nuclei, seen at a size that the model knows.

        Noise, and nuclei that are far too small or too large for the model, score less; and the
        grain of the ground beside nuclei that are too large covers little that is bright.
        """
        return self.evidence >= (_SURE if self.covered >= _COVERED else _SURE_OF_DIM)

    @property
    def is_likely(self) -> bool:
        """Whether these are nuclei, however few."""
        return self.sureness >= (_SURE if self.covered >= _COVERED else _SURE_OF_DIM)

    @property
    def typical_diameter(self) -> float:
        """Diameter in pixels such that half of the sum of all diameters lies above it."""
        ordered = np.sort(self.diameter)
        total = np.cumsum(ordered)
        return float(ordered[np.searchsorted(total, total[-1] / 2)])


def input_range(
    pixels: npt.NDArray[Any], spec: InputSpec, *, is_dark: bool = False
) -> IntensityRange:
    """Range of intensities that a model sees of a plane, from its sample.

    Parameters
    ----------
    pixels : ndarray, shape (N,) or (N, 3)
    spec : InputSpec
        Colours keep the range of their type, other intensities get that of percentiles.
    is_dark : bool
        Whether nuclei are darker than the ground, so that the range is turned round.
    """
    if spec.kind == "colour":
        return type_range(pixels)
    low, high = spec.percentiles
    return percentile_range(pixels, (100 - low, 100 - high) if is_dark else (low, high))


def look(
    plane: SampledPlane,
    model: Model,
    engine: Engine,
    *,
    magnification: float = 1.0,
    is_dark: bool = False,
) -> tuple[Finding, PlaneLabels | None]:
    """Find the nuclei in parts of a plane.

    Returns
    -------
    finding : Finding
    labels : PlaneLabels or None
        Those of the plane, if all of it was looked at.
    """
    intensity = input_range(plane.pixels, model.input, is_dark=is_dark)
    windows = plane.windows(magnification, model.input)
    parts = []
    for window in windows:
        labels = _labels_of(plane, window, intensity, magnification, model, engine)
        seen = intensity.apply(plane.read(window)) if model.input.kind != "colour" else None
        parts.append(_part(labels, seen, is_enlarged=magnification > 1))
    is_whole = windows == (Box.of_shape(plane.shape),)
    return _finding(parts), labels if is_whole else None


@dataclass(frozen=True)
class _Part:
    """Nuclei of one window: scores, diameters, and how many of its bright pixels they hold."""

    score: npt.NDArray[np.float64]
    diameter: npt.NDArray[np.float64]
    bright: int
    bright_inside: int
    variance: float
    covariance: float


def _part(found: PlaneLabels, seen: npt.NDArray[np.float32] | None, *, is_enlarged: bool) -> _Part:
    labels = found.to_array()
    area = np.bincount(labels.ravel(), minlength=found.count + 1)[1:]
    kept = area <= _LARGEST_SHARE * labels.size
    bright = np.zeros(labels.shape, bool) if seen is None else seen > _BRIGHT
    grain = seen if is_enlarged else None
    return _Part(
        score=found.nuclei.score[kept],
        diameter=2 * np.sqrt(area[kept] / np.pi),
        bright=int(bright.sum()),
        bright_inside=int((bright & (labels > 0)).sum()),
        variance=0.0 if grain is None else float(grain.var()),
        covariance=0.0 if grain is None else _neighbours_covariance(grain),
    )


def _neighbours_covariance(seen: npt.NDArray[np.float32]) -> float:
    """Mean product of what two neighbours differ by from the mean, down and to the right."""
    apart = seen - seen.mean()
    along = [apart[1:] * apart[:-1], apart[:, 1:] * apart[:, :-1]]
    return float(np.mean([product.mean() if product.size else 0.0 for product in along]))


def _finding(parts: Sequence[_Part]) -> Finding:
    bright = sum(part.bright for part in parts)
    variance = sum(part.variance for part in parts)
    return Finding(
        score=np.concatenate([part.score for part in parts]),
        diameter=np.concatenate([part.diameter for part in parts]),
        covered=sum(part.bright_inside for part in parts) / bright if bright else 1.0,
        smoothness=sum(part.covariance for part in parts) / variance if variance else 1.0,
    )


def _labels_of(
    plane: SampledPlane,
    window: Box,
    intensity: IntensityRange,
    magnification: float,
    model: Model,
    engine: Engine,
) -> PlaneLabels:
    """Labels of a window as if it were a plane of its own."""

    def read(box: Box) -> npt.NDArray[Any]:
        return plane.read(box.shifted(window.y0, window.x0))

    part = PlaneReader(read, window.shape, intensity, magnification)
    return segment_plane(part, engine, model.input, model.decoder)
