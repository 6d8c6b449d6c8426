"""A mask under the brush to nuclei: cleaned, parted where they touch, outlined, scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from nuclarium.annotate import checks
from nuclarium.annotate.store_suggestions import Suggestion
from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.labels import Labels
from nuclarium.suggest.cleaning import cleaned
from nuclarium.suggest.layers import Layers
from nuclarium.suggest.strokes import FOREGROUND
from nuclarium.workspace.assist_outlines import iter_rings
from nuclarium.workspace.pixel_apply import PixelApplySettings, labelled

MOST_SUGGESTED = 200_000


@dataclass(frozen=True, slots=True)
class NucleiSettings:
    """How nuclei are made of a mask.

    Parameters
    ----------
    least_um : float
        Nuclei narrower than a circle of this diameter are left out, where the pixel size is known.
    least_px : float
        The same in pixels; of the two that apply the larger counts.
    smooth_px : float
        See `CleaningSettings`.
    part : bool
        Whether touching nuclei are parted.
    """

    least_um: float = 0.0
    least_px: float = 4.0
    smooth_px: float = 1.0
    part: bool = True

    def __post_init__(self) -> None:
        for name in ("least_um", "least_px", "smooth_px"):
            value = getattr(self, name)
            if not 0 <= value <= 1000:
                raise SettingsError(f"{name} must be from 0 to 1,000, but got {value}.")

    def applied(self) -> PixelApplySettings:
        """Return the same settings as ``nuclarium pixels apply`` takes them: areas for widths."""
        return PixelApplySettings(
            smooth_px=self.smooth_px,
            least_px=_disc(self.least_px),
            least_um2=_disc(self.least_um),
            part=self.part,
        )


def nuclei_labels(layers: Layers, spacing: Spacing | None, settings: NucleiSettings) -> Labels:
    """Label the nuclei of a mask, as ``nuclarium pixels apply`` does; int32 of its shape."""
    applied = settings.applied()
    cleaning = applied.cleaning(spacing)
    mask = cleaned(layers.classes == FOREGROUND, cleaning)
    labels: Labels = labelled(mask[None], applied, cleaning.least_px, None)[0]
    return labels


def nuclei_of(
    layers: Layers,
    window: Box,
    z: int | None,
    spacing: Spacing | None,
    settings: NucleiSettings,
) -> list[Suggestion]:
    """Outline the nuclei of a window's mask; the score is their mean probability.

    Raises
    ------
    SettingsError
        If there are more than 200,000.
    """
    labels = nuclei_labels(layers, spacing, settings)
    count = int(labels.max(initial=0))
    if count > MOST_SUGGESTED:
        raise SettingsError(
            f"At most {MOST_SUGGESTED:,} nuclei are suggested at once, but the mask has {count:,}. "
            "Choose a box, or a larger smallest size."
        )
    if count == 0:
        return []
    scores = ndimage.mean(layers.probability, labels, np.arange(1, count + 1)) / 255
    return [
        Suggestion(checks.new_id("u"), rings, "", round(float(scores[label - 1]), 4), z)
        for label, rings in iter_rings(labels, (window.y0, window.x0))
    ]


def _disc(diameter: float) -> float:
    return float(np.pi / 4 * diameter**2)
