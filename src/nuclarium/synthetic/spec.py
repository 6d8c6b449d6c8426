"""What a synthetic colony is asked to be, and the values of the microscope that looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field

from nuclarium.core.geometry import Spacing
from nuclarium.synthetic.conditions import CONDITIONS, Condition

SPACING = Spacing(y=0.25, x=0.25, z=1.0)
"""Voxel of the stacks that BMGD was made from."""

MARGIN_UM = (5.0, 7.0)
"""Between the middle of the shell of nuclei and the border of the stack, in z and sideways."""


@dataclass(frozen=True, slots=True)
class Optics:
    """A confocal microscope with a 405 nm laser and a 40×/1.1 water objective.

    Parameters
    ----------
    lateral_um : float
        Standard deviation of the sharp part of the point spread function in y and x.
    axial_um : (near, far)
        The same in z, at the cover slip and at `depth_um`; it widens with the depth.
    depth_um : float
        Depth over which the signal falls to 1/e.
    glow : float
        Part of the light that the pinhole lets through from out of focus.
    glow_um : (axial, lateral)
        Standard deviations of that part.
    vignetting : float
        Loss of light in the corners of the field.
    photons : float
        Photons a pixel of a nucleus of intensity 1, at the cover slip.
    gain, offset, read_noise : float
        Grey values a photon, without light, and as standard deviation.
    ground : float
        Light of the gel, as part of a nucleus of intensity 1; `cytoplasm` comes on top in cells.
    debris_per_mm2 : float
        Bright specks that are no nuclei, by area of the field.
    """

    lateral_um: float = 0.15
    axial_um: tuple[float, float] = (0.6, 0.9)
    depth_um: float = 45.0
    glow: float = 0.30
    glow_um: tuple[float, float] = (2.5, 1.6)
    vignetting: float = 0.35
    photons: float = 22.0
    gain: float = 48.0
    offset: float = 300.0
    read_noise: float = 18.0
    ground: float = 0.08
    cytoplasm: float = 0.10
    debris_per_mm2: float = 2500.0


@dataclass(frozen=True, slots=True)
class OrganoidSpec:
    """One colony and its stack.

    Parameters
    ----------
    condition : Condition
        What is planted.
    shape : (Z, Y, X)
        Voxels of the stack.
    spacing : Spacing
        With z.
    nuclei : (least, most), optional
        How many nuclei a colony has, drawn evenly; what fits the stack when left out. The condition
        does not change it.
    optics : Optics
    """

    condition: Condition = CONDITIONS[0]
    shape: tuple[int, int, int] = (36, 384, 384)
    spacing: Spacing = SPACING
    nuclei: tuple[int, int] | None = None
    optics: Optics = field(default_factory=Optics)

    def __post_init__(self) -> None:
        if self.spacing.z is None:
            raise ValueError("spacing must have the distance of planes, z, but got None.")
        if min(self.half_um) < 2:
            raise ValueError(
                "shape must be at least 14 µm deep and 18 µm wide, to hold a colony, but got "
                f"{self.shape} voxels of {self.voxel_um} µm."
            )
        if self.nuclei is not None and not 1 <= self.nuclei[0] <= self.nuclei[1]:
            raise ValueError(f"nuclei must be (least, most) from 1 up, but got {self.nuclei}.")

    @property
    def voxel_um(self) -> tuple[float, float, float]:
        """Size of a voxel (z, y, x)."""
        return self.spacing.z or 1.0, self.spacing.y, self.spacing.x

    @property
    def frame_um(self) -> tuple[float, float, float]:
        """Size of the stack (z, y, x)."""
        z, y, x = (n * size for n, size in zip(self.shape, self.voxel_um, strict=True))
        return z, y, x

    @property
    def half_um(self) -> tuple[float, float, float]:
        """Half axes (z, y, x) of the largest shell of nuclei that the stack holds."""
        z, y, x = self.frame_um
        return z / 2 - MARGIN_UM[0], y / 2 - MARGIN_UM[1], x / 2 - MARGIN_UM[1]
