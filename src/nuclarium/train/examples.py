"""Images with their labels in memory, prepared as a network sees them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.io import open_image
from nuclarium.models.targets import largest_distances
from nuclarium.predict.model import InputSpec
from nuclarium.preprocess.intensity import percentile_range, type_range
from nuclarium.train.pairs import Pair

DIAMETERS_PX = (6.0, 120.0)
_USUAL_DIAMETER_PX = 20.0


@dataclass(frozen=True)
class Example:
    """One image in memory with its truth.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W) or (H, W, 3)
        With the two percentiles of its input mapped to 0 and 1, or the range of its type.
    largest : ndarray of float32, shape (n + 1,)
        As `targets.largest_distances` gives them.
    """

    name: str
    pixels: npt.NDArray[np.float32]
    labels: Labels
    largest: npt.NDArray[np.float32]

    @cached_property
    def diameter_px(self) -> float:
        """Median width of the nuclei; where there are none, a usual one."""
        widths = 2 * self.largest[self.largest > 0]
        return float(np.median(widths)) if len(widths) else _USUAL_DIAMETER_PX

    def scale_range(self, wanted: tuple[float, float]) -> tuple[float, float]:
        """Part of a range of magnifications in which the nuclei keep a size that can be learned."""
        low, high = (limit / self.diameter_px for limit in DIAMETERS_PX)
        lowest, highest = min(max(wanted[0], low), 1.0), max(min(wanted[1], high), 1.0)
        return lowest, highest


def load_example(pair: Pair, spec: InputSpec) -> Example:
    """Read an image and its labels, with its intensities prepared as the model will see them."""
    with open_image(pair.image) as image, open_image(pair.labels) as truth:
        planes = image.shape[:3]
        pixels, labels = image.read(), truth.read().astype(np.int32)
    is_colour = spec.kind == "colour" and not pair.restained
    if (pixels.ndim != 2 and not is_colour) or planes != (1, 1, 1):
        came = "a colour image" if pixels.ndim != 2 else f"{planes} (time, channel, z)"
        raise SettingsError(
            f"{pair.image} must have one channel and one plane, but it is {came}. Leave it out "
            "with `exclude`, or save the plane by itself."
        )
    if pixels.shape[:2] != labels.shape:
        raise SettingsError(
            f"{pair.labels} must have the size of its image, {pixels.shape[:2]}, but has "
            f"{labels.shape}."
        )
    if is_colour:
        shades = np.broadcast_to(pixels.reshape(*labels.shape, -1), (*labels.shape, 3))
        scaled = type_range(pixels).apply(shades)
    else:
        scaled = percentile_range(pixels, spec.percentiles).apply(pixels)
    return Example(pair.name, scaled, labels, largest_distances(labels))
