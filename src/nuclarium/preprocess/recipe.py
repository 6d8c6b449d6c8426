"""A recipe: steps that make an image fit for looking and for annotating, never its raw pixels.

The same recipe gives the same bits on every machine: steps work in float64 with additions,
products, quotients, square roots, minima and order only, each rounded as IEEE 754 says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.preprocess.background import estimated_light, relative_light, rolling_ball
from nuclarium.preprocess.intensity import percentiles
from nuclarium.preprocess.smoothing import MOST_MEAN_PX, Pixels, gaussian_filter, mean_filter

MOST_BALL_PX = 200.0
MOST_SIGMA_PX = 300.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a step may need beside the pixels.

    Parameters
    ----------
    spacing : Spacing or None
        For sizes in µm.
    references : mapping of str to ndarray
        Images of even fields, by the name that a step gives.
    """

    spacing: Spacing | None = None
    references: Mapping[str, Pixels] | None = None


class Step(Protocol):
    """One step; a frozen value that checks itself."""

    name: ClassVar[str]
    what: ClassVar[str]

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Return new pixels of the same shape; `pixels` stay as they are."""
        ...


@dataclass(frozen=True, slots=True)
class Threshold:
    """Cut off what is above `high` or below `low`, in grey levels."""

    name: ClassVar[str] = "threshold"
    what: ClassVar[str] = "clip to the grey levels from low (0) to high"

    high: float
    low: float = 0.0

    def __post_init__(self) -> None:
        _check(self.high > self.low, "threshold", "low below high", f"{self.low} and {self.high}")

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Clip."""
        return np.clip(pixels, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean over a disc, which removes noise."""

    name: ClassVar[str] = "mean"
    what: ClassVar[str] = "mean over a disc of radius_px or radius_um, 0.5 to 10 px"

    radius_px: float | None = None
    radius_um: float | None = None

    def __post_init__(self) -> None:
        _check_size("mean", "radius", self.radius_px, self.radius_um, 0.5, MOST_MEAN_PX)

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Smooth."""
        size = (self.radius_px, self.radius_um)
        return mean_filter(pixels, _pixels("mean", *size, around, 0.5, MOST_MEAN_PX))


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Gaussian blur."""

    name: ClassVar[str] = "gaussian"
    what: ClassVar[str] = "Gaussian blur of sigma_px or sigma_um"

    sigma_px: float | None = None
    sigma_um: float | None = None

    def __post_init__(self) -> None:
        _check_size("gaussian", "sigma", self.sigma_px, self.sigma_um, 0.3, MOST_SIGMA_PX)

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Blur."""
        size = (self.sigma_px, self.sigma_um)
        return gaussian_filter(pixels, _pixels("gaussian", *size, around, 0.3, MOST_SIGMA_PX))


@dataclass(frozen=True, slots=True)
class Subtract:
    """Subtract a constant background; nothing gets below 0."""

    name: ClassVar[str] = "subtract"
    what: ClassVar[str] = "subtract value grey levels, down to 0"

    value: float

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Subtract."""
        return np.maximum(pixels - self.value, 0.0)


@dataclass(frozen=True, slots=True)
class SubtractGaussian:
    """Subtract a strong Gaussian blur as background; nothing gets below 0."""

    name: ClassVar[str] = "subtract_gaussian"
    what: ClassVar[str] = "subtract the blur of sigma_px or sigma_um, down to 0"

    sigma_px: float | None = None
    sigma_um: float | None = None

    def __post_init__(self) -> None:
        _check_size(self.name, "sigma", self.sigma_px, self.sigma_um, 0.3, MOST_SIGMA_PX)

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Subtract."""
        size = (self.sigma_px, self.sigma_um)
        sigma = _pixels(self.name, *size, around, 0.3, MOST_SIGMA_PX)
        return np.maximum(pixels - gaussian_filter(pixels, sigma), 0.0)


@dataclass(frozen=True, slots=True)
class RollingBall:
    """Subtract the background under a rolling ball."""

    name: ClassVar[str] = "rolling_ball"
    what: ClassVar[str] = "subtract the background of a ball of radius_px or radius_um, 1 to 200 px"

    radius_px: float | None = None
    radius_um: float | None = None

    def __post_init__(self) -> None:
        _check_size(self.name, "radius", self.radius_px, self.radius_um, 1.0, MOST_BALL_PX)

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Subtract."""
        size = (self.radius_px, self.radius_um)
        radius = _pixels(self.name, *size, around, 1.0, MOST_BALL_PX)
        return pixels - rolling_ball(pixels, radius)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Stretch between two percentiles to 0 and 1, and clip."""

    name: ClassVar[str] = "stretch"
    what: ClassVar[str] = "percentiles low (1) and high (99.8) become 0 and 1"

    low: float = 1.0
    high: float = 99.8

    def __post_init__(self) -> None:
        came = f"{self.low} and {self.high}"
        _check(0 <= self.low < self.high <= 100, "stretch", "percentiles low below high", came)

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Stretch; a constant image becomes 0."""
        low, high = (float(value) for value in percentiles(pixels, (self.low, self.high)))
        return np.clip((pixels - low) / (high - low if high > low else 1.0), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class FlatField:
    """Divide by uneven light: that of a reference image, or a strong blur of the image itself."""

    name: ClassVar[str] = "flat_field"
    what: ClassVar[str] = "divide by the light of reference, an image, or of a blur of sigma_px/_um"

    sigma_px: float | None = None
    sigma_um: float | None = None
    reference: str = ""

    def __post_init__(self) -> None:
        if self.reference:
            sized = self.sigma_px is not None or self.sigma_um is not None
            _check(not sized, self.name, "a reference or a sigma, not both", "both")
        else:
            _check_size(self.name, "sigma", self.sigma_px, self.sigma_um, 1.0, MOST_SIGMA_PX)

    def apply(self, pixels: Pixels, around: Surroundings) -> Pixels:
        """Divide."""
        if not self.reference:
            size = (self.sigma_px, self.sigma_um)
            sigma = _pixels(self.name, *size, around, 1.0, MOST_SIGMA_PX)
            return pixels / estimated_light(pixels, sigma)
        light = (around.references or {}).get(self.reference)
        shape = None if light is None else light.shape
        if light is None or shape != pixels.shape:
            raise SettingsError(
                f"The reference {self.reference} of flat_field must have the size of the image, "
                f"{pixels.shape[0]} × {pixels.shape[1]}, but got {shape}. Take another one."
            )
        return pixels / relative_light(light)


def apply_recipe(
    pixels: npt.NDArray[Any],
    steps: Sequence[Step],
    spacing: Spacing | None = None,
    references: Mapping[str, Pixels] | None = None,
) -> npt.NDArray[np.float32]:
    """Apply the steps one after the other.

    Parameters
    ----------
    pixels : ndarray, shape (H, W) or (H, W, 3)
        Any number type; stays as it is. Colours are treated one by one.
    steps : sequence of Step
        None of them: the pixels themselves.
    spacing : Spacing, optional
        Needed where a size is in µm; the side of a square pixel of the same area counts.
    references : mapping of str to ndarray of float64, optional
        For `FlatField`.

    Returns
    -------
    result : ndarray of float32, same shape
        In grey levels; in [0, 1] after `Stretch`.

    Raises
    ------
    SettingsError
        If a size is in µm and the spacing is unknown, or it is too small or large in pixels.
    """
    if pixels.ndim == 3:
        colours = [
            apply_recipe(pixels[..., s], steps, spacing, references) for s in range(pixels.shape[2])
        ]
        return np.stack(colours, axis=2)
    around = Surroundings(spacing, references)
    result = pixels.astype(np.float64)
    for step in steps:
        result = step.apply(result, around)
    return result.astype(np.float32)


def _check(holds: bool, step: str, rule: str, came: object) -> None:
    if not holds:
        raise SettingsError(f"The step {step} must have {rule}, but got {came}.")


def _check_size(
    step: str, what: str, px: float | None, um: float | None, least: float, most: float
) -> None:
    given = [value for value in (px, um) if value is not None]
    rule = f"either {what}_px or {what}_um"
    _check(len(given) == 1, step, rule, "both" if given else "none of them")
    _check(given[0] > 0, step, f"a positive {what}", given[0])
    if px is not None:
        _check(least <= px <= most, step, f"a {what} of {least:g} to {most:g} px", f"{px:g} px")


def _pixels(
    step: str,
    px: float | None,
    um: float | None,
    around: Surroundings,
    least: float,
    most: float,
) -> float:
    """Return a size in pixels."""
    if px is not None or um is None:
        return px or 0.0
    if around.spacing is None:
        raise SettingsError(
            f"The step {step} has a size in µm, but the image does not say how large a pixel is. "
            "Give the size in pixels, or the spacing with --spacing-um."
        )
    size = um / float(np.sqrt(around.spacing.pixel_area))
    rule = f"a size of {least:g} to {most:g} px"
    _check(least <= size <= most, step, rule, f"{um:g} µm, which is {size:.3g} px")
    return size
