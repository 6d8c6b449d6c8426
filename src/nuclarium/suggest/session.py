"""One image under a brush: strokes are added, the forest is grown anew, a window is masked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box
from nuclarium.suggest.classifier import CLASS_NAMES, PixelClassifier, classified, trained
from nuclarium.suggest.settings import ForestSettings
from nuclarium.suggest.strokes import Strokes, merged
from nuclarium.suggest.tiles import FeatureTiles


@dataclass(frozen=True)
class Session:
    """What has been drawn on one image; a new stroke makes a new value over the same features.

    Parameters
    ----------
    tiles : FeatureTiles
        Features of the image, which all values of a session share.
    strokes : Strokes
    forest : ForestSettings
    class_names : tuple of str
    """

    tiles: FeatureTiles
    strokes: Strokes = field(default_factory=Strokes)
    forest: ForestSettings = field(default_factory=ForestSettings)
    class_names: tuple[str, ...] = CLASS_NAMES

    def drawn(self, stroke: Strokes) -> Session:
        """Add a stroke over the others; its class 0 takes back what was drawn there."""
        return replace(self, strokes=merged([self.strokes, stroke]))

    @cached_property
    def classifier(self) -> PixelClassifier:
        """Trained from all strokes when first asked for; SettingsError if they are of one class."""
        return trained(
            self.tiles.samples(self.strokes),
            self.strokes.classes,
            self.tiles.settings,
            self.tiles.canvas.ranges,
            forest=self.forest,
            class_names=self.class_names,
        )

    def classes(self, window: Box | None = None) -> npt.NDArray[np.uint8]:
        """Class of every pixel of a window, or of the whole plane, from 1; shape (Z, h, w)."""
        return classified(self.classifier, self.tiles, window)
