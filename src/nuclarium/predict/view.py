"""How a plane is shown to the network: its contrast, and the magnification for its nuclei."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.predict.engine import Engine
from nuclarium.predict.finding import Finding, SampledPlane, look
from nuclarium.predict.magnify import MAGNIFICATIONS
from nuclarium.predict.model import Model
from nuclarium.predict.plane import PlaneLabels
from nuclarium.preprocess.intensity import percentiles

Contrast = Literal["auto", "bright", "dark"]

COMFORTABLE_PX = (12.0, 60.0)
"""Diameters, in pixels of the network, at which nuclei are found best."""

POSSIBLE_UM = (3.0, 40.0)
"""Diameters of what may be a nucleus."""

TISSUE_UM = 8.0
"""Diameter of a nucleus in a section of tissue, in general."""

LEAST_TISSUE_UM2 = 4.0
"""Area below which nothing in a section is a nucleus: a disc of 2.3 µm."""

_NOTHING_SURE = "nothing sure to judge the size by"
_SPECK_PX = 8.0
"""What is smaller, in pixels of the network, is no nucleus but a pixel that is always bright."""

_LEAST_SMOOTHNESS = 0.55
"""Below this, neighbours have so little to do with each other that what is enlarged is grain. That
of real empty fields has 0.46 to 0.49, discs of 2.5 px have 0.66."""

_DARK_GROUND = 0.4
_BRIGHT_GROUND = 0.75
"""Parts of the range of intensities: where the median is below, or above, so is the ground."""

_SEARCHED = (0.125, 0.25, 2.0, 4.0)
"""Where to look when nothing is sure as it is."""

_REDUCED = (0.25, 0.5)
"""Where to look when what is sure as it is is very small."""


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


def choose_view(
    plane: SampledPlane,
    model: Model,
    engine: Engine,
    *,
    settings: ViewSettings,
    spacing: Spacing | None = None,
    name: str = "the image",
) -> View:
    """Decide on contrast and magnification.

    What the user says is taken. For colour the spacing decides, where it is known. Otherwise the
    model is asked: what it finds is looked at in parts of the plane, or in all of a small one.

    Parameters
    ----------
    plane : SampledPlane
    model, engine
        The model, and its network.
    settings : ViewSettings
    spacing : Spacing, optional
        Nuclei that are impossibly small or large by it are not believed.
    name : str
        The image, for messages.

    Raises
    ------
    SettingsError
        If a diameter is given for a plane without spacing.
    """
    pixel_um = None if spacing is None else math.sqrt(spacing.pixel_area)
    given = _given(settings, pixel_um, name) or _of_tissue(model, pixel_um)
    darks, contrast_why = _possible_contrasts(plane, model, settings)
    if given is not None and len(darks) == 1:
        return replace(given, is_dark=darks[0], contrast_why=contrast_why)
    looks = [_Looks(plane, model, engine, is_dark, pixel_um) for is_dark in darks]
    if len(looks) > 1:  # what is sure at once saves the search in the other contrast
        looks = [each for each in looks if each.is_sure(1.0)] or looks
    views = [each.settled() if given is None else each.view(given) for each in looks]
    found = [each.at(view.magnification)[0] for each, view in zip(looks, views, strict=True)]
    surest = int(np.argmax([finding.evidence for finding in found]))
    if len(darks) > 1 and not found[surest].is_sure:
        surest, contrast_why = 0, "the ground is not bright"
    return replace(views[surest], contrast_why=contrast_why)


def _given(settings: ViewSettings, pixel_um: float | None, name: str) -> View | None:
    """View that the settings ask for, if they decide on the magnification."""
    if settings.magnification is not None:
        return View(settings.magnification, why="as asked")
    if settings.diameter_um is None:
        return None
    if pixel_um is None:
        raise SettingsError(
            f"A diameter in µm needs the size of a pixel, but {name} does not say it. Give it with "
            "--spacing-um (in Python: Image.from_array(..., spacing=...)), or leave the diameter "
            "out, and it is estimated."
        )
    diameter_px = settings.diameter_um / pixel_um
    why = f"for nuclei of {settings.diameter_um:g} µm, as asked"
    return View(magnification_for(diameter_px), diameter_px=diameter_px, why=why)


def _of_tissue(model: Model, pixel_um: float | None) -> View | None:
    """View of a stained section by the size of a pixel: there it tells more than the scores."""
    if model.input.kind != "colour" or pixel_um is None:
        return None
    why = f"a pixel is {pixel_um:.3g} µm, a nucleus in tissue about {TISSUE_UM:g} µm"
    least_area_px = round(LEAST_TISSUE_UM2 / pixel_um**2)
    return View(magnification_for(TISSUE_UM / pixel_um), why=why, least_area_px=least_area_px)


def _possible_contrasts(
    plane: SampledPlane, model: Model, settings: ViewSettings
) -> tuple[tuple[bool, ...], str]:
    """Say whether nuclei may be dark, and why; both answers where only the model can tell."""
    if model.input.kind == "colour":
        return (False,), "colour"
    if settings.contrast != "auto":
        return (settings.contrast == "dark",), "as asked"
    low, middle, high = percentiles(plane.pixels, (0.2, 50, 99.8))
    ground = (middle - low) / (high - low) if high > low else 0.0
    if ground <= _DARK_GROUND:
        return (False,), "the ground is dark"
    if ground >= _BRIGHT_GROUND:
        return (True,), "the ground is bright"
    return (False, True), "the ground is neither dark nor bright, and the model is surer so"


def _halfway(one: float, other: float) -> float:
    """Power of two in the middle of two others, the one nearer the first if there are two.

    Examples
    --------
    >>> _halfway(0.25, 1.0), _halfway(0.125, 1.0), _halfway(0.5, 1.0)
    (0.5, 0.25, 0.5)
    """
    steps = math.log2(other / one)
    return one * 2.0 ** math.trunc(steps / 2)


class _Looks:
    """What a model finds in a plane of one contrast, at each magnification once."""

    def __init__(
        self,
        plane: SampledPlane,
        model: Model,
        engine: Engine,
        is_dark: bool,
        pixel_um: float | None,
    ) -> None:
        self.is_dark = is_dark
        self._is_grey = model.input.kind != "colour"
        self._pixel_um = pixel_um
        self._look = functools.partial(look, plane, model, engine, is_dark=is_dark)
        self._found: dict[float, tuple[Finding, PlaneLabels | None]] = {}

    def at(self, magnification: float) -> tuple[Finding, PlaneLabels | None]:
        """Return what is found at a magnification, and labels if all was looked at."""
        if magnification not in self._found:
            self._found[magnification] = self._look(magnification=magnification)
        return self._found[magnification]

    def settled(self) -> View:
        """View at the magnification that suits what is found at it."""
        settled = self._follow(1.0)
        if settled is None and self._is_grey:
            settled = self._searched(_SEARCHED)
        elif settled is not None and self._is_grey and self._may_be_grain():
            settled = self._searched(_REDUCED) or settled
        if settled is None:
            return self.view(View(why=_NOTHING_SURE, is_doubtful=self._doubt()))
        finding = self.at(settled)[0]
        why = f"nuclei are about {finding.typical_diameter:.0f} px across"
        view = View(settled, diameter_px=finding.typical_diameter, why=why, is_estimated=True)
        return self.view(view)

    def _doubt(self) -> bool:
        """Whether what is found in the image as it is may be no nuclei; colours cannot tell."""
        finding = self.at(1.0)[0]
        return self._is_grey and len(finding.score) > 0 and not finding.is_likely

    def view(self, view: View) -> View:
        """Return a view in this contrast, with the labels that looking at it has made."""
        return replace(view, is_dark=self.is_dark, labels=self.at(view.magnification)[1])

    def _may_be_grain(self) -> bool:
        """Whether what is found is so small that it may be in and between large nuclei."""
        return self.at(1.0)[0].typical_diameter < COMFORTABLE_PX[0]

    def _searched(self, among: tuple[float, ...]) -> float | None:
        """Start where the model is surest of several nuclei; one alone may well be a clump.

        Nowhere if it is less sure there than at the magnification of 1.
        """
        several = [value for value in among if len(self.at(value)[0].score) > 1]
        if not several:
            return None
        start = max(several, key=lambda value: self.at(value)[0].evidence)
        if self.is_sure(1.0) and self.at(start)[0].evidence < self.at(1.0)[0].evidence:
            return None
        return self._follow(start)

    def _follow(self, magnification: float) -> float | None:
        """Go where the sizes that are found lead, as long as they are sure.

        Where a leap ends at nothing sure, go only half of the way.
        """
        last: float | None = None
        seen: set[float] = set()
        while magnification not in seen:
            seen.add(magnification)
            if self.is_sure(magnification):
                last = magnification
                magnification = self._suited(magnification)
            elif last is not None:
                magnification = _halfway(last, magnification)
        if last is None or not 0.5 <= self._suited(last) / last <= 2:
            return None  # else their size is one at which the model should have been sure, too
        return last

    def _suited(self, magnification: float) -> float:
        """Magnification for the nuclei that are found at another."""
        return magnification_for(self.at(magnification)[0].typical_diameter)

    def is_sure(self, magnification: float) -> bool:
        """Whether what is found at a magnification is nuclei of a size that may be."""
        finding = self.at(magnification)[0]
        if not finding.is_sure or finding.typical_diameter * magnification < _SPECK_PX:
            return False
        if magnification > 1 and finding.smoothness < _LEAST_SMOOTHNESS:
            return False
        least, most = POSSIBLE_UM
        return self._pixel_um is None or least <= finding.typical_diameter * self._pixel_um <= most
