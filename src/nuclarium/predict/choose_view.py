"""Decide how a plane is shown to the network: by what the user says, the spacing, or the model."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.predict.engine import Engine
from nuclarium.predict.looks import Looks
from nuclarium.predict.model import Model
from nuclarium.predict.sampling import SampledPlane
from nuclarium.predict.view import View, ViewSettings, magnification_for
from nuclarium.preprocess.intensity import percentiles

TISSUE_UM = 8.0
"""Diameter of a nucleus in a section of tissue, in general."""

LEAST_TISSUE_UM2 = 4.0
"""Area below which nothing in a section is a nucleus: a disc of 2.3 µm."""

_DARK_GROUND = 0.4
_BRIGHT_GROUND = 0.75
"""Parts of the range of intensities: where the median is below, or above, so is the ground."""


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
    looks = [Looks(plane, model, engine, is_dark, pixel_um) for is_dark in darks]
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
