"""What a view of a plane is: its contrast, and the magnification for its nuclei."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from nuclarium.core.errors import SettingsError
from nuclarium.predict.magnify import MAGNIFICATIONS
from nuclarium.predict.plane import PlaneLabels

Contrast = Literal["auto", "bright", "dark"]

COMFORTABLE_PX = (12.0, 60.0)
"""Diameters, in pixels of the network, at which nuclei are found best."""


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """What the user says of the nuclei.

    Parameters
    ----------
    contrast : str
        ``bright`` for bright nuclei on a dark ground, ``dark`` for dark ones on a bright ground;
        ``auto`` decides by the image.
    diameter_um : float, optional
        Typical diameter of a nucleus; estimated when left out.
    magnification : float, optional
        At which the network sees the image; chosen by the diameter when left out.
    """

    contrast: Contrast = "auto"
    diameter_um: float | None = None
    magnification: float | None = None

    def __post_init__(self) -> None:
        contrast_name(self.contrast)
        if self.diameter_um is not None and not 0.1 <= self.diameter_um <= 1000:
            raise SettingsError(
                "The diameter of a nucleus must be in 0.1 to 1000 µm, but got "
                f"{self.diameter_um:g}."
            )
        if self.magnification is not None and self.magnification not in MAGNIFICATIONS:
            known = ", ".join(f"{value:g}" for value in MAGNIFICATIONS)
            raise SettingsError(
                f"The magnification must be one of {known}, but got {self.magnification:g}."
            )
        if self.magnification is not None and self.diameter_um is not None:
            raise SettingsError(
                "Give the diameter of nuclei or the magnification, not both: the diameter decides "
                "on the magnification."
            )


@dataclass(frozen=True)
class View:
    """How a plane is shown to the network.

    Parameters
    ----------
    magnification : float
        A power of two.
    is_dark : bool
        Whether nuclei are darker than the ground.
    diameter_px : float or None
        Typical diameter of a nucleus in pixels of the plane, where it is known or was estimated.
    why : str
        How the magnification was chosen, for the record.
    contrast_why : str
        How the contrast was.
    is_estimated : bool
        Whether the magnification rests on what was found in the image.
    is_doubtful : bool
        Whether it should, but the model was not sure of what it found.
    least_area_px : int
        Pixels of the plane below which nothing is a nucleus, beside the model's own limit.
    labels : PlaneLabels or None
        Those of the plane, where choosing the view has made them.
    """

    magnification: float = 1.0
    is_dark: bool = False
    diameter_px: float | None = None
    why: str = "as it is"
    contrast_why: str = "as it is"
    is_estimated: bool = False
    is_doubtful: bool = False
    least_area_px: int = 0
    labels: PlaneLabels | None = field(default=None, repr=False, compare=False)


def contrast_name(text: str) -> Contrast:
    """Return the name of a contrast, or refuse it with the names that there are."""
    for name in get_args(Contrast):
        if text == name:
            contrast: Contrast = name
            return contrast
    raise SettingsError(
        f"The contrast must be one of {', '.join(get_args(Contrast))}, but got {text}."
    )


def magnification_for(diameter_px: float) -> float:
    """Magnification at which nuclei of a diameter have a size that networks know.

    Examples
    --------
    >>> [magnification_for(diameter) for diameter in (2, 5, 8, 25, 100, 900)]
    [4.0, 4.0, 2.0, 1.0, 0.5, 0.125]
    """
    least, most = COMFORTABLE_PX
    magnification = 1.0
    while diameter_px * magnification > most and magnification > MAGNIFICATIONS[0]:
        magnification /= 2
    while diameter_px * magnification < least and magnification < MAGNIFICATIONS[-1]:
        magnification *= 2
    return magnification


def magnification_text(magnification: float) -> str:
    """Say a magnification in words.

    Examples
    --------
    >>> magnification_text(0.25), magnification_text(2.0)
    ('reduced to 1/4', 'enlarged 2 times')
    """
    if magnification == 1:
        return "as it is"
    if magnification < 1:
        return f"reduced to 1/{1 / magnification:.0f}"
    return f"enlarged {magnification:.0f} times"
