"""What a model finds in a plane at one magnification after another, until their sizes agree."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

from nuclarium.predict.engine import Engine
from nuclarium.predict.finding import Finding, look
from nuclarium.predict.model import Model
from nuclarium.predict.plane import PlaneLabels
from nuclarium.predict.sampling import SampledPlane
from nuclarium.predict.view import COMFORTABLE_PX, View, magnification_for

POSSIBLE_UM = (3.0, 40.0)
"""Diameters of what may be a nucleus."""

_NOTHING_SURE = "nothing sure to judge the size by"
_SPECK_PX = 8.0
"""What is smaller, in pixels of the network, is no nucleus but a pixel that is always bright."""

_LEAST_SMOOTHNESS = 0.55
"""Below this, neighbours have so little to do with each other that what is enlarged is grain. That
of real empty fields has 0.46 to 0.49, discs of 2.5 px have 0.66."""

_SEARCHED = (0.125, 0.25, 2.0, 4.0)
"""Where to look when nothing is sure as it is."""

_REDUCED = (0.25, 0.5)
"""Where to look when what is sure as it is is very small."""


def _halfway(one: float, other: float) -> float:
    """Power of two in the middle of two others, the one nearer the first if there are two.

    Examples
    --------
    >>> _halfway(0.25, 1.0), _halfway(0.125, 1.0), _halfway(0.5, 1.0)
    (0.5, 0.25, 0.5)
    """
    steps = math.log2(other / one)
    return one * 2.0 ** math.trunc(steps / 2)


class Looks:
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
