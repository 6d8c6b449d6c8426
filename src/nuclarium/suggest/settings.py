"""What a pixel classifier looks at, and how its forest is grown; both are kept in its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from nuclarium.core.errors import SettingsError

Family = Literal["gaussian", "gradient", "laplacian", "difference", "structure", "hessian"]
FAMILIES: tuple[Family, ...] = get_args(Family)
SCALES_PX = (0.7, 1.0, 1.6, 3.5, 5.0)
LARGEST_SCALE_PX = 32.0
SMALLEST_SCALE_PX = 0.3
MAX_DEPTH = 8
MAX_TREES = 256


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """Which filters are applied, at which scales.

    Parameters
    ----------
    scales_px : tuple of float
        Standard deviations of the Gaussians, in pixels of the plane, ascending; 0.3 to 32.
    families : tuple of str
        Of ``gaussian``, ``gradient`` (its magnitude), ``laplacian``, ``difference`` (of
        Gaussians), ``structure`` and ``hessian`` (eigenvalues).
    dims : int
        2 for planes, 3 for stacks, whose filters look along z too.
    channels : int
        Channels of an image; each has all features.
    """

    scales_px: tuple[float, ...] = SCALES_PX
    families: tuple[Family, ...] = FAMILIES
    dims: int = 2
    channels: int = 1

    def __post_init__(self) -> None:
        scales = self.scales_px
        if not scales or tuple(sorted(set(scales))) != scales or not _is_scale(scales):
            raise SettingsError(
                f"The scales must be ascending numbers of pixels from {SMALLEST_SCALE_PX} to "
                f"{LARGEST_SCALE_PX:g}, each once, but got {' '.join(map(str, scales)) or 'none'}."
            )
        if not self.families or not set(self.families) <= set(FAMILIES):
            raise SettingsError(
                f"The features must be among {', '.join(FAMILIES)}, but got "
                f"{', '.join(self.families) or 'none'}."
            )
        if self.dims not in (2, 3) or self.channels < 1:
            raise ValueError(f"dims must be 2 or 3, channels 1 or more, but got {self}.")

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each feature, in order, such as ``gaussian 1.6 px``."""
        parts = {"structure": self.dims, "hessian": self.dims}
        one = [
            f"{family} {scale:g} px" + (f", eigenvalue {part + 1}" if family in parts else "")
            for scale in self.scales_px
            for family in FAMILIES
            if family in self.families
            for part in range(parts.get(family, 1))
        ]
        if self.channels == 1:
            return tuple(one)
        return tuple(f"channel {c}: {name}" for c in range(self.channels) for name in one)


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """How the forest is grown.

    Parameters
    ----------
    trees : int
        1 to 256.
    depth : int
        Questions that a tree asks of a pixel, 1 to 8.
    candidates : int
        Random questions of which the best is taken, at every level.
    samples : int
        Drawn pixels that a tree sees at most; each tree draws its own.
    seed : int
        The same strokes and seed give the same forest.
    """

    trees: int = 48
    depth: int = 7
    candidates: int = 8
    samples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {"trees": MAX_TREES, "depth": MAX_DEPTH, "candidates": 4096, "samples": 1 << 20}
        for name, most in limits.items():
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise SettingsError(f"{name} must be from 1 to {most}, but got {value}.")
        if self.seed < 0:
            raise SettingsError(f"seed must not be negative, but got {self.seed}.")


def _is_scale(scales: tuple[float, ...]) -> bool:
    return all(SMALLEST_SCALE_PX <= scale <= LARGEST_SCALE_PX for scale in scales)
