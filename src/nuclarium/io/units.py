"""Lengths in the words of many files, to spacing in µm, or a reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nuclarium.core.geometry import Spacing

INCH_UM = 25_400.0
PLAUSIBLE_UM = (0.005, 10.0)

_UM = {
    "m": 1e6,
    "meter": 1e6,
    "metre": 1e6,
    "dm": 1e5,
    "cm": 1e4,
    "centimeter": 1e4,
    "centimetre": 1e4,
    "mm": 1e3,
    "millimeter": 1e3,
    "millimetre": 1e3,
    "µm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "nanometre": 1e-3,
    "pm": 1e-6,
    "picometer": 1e-6,
    "picometre": 1e-6,
    "å": 1e-4,
    "angstrom": 1e-4,
    "in": INCH_UM,
    "inch": INCH_UM,
}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Spacing of an image, or none, and where it was found or why there is none."""

    spacing: Spacing | None
    source: str

    @classmethod
    def missing(cls, reason: str) -> Calibration:
        """Return a calibration without spacing."""
        return cls(None, reason)


def micrometres_per(unit: str | None) -> float | None:
    r"""Return the length of a unit in µm, or None if it is no length that we know.

    Examples
    --------
    >>> micrometres_per("nm")
    0.001
    >>> micrometres_per("\\u00B5m")
    1.0
    >>> micrometres_per("pixel") is None
    True
    """
    if not unit:
        return None
    word = unit.strip().replace("\\u00B5", "µ").replace("\\u00b5", "µ").replace("μ", "µ")
    word = word.replace("\u212b", "å").lower()
    return _UM.get(word) or _UM.get(word.removesuffix("s")) or _UM.get(word.replace("�", "µ"))


def calibrated(
    y: float | None, x: float | None, z: float | None, source: str, absent: str
) -> Calibration:
    """Make a calibration of lengths in µm; anything that is no positive length counts as absent.

    Parameters
    ----------
    y, x, z : float or None
        Lengths in µm.
    source : str
        Where they were found.
    absent : str
        The reason to give if there is no `y` and `x`.

    Examples
    --------
    >>> calibrated(0.5, 0.5, 0.0, "OME-XML", "no PhysicalSize").spacing
    Spacing(y=0.5, x=0.5, z=None)
    """
    if y is None or x is None or not (is_length(y) and is_length(x)):
        return Calibration.missing(absent)
    return Calibration(Spacing(y, x, z if is_length(z) else None), source)


def is_length(value: float | None) -> bool:
    """Whether a value is a positive, finite length, neither absurdly small nor large (in µm)."""
    return value is not None and math.isfinite(value) and 1e-6 <= value <= 1e6


def calibrated_by_resolution(
    per_unit_y: float, per_unit_x: float, unit_um: float | None, source: str
) -> Calibration:
    """Make a calibration of pixels per inch or centimetre, if it can be that of a microscope.

    Programs write 72, 96 or 300 dots per inch into any picture; such values say nothing about the
    specimen, so pixels larger than 10 µm or smaller than 5 nm are not taken.
    """
    if unit_um is None or per_unit_y <= 0 or per_unit_x <= 0:
        return Calibration.missing(f"{source} has no resolution with a unit of length")
    y, x = unit_um / per_unit_y, unit_um / per_unit_x
    if not all(PLAUSIBLE_UM[0] <= value <= PLAUSIBLE_UM[1] for value in (y, x)):
        dpi = per_unit_x * INCH_UM / unit_um
        return Calibration.missing(
            f"{source} says {dpi:.4g} dots per inch, a setting for print, not of a microscope"
        )
    return calibrated(y, x, None, source, f"{source} is no length")
